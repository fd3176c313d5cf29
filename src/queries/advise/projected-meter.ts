/**
 * Calls that are planned as if the tables were as large as they are elsewhere, with candidates that really stand there,
 * empty as all indexes of a projection are. What is not to be there is hidden from the planner. Nothing is run.
 */
import { literal, qualified } from '../../postgres/quote.ts'
import { planIndexes } from '../../postgres/plan.ts'
import { numberIn } from '../../postgres/plan-work.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { beyond } from '../../prove/limits.ts'
import type { Limits } from '../../rules/experiment.ts'
import type { Projection } from '../../rows/projected/projection.ts'
import type { Candidate } from './candidate.ts'
import type { Call, Reading, TryingMeter } from './meter.ts'

export interface PlannedCall extends Call {
  readonly sql: string
  /** null: the plan for any parameters. */
  readonly parameters: readonly [] | null
  /** What its plan must not have; null: it has no budget. */
  readonly limits: Limits | null
  /** Which projection it is planned on. */
  readonly on: Projection
}

export interface ProjectedMeter extends TryingMeter {
  /** Its sessions; the projections are the caller's. */
  end(): Promise<void>
}

const relationOf = ({ draft, name }: Candidate): string =>
  `${literal(qualified({ schema: draft.table.schema, name }))}::pg_catalog.regclass`

const treeOf = (candidates: readonly Candidate[]): string => `
  select tree.relid from pg_catalog.unnest(array[${candidates.map(relationOf).join(', ')}]::pg_catalog.regclass[]) as index,
         lateral (select index as relid union select relid from pg_catalog.pg_partition_tree(index)) tree`

/** An index that is not valid is none to the planner. Only in a database of Assay's own, which is dropped. */
const showOnly = (all: readonly Candidate[], shown: readonly Candidate[]): string => `
update pg_catalog.pg_index set indisvalid = indexrelid in (${treeOf(shown)})
 where indexrelid in (${treeOf(all)}) and indisvalid <> (indexrelid in (${treeOf(shown)}))`

const sizeSql = (candidate: Candidate): string =>
  `select coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(relid)), 0)::float8 as bytes from (${treeOf([candidate])}) tree`

export const makeProjectedMeter = async (
  server: Server,
  calls: readonly PlannedCall[],
  candidates: readonly Candidate[],
): Promise<ProjectedMeter> => {
  const places = new Map<Projection, Session>()
  const end = async (): Promise<void> => {
    for (const session of places.values()) await session.end()
  }
  try {
    for (const { on } of calls)
      if (!places.has(on)) places.set(on, await server.connect(on.database, 'administrator'))
  } catch (cause) {
    await end()
    throw cause
  }
  let shown: readonly Candidate[] | null = null

  const show = async (present: readonly Candidate[]): Promise<void> => {
    if (candidates.length === 0) return
    if (shown !== null && shown.length === present.length && present.every((one) => shown!.includes(one)))
      return
    for (const session of places.values()) await session.query(showOnly(candidates, present))
    shown = present
  }

  const read = async (at: readonly number[], present: readonly Candidate[]): Promise<readonly Reading[]> => {
    await show(present)
    const readings: Reading[] = []
    for (const { on, sql, parameters, limits } of at.map((place) => calls[place]!)) {
      const plan = await on.explain(sql, parameters)
      const faults = limits === null ? [] : beyond(limits, plan)
      readings.push({
        cost: numberIn(plan, 'Total Cost'),
        broken: faults.length === 0 ? null : faults.join('; '),
        uses: planIndexes(plan),
      })
    }
    return readings
  }

  return {
    calls,
    standing: candidates,
    read,
    end,
    async tryOut(candidate) {
      const own = calls.flatMap(({ reads }, at) => (reads.has(candidate.draft.table.id) ? [at] : []))
      if (own.length === 0) return { refused: null, readings: new Map(), bytes: 0 }
      const readings = await read(own, [candidate])
      const [session] = places.values()
      const [size] = await session!.json<{ readonly bytes: number }>(sizeSql(candidate))
      return {
        refused: null,
        readings: new Map(readings.map((reading, i) => [own[i]!, reading])),
        bytes: size?.bytes ?? 0,
      }
    },
    async usedAmong(some) {
      const readings = await read(
        calls.map((_, at) => at),
        some,
      )
      return new Set(readings.flatMap(({ uses }) => uses))
    },
  }
}
