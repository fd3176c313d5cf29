/** Questions that hazards ask of a traced statement: what it scanned, wrote anew, built and changed, and under which lock. */
import { relationId } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import {
  isTable,
  tableOfRelation,
  type ColumnState,
  type ConstraintState,
  type DatabaseState,
  type RelationState,
} from './database-state.ts'
import { blocksReads, blocksWrites, type LockMode } from './lock-modes.ts'
import { mergeLocks, strongest } from './read-locks.ts'
import { nothingDone } from './read-state.ts'
import { statementKind } from './statement-facts.ts'
import { isExisting, type MigrationTrace, type StatementTrace } from './trace.ts'

/** As it is called in findings; by its last name when it is gone. */
export const nameOf = ({ before, after }: StatementTrace, oid: number): string => {
  const relation = before.relations.get(oid) ?? after.relations.get(oid)
  return relation ? relationId(relation) : `relation ${oid}`
}

/** As it is written in SQL after the statement. */
export const sqlNameOf = ({ before, after }: StatementTrace, oid: number): string => {
  const relation = after.relations.get(oid) ?? before.relations.get(oid)
  return relation ? qualified(relation) : String(oid)
}

const lockOf = (
  locks: ReadonlyMap<number, LockMode>,
  state: DatabaseState,
  table: number,
): LockMode | null => {
  let found: LockMode | undefined
  // Whoever plans a query opens the indexes too: a lock of one is a lock of its table.
  for (const [oid, mode] of locks) if (tableOfRelation(state, oid) === table) found = strongest(found, mode)
  return found ?? null
}

/** The strongest lock that a table has while the statement runs, held of earlier statements or taken by it. */
export const lockDuring = (statement: StatementTrace, table: number): LockMode | null =>
  lockOf(mergeLocks(statement.heldBefore, statement.taken), statement.before, table)

/** The lock that the statement itself takes of a table. */
export const lockTaken = (statement: StatementTrace, table: number): LockMode | null =>
  lockOf(statement.taken, statement.before, table)

export const stopsWrites = (mode: LockMode | null): boolean => mode !== null && blocksWrites(mode)

export const stopsReads = (mode: LockMode | null): boolean => mode !== null && blocksReads(mode)

/** `ACCESS EXCLUSIVE: reads and writes wait`. */
export const lockWords = (mode: LockMode | null): string =>
  mode === null
    ? 'a lock that was not seen'
    : `${mode}: ${blocksReads(mode) ? 'reads and writes wait' : blocksWrites(mode) ? 'writes wait' : 'reads and writes go on'}`

interface Change {
  readonly before: RelationState | null
  readonly after: RelationState | null
}

const known = new WeakMap<StatementTrace, readonly Change[]>()

/** Relations that were read anew after the statement: all that it can have changed. */
const changesOf = (statement: StatementTrace): readonly Change[] => {
  const found = known.get(statement)
  if (found) return found
  const { before, after } = statement
  const changes: Change[] = []
  for (const [oid, relation] of after.relations)
    if (before.relations.get(oid) !== relation)
      changes.push({ before: before.relations.get(oid) ?? null, after: relation })
  for (const [oid, relation] of before.relations)
    if (!after.relations.has(oid)) changes.push({ before: relation, after: null })
  known.set(statement, changes)
  return changes
}

/** Relations before and after the statement. */
export const keptRelationsOf = (
  statement: StatementTrace,
): readonly { readonly before: RelationState; readonly after: RelationState }[] =>
  changesOf(statement).flatMap(({ before, after }) => (before && after ? [{ before, after }] : []))

export const createdRelationsOf = (statement: StatementTrace): readonly RelationState[] =>
  changesOf(statement).flatMap(({ before, after }) => (before === null && after ? [after] : []))

/** Sequential scans of tables that were there before the migration, by table. */
export interface Scan {
  readonly oid: number
  readonly scans: number
  readonly rows: number
}

export const scansOf = (trace: MigrationTrace, { activity }: StatementTrace): readonly Scan[] =>
  [...activity].flatMap(([oid, { scans, scanned }]) =>
    scans > 0 && isExisting(trace, oid) ? [{ oid, scans, rows: scanned }] : [],
  )

/** Tables and materialized views that were there, and whose rows stand in a new file. */
export const rewritesOf = (trace: MigrationTrace, statement: StatementTrace): readonly number[] => {
  if (statementKind(statement.text) === 'TruncateStmt') return []
  const told = statement.events.rewrites.map(({ oid }) => oid)
  const moved = keptRelationsOf(statement).flatMap(({ before, after }) => {
    const isNew = before.filenode !== after.filenode && after.filenode !== 0
    return isNew && (after.kind === 'r' || after.kind === 'm') ? [after.oid] : []
  })
  return [...new Set([...told, ...moved])].filter((oid) => isExisting(trace, oid))
}

