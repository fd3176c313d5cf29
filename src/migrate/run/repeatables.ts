/**
 * Repeatable files run again when something that stood is gone: DROP … CASCADE takes along what they made, and their
 * text has not changed. Their hashes are taken out of the journal before, so that a killed run forgets none of them.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import type { Migration } from '../files/migration.ts'
import { isApplied, type JournalRow } from './journal-row.ts'
import { hashesSql } from './journal-sql.ts'

export interface Repeatables {
  /** Nothing has to be watched. */
  readonly isEmpty: () => boolean
  /** Before a migration runs. */
  readonly mark: (name: string) => Promise<void>
  /** When it has run: what of the catalog is gone. */
  readonly settle: (migration: Migration, gone: readonly string[]) => Promise<void>
  /** Those that have to run once more, in their order. */
  readonly again: () => readonly Migration[]
}

/** Ids that stood before and do not stand any more. */
export const goneBetween = (before: Catalog, after: Catalog): readonly string[] =>
  [...before.structures.keys()].filter((id) => !after.structures.has(id))

export const watchRepeatables = (
  db: Session,
  migrations: readonly Migration[],
  rows: readonly JournalRow[],
): Repeatables => {
  const standing = new Map(
    rows
      .filter((row) => row.kind === 'repeatable' && isApplied(row) && row.hash !== '')
      .map(({ name, hash }) => [name, hash]),
  )
  const marked = new Set<string>()
  const othersOf = (name: string): readonly (readonly [string, string])[] =>
    [...standing].filter(([other]) => other !== name && !marked.has(other))
  return {
    isEmpty: () => standing.size === 0,
    mark: async (name) => {
      const others = othersOf(name)
      if (others.length > 0) await db.query(hashesSql(others.map(([other]) => [other, ''])))
    },
    settle: async ({ name, kind, up }, gone) => {
      const others = othersOf(name)
      if (gone.length > 0) for (const [other] of others) marked.add(other)
      else if (others.length > 0) await db.query(hashesSql(others))
      marked.delete(name)
      if (kind === 'repeatable') standing.set(name, up.hash)
    },
    again: () => migrations.filter(({ name, kind }) => kind === 'repeatable' && marked.has(name)),
  }
}
