/** What may stand where the cursor is: commands, options, directories, and the ids that the ledger knows. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command, Option } from 'commander'
import { findConfig } from '../project/find-config.ts'
import { readLedger } from '../prove/ledger/ledger.ts'
import { headFile } from '../prove/ledger/path.ts'

export interface Completion {
  readonly value: string
  readonly about: string
}

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

const named = (value: string, about = ''): Completion => ({ value, about })

/** Directories that begin with what is written, each with a slash at its end. */
const directories = (current: string): readonly Completion[] => {
  const at = current.lastIndexOf('/') + 1
  const parent = current.slice(0, at)
  const begin = current.slice(at)
  try {
    return readdirSync(parent === '' ? '.' : parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && (begin !== '' || !entry.name.startsWith('.')))
      .filter((entry) => entry.name !== 'node_modules' || begin.startsWith('n'))
      .map((entry) => named(`${parent}${entry.name}/`, 'directory'))
  } catch {
    return []
  }
}

/** Where ledgers may be, read from the config's text: running it would take too long. */
const ledgersOf = (directory: string): readonly string[] => {
  const config = findConfig(directory)
  const place = dirname(config)
  const written = [...readFileSync(config, 'utf8').matchAll(/\bledger['"]?\s*:\s*(['"`])([^'"`]+)\1/gu)]
  const tops = [...new Set(['ledger', ...written.map((match) => match[2]!)])].map((name) => join(place, name))
  return tops.flatMap((top) => {
    try {
      const below = readdirSync(top, { withFileTypes: true })
      // With several architectures each has its own below.
      return below.some((entry) => entry.name === headFile)
        ? [top]
        : below.filter((entry) => entry.isDirectory()).map((entry) => join(top, entry.name))
    } catch {
      return []
    }
  })
}

/** Tables first; what stands on a table is offered when the table is written, so that the list stays short. */
const ids = async (directory: string, current: string): Promise<readonly Completion[]> => {
  try {
    const ledgers = await Promise.all(ledgersOf(directory).map(readLedger))
    const pages = ledgers.flatMap((ledger) => ledger.pages)
    const tables = pages.flatMap(({ table }) => (table === null ? [] : [named(table, 'table')]))
    const rules = pages.flatMap((page) => page.rules.map((rule) => named(rule.id, rule.sentence)))
    const structures = pages.flatMap((page) => page.structures.map((s) => named(s.id, s.definition)))
    const begun = tables.filter(({ value }) => value.startsWith(current))
    const isOpen = current.includes('/') || begun.length <= 1
    const known = new Map([...structures, ...rules].map((one) => [one.value, one]))
    const others = [...known.values()].filter(({ value }) => isOpen || !value.includes('/'))
    return [...begun, ...others.toSorted((a, b) => (a.value < b.value ? -1 : 1))]
  } catch {
    return []
  }
}

/** Names of migrations, where the config's text says that they are: files and directories alike. */
const migrations = (directory: string): readonly Completion[] => {
  try {
    const config = findConfig(directory)
    const text = readFileSync(config, 'utf8')
    const written = [...text.matchAll(/\bmigrations['"]?\s*:\s*(['"`])([^'"`]+)\1/gu)].map(
      (match) => match[2]!,
    )
    const found = written.flatMap((place) =>
      readdirSync(join(dirname(config), place), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() || entry.name.endsWith('.sql')
          ? [entry.name.replace(/(?:\.down)?\.sql$/u, '')]
          : [],
      ),
    )
    const names = [...new Set(found)].filter((name) => name !== 'repeatable')
    return names.toSorted().map((name) => named(name, 'migration'))
  } catch {
    return []
  }
}

const commandsOf = (program: Command): readonly Completion[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => named(command.name(), command.summary() || command.description()))

interface Context {
  readonly program: Command
  readonly directory: string
  readonly current: string
}

/** By the name that an argument or an option's value has in the help. */
const valuesOf = async (
  name: string,
  { program, directory, current }: Context,
): Promise<readonly Completion[]> => {
  if (name === 'id') return ids(directory, current)
  if (name === 'migration') return migrations(directory)
  if (name === 'directory' || name === 'dir') return directories(current)
  if (name === 'command') return commandsOf(program)
  if (name === 'shell') return shells.map((shell) => named(shell))
  return []
}

const takesValue = (option: Option): boolean => option.required || option.optional

const valueName = (option: Option): string => /[<[](\w+)/u.exec(option.flags)?.[1] ?? ''

/** Of commands around migrations a name is that of one. */
const nameOfMigration = (option: Option): boolean => option.long === '--to' || option.long === '--at'

const optionValues = async (option: Option, context: Context): Promise<readonly Completion[]> => {
  if (option.argChoices !== undefined) return option.argChoices.map((choice) => named(choice))
  const name = valueName(option)
  return valuesOf(name === 'name' && nameOfMigration(option) ? 'migration' : name, context)
}

/** `[names...]` takes a directory before them, too. */
const argumentValues = async (
  command: Command,
  name: string,
  context: Context,
): Promise<readonly Completion[]> =>
  command.parent?.name() === 'migrate' && /^names?$/u.test(name)
    ? [
        ...(await valuesOf('migration', context)),
        ...(name === 'names' ? await valuesOf('directory', context) : []),
      ]
    : valuesOf(name, context)

const optionOf = (command: Command, word: string): Option | null =>
  command.options.find((option) => option.long === word || option.short === word) ?? null

interface Scanned {
  /** Whose value the next word is, or may be. */
  readonly open: Option | null
  readonly positional: readonly string[]
  readonly used: readonly string[]
  readonly isOver: boolean
}

const scan = (command: Command, words: readonly string[]): Scanned => {
  let open: Option | null = null
  let isOver = false
  const positional: string[] = []
  const used: string[] = []
  for (const word of words) {
    if (isOver || !word.startsWith('-') || word === '-') {
      if (open === null || isOver) positional.push(word)
      else if (!open.variadic) open = null
      continue
    }
    isOver = word === '--'
    const [name = word, value] = word.split('=', 2)
    const option = optionOf(command, name)
    used.push(name)
    open = option !== null && takesValue(option) && value === undefined && !isOver ? option : null
  }
  return { open, positional, used, isOver }
}

const optionsOf = (command: Command, used: readonly string[]): readonly Completion[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long !== undefined && (option.variadic || !used.includes(option.long)))
    .map((option) => named(option.long!, option.description))

const inCommand = async (
  program: Command,
  command: Command,
  words: readonly string[],
  current: string,
): Promise<readonly Completion[]> => {
  const { open, positional, used, isOver } = scan(command, words)
  const names = command.registeredArguments.map((argument) => argument.name())
  const place = names.indexOf('directory')
  const context = { program, directory: positional[place] ?? '.', current }
  const [option, begun] = current.startsWith('--') && !isOver ? current.split('=', 2) : []
  if (option !== undefined && begun !== undefined) {
    const found = optionOf(command, option)
    const values = found ? await optionValues(found, { ...context, current: begun }) : []
    return values.map(({ value, about }) => named(`${option}=${value}`, about))
  }
  if (current.startsWith('-') && !isOver) return optionsOf(command, used)
  if (open !== null) return optionValues(open, context)
  const argument = command.registeredArguments[positional.length] ?? command.registeredArguments.at(-1)
  if (argument === undefined || (positional.length >= names.length && !argument.variadic)) return []
  return argumentValues(command, argument.name(), context)
}

/** A group of commands, such as `migrate`, is told its own first. */
const inGroup = async (
  program: Command,
  command: Command,
  words: readonly string[],
  current: string,
): Promise<readonly Completion[]> => {
  if (command.commands.length === 0) return inCommand(program, command, words, current)
  const at = words.findIndex((word) => !word.startsWith('-'))
  if (at < 0) return current.startsWith('-') ? optionsOf(command, words) : commandsOf(command)
  const inner = command.commands.find((one) => one.name() === words[at])
  return inner === undefined ? [] : inGroup(program, inner, words.slice(at + 1), current)
}

/** Control characters would end a line of the answer, or steer the terminal. */
// eslint-disable-next-line no-control-regex
const steers = /[\u0000-\u001f\u007f-\u009f]/u

/** `words`: those before the current one, the program's own name left out. */
export const completionsFor = async (
  program: Command,
  words: readonly string[],
  current: string,
): Promise<readonly Completion[]> => {
  const at = words.findIndex((word) => !word.startsWith('-'))
  const command = at < 0 ? undefined : program.commands.find((c) => c.name() === words[at])
  const isHelp = at >= 0 && words[at] === 'help'
  const all = isHelp
    ? words.length === at + 1
      ? commandsOf(program)
      : []
    : at < 0
      ? current.startsWith('-')
        ? optionsOf(program, words)
        : commandsOf(program)
      : command
        ? await inGroup(program, command, words.slice(at + 1), current)
        : []
  return all.filter(({ value }) => value.startsWith(current) && !steers.test(value))
}
