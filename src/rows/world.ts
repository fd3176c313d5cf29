/** The statements that put a table's parents in place: one insert per table, one statement with CTEs where tables require each other. */
import { insertRows } from './insert.ts'
import { relationOf } from '../catalog/relation.ts'
import type { Table } from '../catalog/table.ts'
import { qualified } from '../postgres/quote.ts'
import type { ReferenceFact } from './facts.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'

/** What is known of a table's core rows: by family number, roots from `firstRoot` on. */
export interface KnownRows {
  readonly rows: ReadonlyMap<number, Row>
  /** What PostgreSQL stored, as expressions: for what other rows reference. */
  readonly stored: ReadonlyMap<number, Row>
  /** Statements after which its triggers take its rows; absent: none. */
  readonly staged?: readonly string[]
}

export type KnownTables = (table: string) => KnownRows | undefined

/** Families a, b and c. */
export const families: readonly number[] = [0, 1, 2]
/** The root of family f is family f + 3: a row of the table itself that its parents require. */
export const firstRoot = 3

/** The referenced key as values of the referencing columns. */
export const keyValues = (ref: ReferenceFact, stored: Row): Readonly<Record<string, string>> | null => {
  const values = ref.columns.map((c, i) => [c, stored[ref.targetColumns[i] ?? '']] as const)
  return values.every(([, v]) => v !== undefined && v !== 'null')
    ? (Object.fromEntries(values) as Record<string, string>)
    : null
}

/** A parent's core row; where it requires the table itself, it points to the table's root. */
const rowInWorld = (
  ground: RowGround,
  known: KnownTables,
  parent: string,
  table: string,
  family: number,
): Row => {
  const row = { ...known(parent)?.rows.get(family) }
  const root = known(table)?.stored.get(family + firstRoot)
  for (const ref of ground.parents.hard(parent)) {
    const values = ref.target === table && root ? keyValues(ref, root) : null
    if (values) Object.assign(row, values)
  }
  return row
}

const rowsOf = (ground: RowGround, known: KnownTables, parent: string, table: string): readonly Row[] => {
  const rows = known(parent)?.rows
  const roots = families.map((f) => rows?.get(f + firstRoot)).filter((row) => row !== undefined)
  if (parent === table) return roots
  const own = families.filter((f) => rows?.has(f)).map((f) => rowInWorld(ground, known, parent, table, f))
  return ground.parents.plan(parent, 'core').rooted ? own : [...roots, ...own]
}

/** One statement for tables that require each other: foreign keys are checked when all of it is done. */
const together = (inserts: readonly string[]): string => {
  const last = inserts.at(-1) ?? ''
  if (inserts.length === 1) return last
  const parts = inserts.slice(0, -1).map((sql, i) => `step${i + 1} as (${sql})`)
  return `with ${parts.join(', ')} ${last}`
}

/** Partitioned tables that no row of this server can stand in. */
const withoutPartitions = ({ catalog }: RowGround, ids: readonly string[]): readonly Table[] => {
  const hasPlace = (id: string): boolean =>
    [...catalog.tables.values()].some(
      (t) => t.partitionOf === id && (t.kind === 'table' || (t.kind === 'partitioned' && hasPlace(t.id))),
    )
  return ids.flatMap((id) => {
    const found = catalog.tables.get(id)
    return found?.kind === 'partitioned' && !hasPlace(id) ? [found] : []
  })
}

/** A place for its rows, so that what it asks of them can be shown. */
const partitionFor = (table: Table, at: number, { catalog }: RowGround): string => {
  const name = qualified({ schema: table.schema, name: `assay_place_${at + 1}` })
  const { partitionKey = null } = relationOf(catalog, table.id)?.facts ?? {}
  const rows = partitionKey?.startsWith('HASH') ? 'for values with (modulus 1, remainder 0)' : 'default'
  return `create table ${name} partition of ${qualified(table)} ${rows}`
}

/** In order; `tables` names those of each statement, for faults. */
export const worldStatements = (
  ground: RowGround,
  known: KnownTables,
  table: string,
  of: 'core' | 'base',
): readonly { readonly sql: string; readonly tables: readonly string[] }[] => {
  const { steps } = ground.parents.plan(table, of)
  const without = withoutPartitions(ground, [...new Set([table, ...steps.flat()])])
  const places = without.map((one, i) => ({ sql: partitionFor(one, i, ground), tables: [one.id] }))
  return [...places, ...rowsOfSteps(ground, known, table, steps)]
}

const rowsOfSteps = (
  ground: RowGround,
  known: KnownTables,
  table: string,
  steps: readonly (readonly string[])[],
): ReturnType<typeof worldStatements> =>
  steps.flatMap((step) => {
    const inserts = step.flatMap((id) => {
      const found = ground.catalog.tables.get(id)
      const rows = found ? rowsOf(ground, known, id, table) : []
      return found && rows.length > 0 ? [insertRows(found, rows)] : []
    })
    if (inserts.length === 0) return []
    const staged = step.flatMap((id) => (id === table ? [] : (known(id)?.staged ?? [])))
    return [...staged, together(inserts)].map((sql) => ({ sql, tables: step }))
  })
