/** The statements of dumps as psql would run them: included files in their place, one database of those that a file names. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { substituteVariables } from '../postgres/psql-variables.ts'
import { readScript, type ScriptStep } from '../postgres/script.ts'
import { readDumpFile } from './dump-file.ts'
import { readSqlFile, type MigrationFile } from '../migrate/files/migration-files.ts'
import { psqlArguments, type PsqlCommand } from './psql-commands.ts'
import { openPsqlState, type PsqlState, type RefuseCommand } from './psql-state.ts'
import { placeInFile } from '../ground/source-place.ts'

export interface DumpStep {
  /** Where the statement stands. */
  readonly source: MigrationFile
  /** The file that was named; it may include `source`. */
  readonly script: MigrationFile
  readonly step: Exclude<ScriptStep, { readonly kind: 'meta' }>
  /** As the last `\connect` named it; null before the first one. */
  readonly database: string | null
  /** Each value that it answers is a statement, which runs behind it: `\gexec`. */
  readonly executesResult?: true
}

export interface DumpReading {
  /** What psql's -v would set. */
  readonly variables?: ReadonlyMap<string, string>
  /** Rows of other files are read too. */
  readonly keepsRows?: boolean
}

/** psql's own commands that say nothing about the schema: what it prints, and how. */
const withoutMeaning =
  /^(?:restrict|unrestrict|encoding|echo|qecho|warn|timing|pset|x|t|a|f|H|C|T|pager|p|r|o|l|z|prompt|conninfo|password|errverbose|g|gx|gdesc|crosstabview|watch|d\S*)$/u

const refuse: RefuseCommand = (source, { text, start }, found, mend) =>
  new AssayError(`The file uses psql's own command ${text.split(/\s/u)[0] ?? ''}, which only psql can run.`, {
    code: 'adopt.psql-command',
    exit: 2,
    asked: text,
    found,
    mend,
    where: placeInFile(source.file, source.text, start),
  })

/** The first argument that is no option. */
const argumentOf = (rest: string): string | null => {
  const found = psqlArguments(rest)?.find((one) => !one.startsWith('-'))
  if (found === undefined) return null
  return /\bdbname=(?<name>[^ ]+)/u.exec(found)?.groups?.['name'] ?? found
}

const fileNamed = (source: MigrationFile, name: string, isRelative: boolean): string | undefined => {
  const beside = path.resolve(path.dirname(source.file), name)
  return [...(isRelative ? [] : [path.resolve(name)]), beside].find((file) => existsSync(file))
}

const includedFile = (source: MigrationFile, step: ScriptStep, rest: string, isRelative: boolean): string => {
  const name = argumentOf(rest) ?? ''
  const found = fileNamed(source, name, isRelative)
  if (found !== undefined) return found
  throw refuse(source, step, `there is no file ${name}`, 'Put the included file there, or take the line out.')
}

