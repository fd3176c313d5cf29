/**
 * Runs a direction of a migration stage by stage and stops at every place where a run may be broken off: inside a
 * transaction nothing may be left; between two of them both directions must lead to their end.
 */
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Finding } from '../../prove/result.ts'
import type { Direction, Migration, MigrationScript } from '../files/migration.ts'
import type { Stage } from '../files/steps.ts'
import { catalogsDiffer, readState, withProver, type DatabaseState } from './database-state.ts'
import { rowDifference } from './row-difference.ts'
import { readRowFingerprint } from './row-fingerprint.ts'
import { readSystemRows } from './system-rows.ts'
import { runStageAlone, runStages, stopInside, type OpenSession, type Refusal } from './run-stages.ts'
import { cannotContinue, cannotTurnBack, refused, stopLeavesTraces } from './test-findings.ts'

export interface Way {
  readonly direction: Direction
  readonly script: MigrationScript
  readonly stages: readonly Stage[]
}

export interface HalfwayParts {
  readonly server: Server
  readonly migration: Migration
  /** The clone in which it runs; nobody is connected to it. */
  readonly database: string
  readonly way: Way
  /** How it is gone back, and the catalog that this leads to; null: there is no way back. */
  readonly back: { readonly way: Way; readonly end: Catalog } | null
  /** Of the database as it is now. */
  readonly start: DatabaseState
}

export interface Halfway {
  /** Where it has led to; null when it was refused. */
  readonly end: DatabaseState | null
  readonly findings: readonly Finding[]
  readonly stops: number
  /** SQLSTATE of what refused it; null: nothing did. */
  readonly refusedBy: string | null
}

/** In a long transaction not each statement is stopped behind, but so many of them, the last always. */
const mostStops = 20

const stopsIn = ({ steps }: Stage): readonly number[] => {
  if (steps.length <= mostStops) return steps.map((_, i) => i + 1)
  const every = (steps.length - 1) / (mostStops - 1)
  return [...new Set(Array.from({ length: mostStops }, (_, i) => 1 + Math.round(i * every)))]
}

export const ownerOf =
  (server: Server, database: string): OpenSession =>
  () =>
    server.connect(database, 'owner')

const mostNamed = 5

/** What is there now and was not before, or is another; null: nothing. */
const tracesOf = async (
  { server, database }: HalfwayParts,
  before: DatabaseState,
  system: string,
  isFirst: boolean,
): Promise<string | null> => {
  const isTouched = (await withProver(server, database, readSystemRows)) !== system
  if (isTouched && !isFirst) return 'the schema was written again'
  if (isTouched) {
    const found = catalogsDiffer(before.catalog, (await readState(server, database)).catalog)
    const ids = found === null ? [] : [...found.made, ...found.changed, ...found.gone].map(({ id }) => id)
    return ids.slice(0, mostNamed).join(', ') || 'the schema was written again'
  }
  if (!isFirst) return null
  const rows = await withProver(server, database, (db) => readRowFingerprint(db, before.catalog))
  const tables = rowDifference(before.rows, rows).map(({ table }) => `rows of ${table}`)
  return tables.length === 0 ? null : [...new Set(tables)].slice(0, mostNamed).join(', ')
}

/** Whether the other direction, run as a whole on what stands now, leads to where it should. */
const turnBack = async (
  { server, migration, database, way, back }: HalfwayParts,
  stage: number,
): Promise<readonly Finding[]> => {
  if (back === null) return []
  const clone = await server.clone(database, 'halfway')
  try {
    const refusal = await runStages(ownerOf(server, clone), back.way.stages)
    const state = refusal === null ? await readState(server, clone) : null
    const difference = state === null ? null : catalogsDiffer(back.end, state.catalog)
    if (refusal === null && difference === null) return []
    const told = { stage, of: way.stages.length, refusal, difference, rows: [] }
    return [cannotTurnBack(migration, back.way.script, back.way.direction, told)]
  } finally {
    await server.dropDatabase(clone)
  }
}

/** A stage that is refused in a session of its own: whether it is because of what the session had been told before. */
const goesThroughInOne = async ({ server, way }: HalfwayParts, from: string): Promise<boolean> =>
  (await runStages(ownerOf(server, from), way.stages)) === null

export const runWithStops = async (parts: HalfwayParts): Promise<Halfway> => {
  const { server, migration, database, way, start } = parts
  const { direction, script, stages } = way
  const open = ownerOf(server, database)
  const findings: Finding[] = []
  let stops = 0
  // For telling what a session has to do with a refusal: there is one only when there are several stages.
  const beginning = stages.length > 1 ? await server.clone(database, 'beginning') : null
  try {
    for (const stage of stages) {
      if (stage.begin !== null) {
        const system = await withProver(server, database, readSystemRows)
        for (const after of stopsIn(stage)) {
          await stopInside(open, stages, stage, after)
          stops += 1
        }
        const left = await tracesOf(parts, start, system, stage.number === 1)
        if (left !== null) findings.push(stopLeavesTraces(migration, script, direction, left))
      }
      if (stage.number > 1) {
        stops += 1
        findings.push(...(await turnBack(parts, stage.number)))
      }
      const refusal: Refusal | null = await runStageAlone(open, stages, stage)
      if (refusal !== null) {
        const isOfSession = beginning !== null && (await goesThroughInOne(parts, beginning))
        const told = { stage: stage.number, of: stages.length, refusal, difference: null, rows: [] }
        findings.push(
          isOfSession
            ? cannotContinue(migration, script, direction, told)
            : refused(migration, script, direction, refusal, true),
        )
        return { end: null, findings, stops, refusedBy: refusal.fault.sqlstate }
      }
    }
    return { end: await readState(server, database), findings, stops, refusedBy: null }
  } finally {
    if (beginning !== null) await server.dropDatabase(beginning)
  }
}
