/** The SQL files of a directory that is adopted; where it has none, what would make the database that can be adopted. */
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { listMigrations, readSqlFile, type MigrationFile } from '../migrate/files/migration-files.ts'
import { codeHistoryOf } from '../migrate/files/tool-history.ts'

const refuse = (directory: string, summary: string, found: string, mend: string): AssayError =>
  new AssayError(summary, {
    code: 'schema.migrations',
    exit: 3,
    asked: `--migrations ${directory}`,
    found,
    mend,
  })

const nothing = (directory: string): AssayError =>
  refuse(
    directory,
    `There are no SQL files in ${directory}.`,
    'an empty directory',
    'Name the directory that holds them: assay adopt --migrations DIR',
  )

const adopt = (option: string, value: string): string => shellCommand('npx', 'assay', 'adopt', option, value)

const listed = (directory: string): readonly string[] | AssayError => {
  try {
    return listMigrations(directory)
  } catch (cause) {
    if (cause instanceof AssayError && cause.code === 'schema.migrations') return cause
    throw cause
  }
}

/** Prisma's stand below `prisma/migrations`, Hasura's below the name of a database. */
const depth = 3

const directoryBelow = (directory: string, levels = depth): string | null => {
  if (levels === 0) return null
  const below = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => path.join(directory, name))
  const found = below.find((one) => {
    const files = listed(one)
    return !(files instanceof AssayError) && files.length > 0
  })
  if (found !== undefined) return found
  for (const one of below) {
    const deeper = directoryBelow(one, levels - 1)
    if (deeper !== null) return deeper
  }
  return null
}

/** Another tool's migrations are run by that tool: what it makes is adopted. */
const withoutSql = (directory: string, full: string, fault: AssayError): AssayError => {
  const below = directoryBelow(full)
  if (below !== null) {
    const named = path.isAbsolute(directory) ? below : path.join(directory, path.relative(full, below))
    return refuse(
      directory,
      fault.message,
      `no SQL file, but some in ${named}`,
      `Name that directory:\n${adopt('--migrations', named)}`,
    )
  }
  const command = codeHistoryOf(full)?.apply ?? 'COMMAND'
  return refuse(
    directory,
    fault.message,
    fault.found ?? 'no SQL file',
    `Let the tool that runs them make an empty database, and adopt that, which is only read:\ncreatedb adoptable\nDATABASE_URL=postgres://user@host/adoptable ${command}\n${adopt('--url', 'postgres://user@host/adoptable')}`,
  )
}

/** Throws AssayError (exit 3) for a directory without SQL. */
export const readAdoptedMigrations = (directory: string): readonly MigrationFile[] => {
  const full = path.resolve(directory)
  const facts = statSync(full, { throwIfNoEntry: false })
  if (facts === undefined)
    throw refuse(
      directory,
      `There is no directory ${directory}.`,
      'no such directory',
      'Name the one that holds the SQL files: assay adopt --migrations DIR',
    )
  if (!facts.isDirectory())
    throw refuse(
      directory,
      `${directory} is a file.`,
      'no directory',
      `Adopt it as SQL:\n${adopt('--sql', directory)}`,
    )
  const files = listed(full)
  if (files instanceof AssayError) throw withoutSql(directory, full, files)
  if (files.length === 0) throw nothing(directory)
  return files.map(readSqlFile)
}
