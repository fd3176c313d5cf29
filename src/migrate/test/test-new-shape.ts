/** Goes down over values that only the new shape takes: refused, kept or lost, somebody should know. */
import type { Finding } from '../../prove/result.ts'
import { withProver } from './database-state.ts'
import { isDeclared } from './declared-losses.ts'
import type { NewRowsParts } from './new-rows.ts'
import { onlyInNewShape, type NewShape } from './only-new-shape.ts'
import { newRowsDifference } from './row-difference.ts'
import { readRowFingerprint } from './row-fingerprint.ts'
import { runStages } from './run-stages.ts'
import { ownerOf } from './stop-halfway.ts'
import { newRowsLost, onlyNewShape } from './test-findings.ts'

const testOne = async (
  { server, migration, database, down, before, after }: NewRowsParts,
  { sql, words, lostIn }: NewShape,
): Promise<readonly Finding[]> => {
  const clone = await server.clone(database, 'new-shape')
  try {
    const written = await withProver(server, clone, async (db) => {
      const [reply] = await db.batch([sql])
      return reply!.fault === null ? readRowFingerprint(db, after.catalog) : null
    })
    // Something else refuses it: there is no such row.
    if (written === null) return []
    const refusal = await runStages(ownerOf(server, clone), down.stages)
    if (refusal !== null) return [onlyNewShape(migration, down.script, refusal, words)]
    if (lostIn !== undefined)
      return isDeclared(migration.directives.loses, lostIn)
        ? []
        : [
            newRowsLost(migration, down.script, {
              ...lostIn,
              does: 'changed',
              count: 1,
              of: 1,
              isGone: false,
            }),
          ]
    const end = await withProver(server, clone, (db) => readRowFingerprint(db, before.catalog))
    return newRowsDifference(after.rows, written, end)
      .filter(
        (one) =>
          before.catalog.tables
            .get(one.table)
            ?.columns.some(({ name }) => one.column === null || name === one.column) === true &&
          !isDeclared(migration.directives.loses, one),
      )
      .map((one) => newRowsLost(migration, down.script, one))
  } finally {
    await server.dropDatabase(clone)
  }
}

/** `database` stands after up; it is left as it is, and nobody is connected to it. */
export const testNewShape = async (parts: NewRowsParts): Promise<readonly Finding[]> => {
  const { server, database, before, after } = parts
  const shapes = await withProver(server, database, (db) => onlyInNewShape(db, before.catalog, after.catalog))
  const findings: Finding[] = []
  for (const shape of shapes) findings.push(...(await testOne(parts, shape)))
  return findings
}
