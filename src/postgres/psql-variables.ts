/**
 * psql's variables in SQL text, put in where psql would put them: `:name`, `:'name'`, `:"name"` and `:{?name}` outside
 * of quotes and comments. One that is not set stays as it is written, as psql leaves it.
 */
import { ident, literal } from './quote.ts'
import { steppedOver } from './stepped-over.ts'

const name = String.raw`[A-Za-z0-9_\u0080-\uffff]+`

const token = new RegExp(
  [
    ...steppedOver,
    String.raw`:\{\?(?<test>${name})\}`,
    `:'(?<text>${name})'`,
    `:"(?<identifier>${name})"`,
    `:(?<plain>${name})`,
  ].join('|'),
  'gu',
)

export interface Substituted {
  readonly text: string
  /** Names that stand there and are not set, in their order. */
  readonly unset: readonly string[]
}

export const substituteVariables = (sql: string, variables: ReadonlyMap<string, string>): Substituted => {
  const unset = new Set<string>()
  if (!sql.includes(':')) return { text: sql, unset: [] }
  const put = (whole: string, key: string, write: (value: string) => string): string => {
    const value = variables.get(key)
    if (value !== undefined) return write(value)
    unset.add(key)
    return whole
  }
  const text = sql.replaceAll(token, (whole, ...rest) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>
    const { test, text: quoted, identifier, plain } = groups
    if (test !== undefined) return variables.has(test) ? 'TRUE' : 'FALSE'
    if (quoted !== undefined) return put(whole, quoted, literal)
    if (identifier !== undefined) return put(whole, identifier, ident)
    return plain === undefined ? whole : put(whole, plain, (value) => value)
  })
  return { text, unset: [...unset] }
}
