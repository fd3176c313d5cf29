/** Which tables a migration may have to do with: those whose structures it changes, and those that its text names. */
import { difference } from '../../catalog/difference.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Migration } from '../files/migration.ts'

/** Relation ids, of either catalog. A name that stands in a comment only does no harm. */
export const touchedTables = (migration: Migration, before: Catalog, after: Catalog): ReadonlySet<string> => {
  const { made, changed, gone } = difference(before, after)
  const tables = [...made, ...changed, ...gone].flatMap(
    ({ id }) => (after.structures.get(id) ?? before.structures.get(id))?.table ?? [],
  )
  const text = `${migration.up.text}\n${migration.down?.text ?? ''}`
  const words = new Set(text.match(/[\p{L}_][\p{L}\p{N}_$]*/gu))
  const isNamed = (name: string): boolean =>
    words.has(name) || (/[^\p{L}\p{N}_$]/u.test(name) && text.includes(name.replaceAll('"', '""')))
  const named = [before, after].flatMap((catalog) =>
    [...catalog.tables.values()].filter(({ name }) => isNamed(name)).map(({ id }) => id),
  )
  return new Set([...tables, ...named])
}
