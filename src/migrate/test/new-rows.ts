/** Rows that are written between up and down, against the new shape; and what is left of them afterwards. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Finding } from '../../prove/result.ts'
import type { Migration } from '../files/migration.ts'
import { catalogsDiffer, readState, withProver, type DatabaseState } from './database-state.ts'
import { isDeclared } from './declared-losses.ts'
import { fillRows } from './fill-rows.ts'
import { withNeighbours } from './order-tables.ts'
import { newRowsDifference, type RowDifference } from './row-difference.ts'
import { readRowFingerprint } from './row-fingerprint.ts'
import { isByDesign, runStages } from './run-stages.ts'
import { ownerOf, type Way } from './stop-halfway.ts'
import { downDiffers, needsOldRows, newRowsLost, newRowsRefused, onlyNewShape } from './test-findings.ts'

/** Other numbers than those of the rows that were there before. */
const newRows = { count: 40, from: 1_000, hasGaps: false }

export interface NewRowsParts {
  readonly server: Server
  readonly migration: Migration
  /** The clone, migrated up; nobody is connected to it. */
  readonly database: string
  readonly down: Way
  /** Before up, and as it is now. */
  readonly before: DatabaseState
  readonly after: DatabaseState
  readonly touched: ReadonlySet<string>
  /** Told already, of the rows that were there before. */
  readonly known: readonly RowDifference[]
}

/** What up has made goes with down: that is what down is for. */
const isOfOldShape = ({ table, column }: RowDifference, { tables }: Catalog): boolean => {
  const found = tables.get(table)
  return found !== undefined && (column === null || found.columns.some(({ name }) => name === column))
}

const isSame = (a: RowDifference, b: RowDifference): boolean => a.table === b.table && a.column === b.column

/** `told`: what was found of values that only the new shape takes; a refusal that they explain is not told again. */
export const testNewRows = async (
  parts: NewRowsParts,
  told: readonly Finding[],
): Promise<readonly Finding[]> => {
  const { server, migration, database, down, before, after, touched, known } = parts
  const written = await withProver(server, database, async (db) => {
    await fillRows(db, after.catalog, withNeighbours(after.catalog, touched), newRows)
    return readRowFingerprint(db, after.catalog)
  })
  const refusal = await runStages(ownerOf(server, database), down.stages)
  if (refusal !== null && isByDesign(refusal))
    return [onlyNewShape(migration, down.script, refusal, 'a row that the old shape has no place for')]
  if (refusal !== null) {
    const finding = newRowsRefused(migration, down.script, refusal)
    const isTold = told.some(
      ({ where, code }) => code === needsOldRows && where?.line === finding.where?.line,
    )
    return isTold ? [] : [finding]
  }
  const end = await readState(server, database)
  const differs = catalogsDiffer(before.catalog, end.catalog)
  const lost = newRowsDifference(after.rows, written, end.rows).filter(
    (one) =>
      isOfOldShape(one, before.catalog) &&
      !isDeclared(migration.directives.loses, one) &&
      !known.some((other) => isSame(one, other)),
  )
  return [
    ...(differs === null ? [] : [downDiffers(migration, down.script, differs)]),
    ...lost.map((one) => newRowsLost(migration, down.script, one)),
  ]
}
