/** Reads a migrations directory: every migration with both directions, its directives and hashes, in the order in which they run. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { AssayError, AssayErrors } from '../../ground/errors.ts'
import { readScript } from '../../postgres/script.ts'
import { joinDirectives, noDirectives, parseDirectives, type Directives } from './directives.ts'
import { expectationsHash } from './expectation-files.ts'
import { directoryFaults } from './directory-faults.ts'
import { listPlaces, readSqlParts, readSqlText, type MigrationPlace } from './migration-files.ts'
import type { Migration, MigrationScript } from './migration.ts'
import { noTransactionMarker } from './transaction-need.ts'
import { writtenForOf } from './written-for.ts'

const sha = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** A checkout with CRLF line ends says the same. */
const hashOf = (text: string): string => sha(text.replaceAll('\r\n', '\n'))

/** Flyway says in a file beside it when a script is not to run in a transaction. */
const flywaySaysNone = (file: string): boolean =>
  existsSync(`${file}.conf`) &&
  /^\s*executeInTransaction\s*=\s*false/imu.test(readFileSync(`${file}.conf`, 'utf8'))

/** goose says it once, at the head of a file with both parts. */
const gooseSaysNone = /^--\s*\+goose\s+no\s+transaction\b/imu

const makeScript = (file: string, text: string, whole: string): MigrationScript => ({
  file,
  text,
  isTransactionNone: noTransactionMarker.test(text) || gooseSaysNone.test(whole) || flywaySaysNone(file),
  hash: hashOf(text.trimStart()),
})

const scriptsOf = ({ up, down }: MigrationPlace): Pick<Migration, 'up' | 'down'> => {
  const parts = readSqlParts(up)
  const script = makeScript(up, parts.up, parts.whole)
  if (down !== null) {
    const text = readSqlText(down)
    return { up: script, down: makeScript(down, text, text) }
  }
  return { up: script, down: parts.down === null ? null : makeScript(up, parts.down, parts.whole) }
}

const directivesOf = (script: MigrationScript | null, direction: 'up' | 'down'): Directives =>
  script === null
    ? noDirectives
    : parseDirectives(
        script,
        readScript(script.text).filter((step) => step.kind !== 'meta'),
        direction,
      )

/** One by itself. Throws AssayError for a directive that is not understood. */
export const readMigrationAt = (place: MigrationPlace): Migration => {
  const { up, down } = scriptsOf(place)
  const directives = joinDirectives(directivesOf(up, 'up'), directivesOf(down, 'down'))
  const expectations = expectationsHash(up.file)
  const writtenFor = writtenForOf(up.file)
  return {
    name: place.name,
    kind: place.isRepeatable ? 'repeatable' : directives.isData ? 'data' : 'versioned',
    up,
    down,
    directives,
    hash: sha(`${up.hash}\n${down?.hash ?? '-'}`),
    ...(expectations === null ? {} : { expectations }),
    ...(writtenFor === null ? {} : { writtenFor }),
  }
}

/** One that stands in no directory yet: its text, as `file` will have it. */
export const migrationOfText = (name: string, file: string, text: string): Migration => {
  const up = makeScript(file, text, text)
  const directives = directivesOf(up, 'up')
  const kind = directives.isData ? 'data' : 'versioned'
  return { name, kind, up, down: null, directives, hash: sha(`${up.hash}\n-`) }
}

/** The same with another way back, and with what that says it loses. */
export const withWayBack = (migration: Migration, file: string, text: string): Migration => {
  const down = makeScript(file, text, text)
  return {
    ...migration,
    down,
    directives: joinDirectives(migration.directives, directivesOf(down, 'down')),
    hash: sha(`${migration.up.hash}\n${down.hash}`),
  }
}

/**
 * Versioned ones first, then repeatable ones. Throws AssayError, or AssayErrors for several faults: two heads, names
 * that stand twice, a file that undoes nothing, a directive that is not understood.
 */
export const readMigrations = (directory: string): readonly Migration[] => {
  const places = listPlaces(directory)
  const faults = directoryFaults(directory, places).map(({ fault }) => fault)
  const migrations: Migration[] = []
  for (const place of places) {
    try {
      migrations.push(readMigrationAt(place))
    } catch (cause) {
      if (!(cause instanceof AssayError)) throw cause
      faults.push(cause)
    }
  }
  const [first] = faults
  if (first === undefined) return migrations
  throw faults.length === 1 ? first : new AssayErrors(faults)
}
