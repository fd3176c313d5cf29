/** One migration as its files say it: what is run to make the change, and what is run to take it back. */
import type { Direction } from './direction.ts'
import type { Directives } from './directives.ts'

export type { Direction } from './direction.ts'

/** SQL that is run as one script: a file, or the part of a file that belongs to one direction. */
export interface MigrationScript {
  /** Absolute. */
  readonly file: string
  /** Blank where the file has the other direction's part: offsets and lines are the file's. */
  readonly text: string
  /** It says that it is not to run in a transaction as a whole. */
  readonly isTransactionNone: boolean
  /** SHA-256 of the text, in hex; line ends do not count. */
  readonly hash: string
}

/**
 * `versioned`: runs once, in its order. `data`: the same, and it changes rows only. `repeatable`: runs after all
 * others, and again whenever its text has changed.
 */
export type MigrationKind = 'versioned' | 'repeatable' | 'data'

export interface Migration {
  /** `0007_products_slug_unique`: of its directory, or of its file without `.sql`. Unique. */
  readonly name: string
  readonly kind: MigrationKind
  readonly up: MigrationScript
  readonly down: MigrationScript | null
  /** Of both parts. */
  readonly directives: Directives
  /** SHA-256 over both parts, in hex. */
  readonly hash: string
  /** SHA-256 over what is expected of rows: a test of other expectations is another test. Absent: there are none. */
  readonly expectations?: string
  /** The major version of PostgreSQL for which it was written. Absent: it does not say. */
  readonly writtenFor?: number
}

/** What runs in a direction; null when there is nothing that goes back. */
export const scriptOf = (migration: Migration, direction: Direction): MigrationScript | null =>
  direction === 'up' ? migration.up : migration.down
