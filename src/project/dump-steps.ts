/** The statements of dumps as psql would run them: included files in their place, one database of those that a file names. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { readScript, type ScriptStep } from '../postgres/script.ts'
import { readDumpFile } from './dump-file.ts'
import type { MigrationFile } from './migration-files.ts'
import { placeInFile } from './source-place.ts'

export interface DumpStep {
  /** Where the statement stands. */
  readonly source: MigrationFile
  /** The file that was named; it may include `source`. */
  readonly script: MigrationFile
  readonly step: Exclude<ScriptStep, { readonly kind: 'meta' }>
  /** As the last `\connect` named it; null before the first one. */
  readonly database: string | null
}

/** psql's own commands that say nothing about the schema: what it prints, and how. */
const withoutMeaning =
  /^(?:restrict|unrestrict|encoding|echo|qecho|warn|timing|pset|x|set|unset|t|a|f|H|C|T|pager|p|r|o|l|z|prompt|conninfo|password|errverbose|copy|d\S*)$/u

const refuse = (
  source: MigrationFile,
  { text, start }: ScriptStep,
  found: string,
  mend: string,
): AssayError =>
  new AssayError(`The file uses psql's own command ${text.split(/\s/u)[0] ?? ''}, which only psql can run.`, {
    code: 'adopt.psql-command',
    exit: 2,
    asked: text,
    found,
    mend,
    where: placeInFile(source.file, source.text, start),
  })

/** The first argument of a meta-command that is no option of it. */
const argumentOf = (text: string): string | null => {
  const [, ...words] = text.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\S+/gu) ?? []
  const found = words.find((one) => !one.startsWith('-'))
  if (found === undefined) return null
  const connection = /\bdbname='?(?<name>[^' ]+)/u.exec(found)?.groups?.['name']
  return connection ?? found.replaceAll(/^['"]|['"]$/gu, '')
}

const includedFile = (source: MigrationFile, step: ScriptStep, isRelative: boolean): string => {
  const name = argumentOf(step.text) ?? ''
  const beside = path.resolve(path.dirname(source.file), name)
  const here = path.resolve(name)
  const found = [...(isRelative ? [] : [here]), beside].find((file) => existsSync(file))
  if (found !== undefined) return found
  throw refuse(source, step, `there is no file ${name}`, 'Put the included file there, or take the line out.')
}

interface Reading {
  readonly script: MigrationFile
  readonly steps: DumpStep[]
  database: string | null
}

const readInto = (reading: Reading, source: MigrationFile, within: readonly string[]): void => {
  for (const step of readScript(source.text)) {
    if (step.kind !== 'meta') {
      reading.steps.push({ source, script: reading.script, step, database: reading.database })
      continue
    }
    const command = /^\\(?<command>[A-Za-z]+[+]?|.)/u.exec(step.text)?.groups?.['command'] ?? ''
    if (command === 'q') return
    if (command === 'c' || command === 'connect') reading.database = argumentOf(step.text) ?? reading.database
    else if (/^(?:i|ir|include|include_relative)$/u.test(command)) {
      const file = includedFile(source, step, command.endsWith('r') || command.endsWith('relative'))
      if (within.includes(file))
        throw refuse(source, step, 'a file that includes itself', 'Take the line out.')
      readInto(reading, readDumpFile(file), [...within, file])
    } else if (!withoutMeaning.test(command))
      throw refuse(
        source,
        step,
        'a command that changes what psql runs',
        'Write what it does as plain SQL, or take the line out.',
      )
  }
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
export const dumpSteps = (files: readonly MigrationFile[]): readonly DumpStep[] => {
  const all = files.flatMap((file) => {
    const reading: Reading = { script: file, steps: [], database: null }
    readInto(reading, file, [file.file])
    return reading.steps
  })
  const speaking = all.filter(({ step }) => !saysNothing.test(step.text))
  const names = [...new Set(speaking.flatMap(({ database }) => database ?? []))]
  if (names.length > 1) throw severalDatabases(names)
  // What stands for other databases (template1, postgres) says nothing.
  return all.filter(({ database }) => database === null || names.length === 0 || database === names[0])
}