/** `\copy t (a, b) from 'rows.csv' with (format csv)`. */
const copyFrom =
  /^(?<what>(?:[^'"()]|"[^"]*"|\([^)]*\))+?)\s+from\s+(?<file>'(?:[^']|'')*'|\S+)(?<rest>[^]*)$/iu

/** null: it says nothing about what stands in the database. */
const copyStep = (
  source: MigrationFile,
  step: ScriptStep,
  rest: string,
  keepsRows: boolean,
): DumpStep['step'] | null => {
  const { what = '', file = '', rest: options = '' } = copyFrom.exec(rest)?.groups ?? {}
  if (what === '') return null
  const text = `copy ${what} from stdin${options.replace(/[\s;]+$/u, '')}`
  if (!keepsRows) return { kind: 'copy', text, start: step.start, data: '' }
  if (/^program$/iu.test(file))
    throw refuse(source, step, 'rows that a program prints', 'Write them to a file, and copy from that.')
  const name = file.replaceAll(/^'|'$/gu, '').replaceAll("''", "'")
  const found = fileNamed(source, name, false)
  if (found === undefined)
    throw refuse(source, step, `there is no file ${name}`, 'Put the file with the rows there.')
  return { kind: 'copy', text, start: step.start, data: readSqlFile(found).text }
}

interface Reading {
  readonly script: MigrationFile
  readonly steps: DumpStep[]
  readonly state: PsqlState
  readonly keepsRows: boolean
  database: string | null
}

/** Whether the file goes on behind it. */
const readCommand = (
  reading: Reading,
  source: MigrationFile,
  step: ScriptStep,
  { name, rest }: PsqlCommand,
  within: readonly string[],
): boolean => {
  const { steps, script, database } = reading
  if (name === 'q') return false
  if (name === 'c' || name === 'connect') reading.database = argumentOf(rest) ?? database
  else if (/^(?:i|ir|include|include_relative)$/u.test(name)) {
    const file = includedFile(source, step, rest, name.endsWith('r') || name.endsWith('relative'))
    if (within.includes(file)) throw refuse(source, step, 'a file that includes itself', 'Take the line out.')
    readInto(reading, readDumpFile(file), [...within, file])
  } else if (name === 'gexec') {
    const last = steps.pop()
    if (last?.source === source) steps.push({ ...last, executesResult: true })
  } else if (name === 'copy') {
    const copy = copyStep(source, step, rest, reading.keepsRows)
    if (copy) steps.push({ source, script, step: copy, database })
  } else if (name === 'gset')
    throw refuse(
      source,
      step,
      'variables that take what a query answers',
      'Say them with --variable NAME=VALUE and take the line out, or write the values as plain SQL.',
    )
  else if (!withoutMeaning.test(name))
    throw refuse(
      source,
      step,
      'a command that changes what psql runs',
      'Write what it does as plain SQL, or take the line out.',
    )
  return true
}

const readInto = (reading: Reading, source: MigrationFile, within: readonly string[]): void => {
  const { state, steps, script } = reading
  for (const step of readScript(source.text)) {
    if (step.kind === 'meta') {
      const goesOn = state
        .read(source, step)
        .every((command) => readCommand(reading, source, step, command, within))
      if (!goesOn) return
    } else if (state.isRun()) {
      const { database } = reading
      const own =
        state.variables.size === 0
          ? step
          : { ...step, text: substituteVariables(step.text, state.variables).text }
      steps.push({ source, script, step: own, database })
    }
  }
  state.endFile(source)
}

/** What every dump says to each database that it connects to. */
const saysNothing =
  /^(?:set\b|reset\b|select\s+(?:pg_catalog\s*\.\s*)?set_config\s*\(|(?:create|drop|alter)\s+(?:role|user|group|database|tablespace)\b|(?:comment|grant|revoke)\b|update\s+pg_catalog\.)/iu

const severalDatabases = (names: readonly string[]): AssayError =>
  new AssayError(`The dump holds ${names.length} databases: ${names.join(', ')}.`, {
    code: 'adopt.several-databases',
    exit: 2,
    asked: 'one database, which becomes one architecture',
    found: 'statements for several, such as pg_dumpall writes',
    mend: `Dump the one that you want to adopt:\npg_dump --schema-only ${names[0] ?? ''} > schema.sql`,
  })

/** Statements in their order. Throws AssayError (exit 2) for what cannot be read as one database. */
export const dumpSteps = (
  files: readonly MigrationFile[],
  { variables = new Map(), keepsRows = false }: DumpReading = {},
): readonly DumpStep[] => {
  const all = files.flatMap((file) => {
    const state = openPsqlState(variables, refuse)
    const reading: Reading = { script: file, steps: [], state, keepsRows, database: null }
    readInto(reading, file, [file.file])
    return reading.steps
  })
  const speaking = all.filter(({ step }) => !saysNothing.test(step.text))
  const names = [...new Set(speaking.flatMap(({ database }) => database ?? []))]
  if (names.length > 1) throw severalDatabases(names)
  // What stands for other databases (template1, postgres) says nothing.
  return all.filter(({ database }) => database === null || names.length === 0 || database === names[0])
}
