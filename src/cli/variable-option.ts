/** `--variable name=value`, as psql's -v takes it: variables that SQL files name. */
import { InvalidArgumentError, Option } from 'commander'

const variableOf = (
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> => {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  if (!/^[A-Za-z0-9_\u0080-\uffff]+$/u.test(name))
    throw new InvalidArgumentError('Write it as NAME=VALUE; a name has letters, digits and underscores.')
  return new Map([...before, [name, at < 0 ? '' : text.slice(at + 1)]])
}

export const variableOption = (): Option =>
  new Option('--variable <name=value...>', "psql's variables that the SQL names (psql -v)").argParser(
    variableOf,
  )
