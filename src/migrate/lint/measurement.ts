/** What was measured of one statement, in names: what people and machines are shown. */
import { relationId } from '../../ground/names.ts'
import { isIndex, tableOfRelation, type RelationState } from './database-state.ts'
import { builtIndexesOf, nameOf, rewritesOf, scansOf } from './evidence.ts'
import { blockedBy, compareModes, type LockMode } from './lock-modes.ts'
import type { LockTable } from './read-locks.ts'
import { nothingDone } from './read-state.ts'
import { isExisting, type MigrationTrace, type StatementTrace } from './trace.ts'

const kinds: Readonly<Record<RelationState['kind'], string>> = {
  r: 'table',
  p: 'partitioned table',
  i: 'index',
  I: 'partitioned index',
  v: 'view',
  m: 'materialized view',
  S: 'sequence',
  t: 'TOAST table',
  f: 'foreign table',
  c: 'composite type',
}

export interface MeasuredLock {
  readonly relation: string
  /** The table that an index or a TOAST table belongs to; of others, the relation itself. */
  readonly of: string
  readonly kind: string
  readonly mode: LockMode
  /** What waits for it, in words. */
  readonly blocks: string
}

export interface Measurement {
  /** Offset in the file. */
  readonly start: number
  readonly text: string
  /** From 1; null: it commits by itself. */
  readonly transaction: number | null
  /** Of relations that were there before the migration, strongest first. */
  readonly locks: readonly MeasuredLock[]
  /** Held of earlier statements, of those relations. */
  readonly held: readonly MeasuredLock[]
  /** Stops of a statement that commits by itself: what it held and waited for at each. */
  readonly phases: readonly {
    readonly held: readonly MeasuredLock[]
    readonly awaited: readonly MeasuredLock[]
  }[]
  readonly rewrites: readonly { readonly relation: string; readonly reason: string | null }[]
  readonly builds: readonly { readonly index: string; readonly relation: string }[]
  readonly scans: readonly { readonly relation: string; readonly times: number; readonly rows: number }[]
  readonly writes: readonly { readonly relation: string; readonly rows: number }[]
  /** What PostgreSQL said when it refused it; null: it ran. */
  readonly refused: string | null
}

const lockList = (trace: MigrationTrace, locks: LockTable): readonly MeasuredLock[] =>
  [...locks]
    .flatMap(([oid, mode]) => {
      const relation = trace.before.relations.get(oid)
      if (!relation || !isExisting(trace, oid)) return []
      // The files beside a table have its name; their own names are numbers.
      const inToast = relation.schema === 'pg_toast'
      const owner = trace.before.relations.get(tableOfRelation(trace.before, oid))
      const name = inToast && owner ? relationId(owner) : relationId(relation)
      const kind = inToast ? (isIndex(relation) ? 'TOAST index' : 'TOAST table') : kinds[relation.kind]
      return [{ relation: name, of: owner ? relationId(owner) : name, kind, mode, blocks: blockedBy(mode) }]
    })
    .toSorted(
      (a, b) =>
        compareModes(b.mode, a.mode) ||
        (a.relation < b.relation ? -1 : a.relation > b.relation ? 1 : a.kind < b.kind ? -1 : 1),
    )

const byName = <T extends { readonly relation: string }>(found: readonly T[]): readonly T[] =>
  found.toSorted((a, b) => (a.relation < b.relation ? -1 : a.relation > b.relation ? 1 : 0))

export const measurementOf = (trace: MigrationTrace, statement: StatementTrace): Measurement => {
  const reasonOf = (oid: number): string | null =>
    statement.events.rewrites.find((one) => one.oid === oid)?.reason ?? null
  return {
    start: statement.start,
    text: statement.text,
    transaction: statement.transaction === null ? null : statement.transaction + 1,
    locks: lockList(trace, statement.taken),
    held: lockList(trace, statement.heldBefore),
    phases: statement.phases.map(({ held, awaited }) => ({
      held: lockList(trace, held),
      awaited: lockList(trace, awaited),
    })),
    rewrites: byName(
      rewritesOf(trace, statement).map((oid) => ({
        relation: nameOf(statement, oid),
        reason: reasonOf(oid),
      })),
    ),
    builds: byName(
      builtIndexesOf(trace, statement).map(({ index, table }) => ({
        index: index.name,
        relation: nameOf(statement, table),
      })),
    ),
    scans: byName(
      scansOf(trace, statement).map(({ oid, scans, rows }) => ({
        relation: nameOf(statement, oid),
        times: scans,
        rows,
      })),
    ),
    writes: byName(
      [...statement.activity].flatMap(([oid, done]) => {
        const { inserted, updated, deleted } = { ...nothingDone, ...done }
        const rows = inserted + updated + deleted
        return rows > 0 && isExisting(trace, oid) ? [{ relation: nameOf(statement, oid), rows }] : []
      }),
    ),
    refused: statement.fault?.message ?? null,
  }
}
