/** Calls that are run on loaded rows, with candidates that are really built. The same plan is run once. */
import { parsePlan, planIndexes, type PlanNode } from '../../postgres/plan.ts'
import { shapeOfPlan } from '../../postgres/plan-shape.ts'
import { nodesOf } from '../../postgres/plan-work.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { differenceFrom } from '../../prove/judge.ts'
import type { Observation } from '../../prove/result.ts'
import { runTrials, type Trial } from '../../prove/runner.ts'
import type { Experiment } from '../../rules/experiment.ts'
import { statementIn } from '../../rules/query/text.ts'
import type { Candidate } from './candidate.ts'
import { measuredCost } from './measured-cost.ts'
import type { Call, Reading, TryingMeter } from './meter.ts'

export interface LoadedCall extends Call {
  readonly experiment: Experiment
}

export interface LoadedMeter extends TryingMeter {
  /** Builds them to stay. */
  stand(candidates: readonly Candidate[]): Promise<void>
}

const planIn = ({ rows, fault }: Observation): PlanNode | null =>
  fault === null ? parsePlan(rows[0]?.[0] ?? '') : null

const planned = (experiment: Experiment): Experiment => ({
  ...experiment,
  when: [`explain (format json) ${statementIn(experiment.when.at(-1)!)}`],
})

/** Equal texts are equal work on the same rows. What a budget says of estimates is part of it. */
const workText = (plan: PlanNode): string =>
  `${shapeOfPlan(plan)}\n${nodesOf(plan)
    .map((node) => String(node['Plan Rows']))
    .join()}`

const sizeOf = (candidate: Candidate, like: Experiment): Experiment => {
  const { schema } = candidate.draft.table
  const { as, ...others } = like
  return {
    ...(as === undefined ? like : others),
    given: [],
    when: [
      `select (pg_catalog.pg_relation_size(index) + coalesce((
         select pg_catalog.sum(pg_catalog.pg_relation_size(tree.relid))
           from pg_catalog.pg_partition_tree(index) tree where tree.isleaf and tree.relid <> index), 0))::float8
         from (select ${literal(qualified({ schema, name: candidate.name }))}::pg_catalog.regclass as index) named`,
    ],
    then: { kind: 'accepted' },
  }
}

export const makeLoadedMeter = (db: Session, owner: string, calls: readonly LoadedCall[]): LoadedMeter => {
  const standing: Candidate[] = []
  const done = calls.map(() => new Map<string, Reading>())

  const run = async (trial: Trial): Promise<Awaited<ReturnType<typeof runTrials>>[number]> =>
    (await runTrials(db, owner, [trial]))[0]!

  const unread = (why: string): Reading => ({ cost: Number.POSITIVE_INFINITY, broken: why, uses: [] })

  const readingOf = (experiment: Experiment, observed: Observation): Reading => {
    const plan = planIn(observed)
    const broken = differenceFrom(experiment, observed)
    if (plan === null) return unread(broken ?? 'PostgreSQL gives no plan of it')
    return { cost: measuredCost(plan), broken, uses: planIndexes(plan) }
  }

  /** Plans first; what was not run yet is run in the same state. */
  const readAfter = async (
    ddl: readonly string[],
    places: readonly number[],
    more: readonly Experiment[] = [],
  ): Promise<{
    readonly refused: string | null
    readonly readings: readonly Reading[]
    readonly more: readonly Observation[]
  }> => {
    const experiments = places.map((at) => calls[at]!.experiment)
    const { ddlFault, observations } = await run({ ddl, experiments: [...experiments.map(planned), ...more] })
    if (ddlFault)
      return { refused: `${ddlFault.message} (SQLSTATE ${ddlFault.sqlstate})`, readings: [], more: [] }
    const texts = places.map((_, i) => {
      const plan = planIn(observations[i]!)
      return plan === null ? null : workText(plan)
    })
    const fresh = places
      .map((_, i) => i)
      .filter((i) => texts[i] === null || !done[places[i]!]!.has(texts[i]!))
    const ran = fresh.length === 0 ? null : await run({ ddl, experiments: fresh.map((i) => experiments[i]!) })
    const readings = places.map((at, i) => {
      const known = texts[i] === null ? undefined : done[at]!.get(texts[i]!)
      if (known) return known
      const reading = readingOf(experiments[i]!, ran!.observations[fresh.indexOf(i)]!)
      if (texts[i] !== null) done[at]!.set(texts[i]!, reading)
      return reading
    })
    return { refused: null, readings, more: observations.slice(places.length) }
  }

  return {
    calls,
    standing,
    async read(places, present) {
      const gone = standing.filter((one) => !present.includes(one)).map(({ drop }) => drop)
      return (await readAfter(gone, places)).readings
    },
    async tryOut(candidate) {
      const places = calls.flatMap(({ reads }, at) => (reads.has(candidate.draft.table.id) ? [at] : []))
      const [first] = places
      if (first === undefined) return { refused: null, readings: new Map(), bytes: 0 }
      const size = candidate.draft.what === 'index' ? [sizeOf(candidate, calls[first]!.experiment)] : []
      const { refused, readings, more } = await readAfter(candidate.create, places, size)
      return {
        refused,
        readings: new Map(readings.map((reading, i) => [places[i]!, reading])),
        bytes: Number(more[0]?.rows[0]?.[0] ?? 0),
      }
    },
    async usedAmong(candidates) {
      const ddl = candidates.flatMap(({ create }) => create)
      const { observations } = await run({
        ddl,
        experiments: calls.map(({ experiment }) => planned(experiment)),
      })
      return new Set(observations.map(planIn).flatMap((plan) => (plan === null ? [] : planIndexes(plan))))
    },
    async stand(candidates) {
      for (const candidate of candidates) {
        await db.query(['begin', `set local role ${ident(owner)}`, ...candidate.create, 'commit'].join(';\n'))
        standing.push(candidate)
      }
    },
  }
}
