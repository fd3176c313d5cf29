/** What went wrong with a statement of the user's schema, told in the user's file with the way to put it right. */
import { AssayError } from '../ground/errors.ts'
import type { PgError, PgFault } from '../postgres/fault.ts'
import { substituteVariables } from '../postgres/psql-variables.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { offsetOfPosition, placeInFile } from '../ground/source-place.ts'

/** A statement of a file, and which one it is. */
export interface StatementPlace {
  readonly source: MigrationFile
  readonly text: string
  /** Offset in the file. */
  readonly start: number
  /** From 1. */
  readonly number: number
  readonly of: number
  readonly owner: string
}

interface Advice {
  readonly when: (fault: PgFault) => boolean
  readonly mend: (fault: PgFault, owner: string) => string
}

const name = (text: string): string => /"(?<name>[^"]+)"/u.exec(text)?.groups?.['name'] ?? '…'

/** The first that fits is given; the order goes from special to general. */
const advice: readonly Advice[] = [
  {
    when: (f) => f.sqlstate === '53100',
    mend: () =>
      'The disk is full: free some space, or name another directory: TMPDIR=/path/with/space assay …',
  },
  {
    when: (f) => f.sqlstate === '42501' && /create extension/u.test(f.message),
    mend: (f) =>
      `Have the administrator create it: extensions: ['${name(f.message)}'] under schema in assay.config.ts.`,
  },
  {
    when: (f) =>
      /^extension ".*" (?:is not available|has no installation)|extension control file/u.test(f.message),
    mend: () =>
      'This server does not have the extension; use one that has: assay … --url postgres://user@host/postgres',
  },
  {
    when: (f) => f.sqlstate === '42710' && f.message.startsWith('extension '),
    mend: () =>
      'It is made from `schema.extensions` before the files run: write CREATE EXTENSION IF NOT EXISTS.',
  },
  {
    when: (f) => f.sqlstate === '42704' && f.message.startsWith('role '),
    mend: (f) =>
      `Make the role before it is named: create role ${name(f.message)}; in an earlier file or in schema.before.`,
  },
  {
    when: (f) => f.sqlstate === '42501' && f.message.startsWith('permission denied for schema'),
    mend: (f) =>
      `Give the right first, to a new owner of a table too: grant usage, create on schema ${/schema (?<schema>.+)$/u.exec(f.message)?.groups?.['schema'] ?? '…'} to the role.`,
  },
  {
    when: (f) => f.sqlstate === '42501',
    mend: (_, owner) =>
      `Migrations run as ${owner}, who is no superuser, as in production. Leave this statement to the platform, or to a file of schema.before that does what this role may do.`,
  },
  {
    when: (f) => f.sqlstate === '55P04',
    mend: () =>
      'A label that ALTER TYPE … ADD VALUE adds can be used after its transaction only: use it in a later file.',
  },
  {
    when: (f) => f.sqlstate === '2D000',
    mend: () =>
      'What commits by itself cannot run inside a transaction: begin the file with the line `-- no-transaction`.',
  },
  {
    when: (f) => f.sqlstate === '25001',
    mend: () => 'This cannot run inside a transaction: begin the file with the line `-- no-transaction`.',
  },
  {
    when: (f) => f.sqlstate === '42701' && /more than once/u.test(f.message),
    mend: () => 'Give one of the two columns another name.',
  },
  {
    when: (f) => f.sqlstate === '42P07' || f.sqlstate === '42710' || f.sqlstate === '42701',
    mend: () => 'An earlier statement has made it already: remove one of the two.',
  },
  {
    when: (f) => ['42P01', '42703', '42704', '42883', '3F000'].includes(f.sqlstate),
    mend: () => 'Correct the name, or make what it names in an earlier file: files run in name order.',
  },
  { when: (f) => f.sqlstate === '42601', mend: () => 'Correct the SQL where the caret stands.' },
  { when: () => true, mend: () => 'Correct this statement; the file’s transaction was rolled back.' },
]

const mendOf = (fault: PgFault, owner: string): string =>
  advice.find(({ when }) => when(fault))?.mend(fault, owner) ?? 'Correct this statement.'

/** Positions point into the statement; refusals at run time have none and point to its first word. */
export const schemaFault = (cause: PgError, place: StatementPlace): AssayError => {
  const { fault } = cause
  const { source, start, text, number, of, owner } = place
  const within = fault.position === null ? 0 : offsetOfPosition(text, fault.position)
  const context = fault.context === null ? '' : `\nin ${fault.context.split('\n')[0] ?? ''}`
  const hint = fault.hint === null ? '' : `\nPostgreSQL hints: ${fault.hint}`
  const where = placeInFile(source.file, source.text, start + within)
  const [unset] = fault.sqlstate === '42601' ? substituteVariables(text, new Map()).unset : []
  if (unset !== undefined)
    return new AssayError(`The file names the psql variable ${unset}, which nobody sets.`, {
      code: 'schema.psql-variable',
      exit: 3,
      asked: (text.split('\n')[0] ?? '').slice(0, 100),
      found: `${fault.message} (SQLSTATE ${fault.sqlstate})`,
      mend: `Write \\set ${unset} VALUE before it; assay adopt and assay score also take what psql's -v says:\n--variable ${unset}=VALUE`,
      where,
      cause,
    })
  return new AssayError(`PostgreSQL refused statement ${number} of ${of} in ${where.file}.`, {
    code: 'schema.statement',
    exit: 3,
    asked: (text.split('\n')[0] ?? '').slice(0, 100),
    found: `${fault.message} (SQLSTATE ${fault.sqlstate})${context}${hint}`,
    mend: mendOf(fault, owner),
    where,
    cause,
  })
}