export interface BuiltIndex {
  readonly index: RelationState
  readonly table: number
  /** It was there, and was built again. */
  readonly again: boolean
}

/** Indexes that were built from the rows of tables that were there; not those that come along with a rewrite. */
export const builtIndexesOf = (trace: MigrationTrace, statement: StatementTrace): readonly BuiltIndex[] => {
  const rewritten = new Set(rewritesOf(trace, statement))
  const isTruncate = statementKind(statement.text) === 'TruncateStmt'
  // A changed column makes its indexes again under other oids, and may keep their files.
  const files = new Set(changesOf(statement).map(({ before }) => before?.filenode ?? 0))
  return changesOf(statement)
    .flatMap(({ before, after: index }) => {
      if (index?.kind !== 'i' || isTruncate || rewritten.has(index.table) || files.has(index.filenode))
        return []
      const isOfPeople = trace.before.relations.get(index.table)?.kind !== 't'
      return isOfPeople && isExisting(trace, index.table)
        ? [{ index, table: index.table, again: before !== null }]
        : []
    })
    .toSorted((a, b) => (a.index.name < b.index.name ? -1 : 1))
}

export interface AddedConstraint {
  readonly table: RelationState
  readonly constraint: ConstraintState
}

/** One of the same name was there: a change of a column's type makes it again, under another oid. */
const hasConstraint = (relation: RelationState | null, { oid, name }: ConstraintState): boolean =>
  relation?.constraints.some((one) => one.oid === oid || one.name === name) ?? false

/** Constraints that the statement put on tables that were there (or on every one); of partitions too. */
export const addedConstraintsOf = (
  trace: MigrationTrace,
  statement: StatementTrace,
  which: 'existing' | 'every' = 'existing',
): readonly AddedConstraint[] =>
  changesOf(statement).flatMap(({ before, after: table }) =>
    table !== null && isTable(table) && (which === 'every' || isExisting(trace, table.oid))
      ? table.constraints
          .filter((constraint) => !hasConstraint(before, constraint))
          .map((constraint) => ({ table, constraint }))
      : [],
  )

export interface ChangedColumn {
  readonly table: RelationState
  /** null: the column is new. */
  readonly before: ColumnState | null
  /** null: the column is gone. */
  readonly after: ColumnState | null
}

/** Columns that differ, of tables that were there before the statement (partitions left out: their parent tells it). */
export const changedColumnsOf = (
  trace: MigrationTrace,
  statement: StatementTrace,
  which: 'existing' | 'every' = 'existing',
): readonly ChangedColumn[] =>
  changesOf(statement).flatMap(({ before: old, after: table }) => {
    if (table === null || !isTable(table) || table.parents.length > 0) return []
    if (which === 'existing' && (old === null || !isExisting(trace, table.oid))) return []
    const olds = new Map(old?.columns.map((c) => [c.position, c]))
    const changed = table.columns.flatMap((after): ChangedColumn[] => {
      const before = olds.get(after.position) ?? null
      olds.delete(after.position)
      return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ table, before, after }]
    })
    return [...changed, ...[...olds.values()].map((before) => ({ table, before, after: null }))]
  })

/** Relations that were there before the migration, and that the statement took away. */
export const droppedRelationsOf = (
  trace: MigrationTrace,
  statement: StatementTrace,
): readonly RelationState[] =>
  changesOf(statement).flatMap(({ before, after }) =>
    before !== null && after === null && isExisting(trace, before.oid) ? [before] : [],
  )

/** Rows that the statement wrote into a table. */
export const writtenRows = ({ activity }: StatementTrace, oid: number): number => {
  const { inserted, updated, deleted } = activity.get(oid) ?? nothingDone
  return inserted + updated + deleted
}

/** Work on a table that takes longer the more rows there are. */
export const workOn = (trace: MigrationTrace, statement: StatementTrace): readonly number[] => [
  ...new Set([
    ...scansOf(trace, statement).map(({ oid }) => oid),
    ...rewritesOf(trace, statement),
    ...builtIndexesOf(trace, statement).map(({ table }) => table),
    ...[...statement.activity.keys()].filter((oid) => writtenRows(statement, oid) > 0),
  ]),
]

/** `orders`, `orders and 2 more`. */
export const listed = (names: readonly string[]): string => {
  const [first = '', ...others] = [...new Set(names)]
  return others.length === 0
    ? first
    : others.length === 1
      ? `${first} and ${others[0]!}`
      : `${first} and ${others.length} more`
}
