/** Reads a whole database: tables, columns and every kind of structure, in a number of queries that does not grow with it. */
import { loadParser } from '../postgres/parse.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { structureKinds } from './kinds.ts'
import { parentsOf } from './parents.ts'
import { readDependencies } from './dependency/read.ts'
import { readTables } from './read-tables.ts'
import type { Catalog, Structure } from './structure.ts'
import type { Table } from './table.ts'
import type { DependencyGraph } from './dependency/dependency.ts'

/** What PostgreSQL prints depends on these; the same database has to give the same text on every server. */
const canonicalSettings: Readonly<Record<string, string>> = {
  search_path: '',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  quote_all_identifiers: 'off',
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Runs with settings under which PostgreSQL prints canonical texts, and puts back those that stood before. */
export const withCanonicalSettings = async <T>(db: Session, work: () => Promise<T>): Promise<T> => {
  const names = Object.keys(canonicalSettings)
  const before = await db.json<Record<string, string>>(
    `select ${names.map((name) => `current_setting(${literal(name)}) as ${name}`).join(', ')}`,
  )
  const set = (values: Readonly<Record<string, string>>): string =>
    `select ${names.map((name) => `set_config(${literal(name)}, ${literal(values[name] ?? '')}, false)`).join(', ')}`
  await db.query(set(canonicalSettings))
  try {
    return await work()
  } finally {
    // In a transaction that has failed this is refused, and the rollback that follows puts them back.
    await db.batch([set(before[0] ?? {})])
  }
}

const included = ({ facts }: Structure): number =>
  (facts as { readonly include?: readonly string[] }).include?.length ?? 0

/** An index that somebody adds to carry more columns along takes no id from the one that stands. */
const plainFirst = (a: Structure, b: Structure): number =>
  included(a) - included(b) || compare(a.name, b.name)

/** Gives a second structure of the same shape `#its_name`, and dependsOn the ids that resulted. */
const withResolvedIds = (
  structures: readonly Structure[],
  tables: ReadonlyMap<string, Table>,
): ReadonlyMap<string, Structure> => {
  const shapes = new Map<string, Structure[]>()
  for (const structure of structures)
    shapes.set(structure.id, [...(shapes.get(structure.id) ?? []), structure])
  const ids = new Map<Structure, string>()
  const byName = new Map<string, string>()
  for (const [id, alike] of shapes) {
    for (const [i, structure] of alike.toSorted(plainFirst).entries()) {
      const own = i === 0 ? id : `${id}#${structure.name}`
      ids.set(structure, own)
      byName.set(`${id}#${structure.name}`, own)
    }
  }
  /** What a partition has as its parent has it is not listed: the parent's stands for it. */
  const partitions = [...tables.values()].filter((table) => table.partitionOf !== null)
  const inParents = (id: string): readonly string[] => {
    const partition = partitions.find((table) => id.startsWith(`${table.id}/`))
    return partition ? parentsOf(partition).map((parent) => parent + id.slice(partition.id.length)) : []
  }
  const resolve = (id: string): readonly string[] => {
    const named = byName.get(id)
    if (named !== undefined) return [named]
    if (shapes.has(id)) return [id]
    return inParents(id).flatMap(resolve)
  }
  return new Map(
    structures.map((structure): [string, Structure] => {
      const id = ids.get(structure) ?? structure.id
      const dependsOn = [...new Set(structure.dependsOn.flatMap(resolve))]
        .filter((on) => on !== id)
        .toSorted(compare)
      return [id, { ...structure, id, dependsOn }]
    }),
  )
}

const groupBy = (structures: Iterable<Structure>, key: (structure: Structure) => readonly string[]) => {
  const groups = new Map<string, Structure[]>()
  for (const structure of structures) {
    for (const name of key(structure)) {
      const group = groups.get(name)
      if (group) group.push(structure)
      else groups.set(name, [structure])
    }
  }
  return groups
}

const makeCatalog = (
  major: number,
  tables: ReadonlyMap<string, Table>,
  structures: ReadonlyMap<string, Structure>,
  dependencies: DependencyGraph,
): Catalog => {
  const byTable = groupBy(structures.values(), (s) => (s.table === null ? [] : [s.table]))
  const over = groupBy(structures.values(), (s) => s.dependsOn)
  return {
    major,
    tables,
    structures,
    dependencies,
    of(table, kind) {
      const all = byTable.get(table) ?? []
      return kind === undefined ? all : all.filter((s) => s.kind === kind)
    },
    dependents(id) {
      const found = new Map<string, Structure>()
      const visit = (on: string): void => {
        for (const structure of over.get(on) ?? []) {
          if (structure.id === id || found.has(structure.id)) continue
          found.set(structure.id, structure)
          visit(structure.id)
        }
      }
      visit(id)
      return [...found.values()].toSorted((a, b) => compare(a.id, b.id))
    },
  }
}

/** What each kind finds, in the order of the registry; a second session takes every other kind. */
const readKinds = async (
  sessions: readonly Session[],
  tables: ReadonlyMap<string, Table>,
): Promise<readonly (readonly Structure[])[]> => {
  const found: (readonly Structure[])[] = structureKinds.map(() => [])
  let next = 0
  const readOn = async (db: Session): Promise<void> => {
    while (next < structureKinds.length) {
      const at = next++
      found[at] = await structureKinds[at]!.read(db, tables)
    }
  }
  const done = await Promise.allSettled(sessions.map(readOn))
  for (const one of done) if (one.status === 'rejected') throw one.reason
  return found
}

const readOn = async (db: Session, beside: readonly Session[]): Promise<Catalog> => {
  const [version] = await db.json<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  )
  const major = version?.major ?? 0
  const tables = await readTables(db)
  const ranks = new Map([...tables.keys()].map((id, rank) => [id, rank]))
  const rank = ({ table }: Structure): number => ranks.get(table ?? '') ?? -1
  // Readers sort within a table; the order of tables must not depend on their oids.
  const structures = (await readKinds([db, ...beside], tables)).flatMap((of) =>
    of.toSorted((a, b) => rank(a) - rank(b)),
  )
  const dependencies = await readDependencies(db, tables, major)
  return makeCatalog(major, tables, withResolvedIds(structures, tables), dependencies)
}

/**
 * Structures come in the order of the kinds' registry, within a kind by table. PostgreSQL's parser is loaded on the way, so that the mutants of what this answers can be made at once.
 * `beside`: another session on the same database, which nobody changes meanwhile; the two share the work.
 */
export const readCatalog = async (db: Session, beside: Session | null = null): Promise<Catalog> => {
  await loadParser()
  return withCanonicalSettings(db, () =>
    beside === null ? readOn(db, []) : withCanonicalSettings(beside, () => readOn(db, [beside])),
  )
}
