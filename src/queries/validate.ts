/**
 * VALIDATE: every declared query is run for real on loaded rows, warm and beside a calibration query; its plan is held
 * against its budget and looked through; every index is taken away to see which queries need it, and what it costs.
 * Writes, and queries of several statements, are measured on filled tables (calls/).
 */
import type { KeyFacts } from '../catalog/key/key.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Structure } from '../catalog/structure.ts'
import { parsePlan, type PlanNode } from '../postgres/plan.ts'
import { readWholes } from '../postgres/plan-wholes.ts'
import { workOf } from '../postgres/plan-work.ts'
import type { Session } from '../postgres/session.ts'
import { changeBetween, differenceFrom } from '../prove/judge.ts'
import type { ExperimentResult, Finding, Observation, RuleResult } from '../prove/result.ts'
import { runTrials } from '../prove/runner.ts'
import type { Experiment } from '../rules/experiment.ts'
import { costFindings } from './cost-findings.ts'
import { heaviestIn } from './heaviest.ts'
import { weighIndex } from './index-cost.ts'
import { loadQueries, type LoadedQueries } from './load-queries.ts'
import type { LoadedQuery } from './loaded-query.ts'
import { measure } from './measure.ts'
import { planFindings } from './plan-findings.ts'
import { withoutAsker, type PlanGround } from './run-plan.ts'
import { queryFindings } from './query-findings.ts'
import { targetOf } from './query-target.ts'
import { timesOf, type Times } from './times.ts'
import { unseenFindings, type SeenCall } from './unseen-rows.ts'
import { planElsewhereFor, type ValidateWish } from './validated-plans.ts'
import { validatedRule } from './validated-rule.ts'
import type { IndexCost, MeasuredCall, ValidatedQuery, ValidateResult } from './result.ts'
import { validateFunctions } from './calls/validate-functions.ts'
import { validateWrites } from './calls/validate-writes.ts'
import { becoming } from '../rules/becoming.ts'

const planIn = ({ rows }: Observation): PlanNode | null => parsePlan(rows[0]?.[0] ?? '')

const observeAll = async (
  db: Session,
  owner: string,
  experiments: readonly Experiment[],
  ddl: readonly string[] = [],
): Promise<readonly Observation[] | null> => {
  const [outcome] = await runTrials(db, owner, [{ ddl, experiments }])
  return outcome!.ddlFault ? null : outcome!.observations
}

interface Sessions {
  readonly db: Session
  readonly administrator: Session
}

interface Measured {
  readonly call: MeasuredCall
  readonly result: ExperimentResult
  readonly calibration: number
  readonly findings: readonly Finding[]
  /** Null: it is not asked for as anybody, or was refused. */
  readonly seen: SeenCall | null
}

/** As a superuser: functions are marked, policies of any owner are altered. */
const planAfter = async (
  administrator: Session,
  { world, given, as, when }: Experiment,
  ddl: readonly string[],
): Promise<PlanNode | null> => {
  const statements = [...ddl, ...world.statements, ...given, ...(as ? becoming(as) : []), ...when]
  const [reply] = await administrator.batch([['begin', ...statements].join(';\n'), 'rollback'])
  return reply!.fault ? null : parsePlan(reply!.commands.at(-1)?.rows[0]?.[0] ?? '')
}

const measureCall = async (
  { db, administrator }: Sessions,
  owner: string,
  query: LoadedQuery,
  experiment: Experiment,
  { catalog, wholes }: Pick<PlanGround, 'catalog' | 'wholes'>,
): Promise<Measured> => {
  const asOwner = experiment.as ? withoutAsker(experiment) : null
  const [observed, free] = (await observeAll(db, owner, [experiment, ...(asOwner ? [asOwner] : [])]))!
  const broken = differenceFrom(experiment, observed!)
  const plan = observed!.fault ? null : planIn(observed!)
  const work = plan && workOf(plan)
  const none: Times = { median: 0, p95: 0, calibration: 0, runs: 0 }
  const times = plan === null ? none : await measure(db, experiment)
  const ground: PlanGround = {
    catalog,
    wholes,
    db,
    planAfter: (ddl) => planAfter(administrator, experiment, ddl),
  }
  const run = plan && { rule: query.rule, plan, asOwner: free && !free.fault ? planIn(free) : null }
  return {
    result: { experiment, observed: observed!, holds: broken === null, difference: broken },
    calibration: times.calibration,
    findings: run ? await planFindings(run, ground) : [],
    seen: run?.asOwner ? { plan: run.plan, asOwner: run.asOwner } : null,
    call: {
      title: experiment.title,
      median: times.median,
      p95: times.p95,
      ratio: times.calibration === 0 ? 0 : times.median / times.calibration,
      runs: times.runs,
      statements: 1,
      buffers: work?.buffers ?? 0,
      rowsRead: work?.rowsRead ?? 0,
      rowsReturned: work?.rowsReturned ?? 0,
      broken,
      heaviest: plan && heaviestIn(plan),
    },
  }
}

/** The same is said of several calls: once is enough, in the first one's words. */
const onceEach = (findings: readonly Finding[]): readonly Finding[] => {
  const told = new Set<string>()
  return findings.filter((finding) => {
    const key = `${finding.code} ${finding.rule ?? ''}`
    // What a query's own text says is told once already.
    if (told.has(key) && finding.code !== 'query.reads' && finding.code !== 'query.row-type') return false
    told.add(key)
    return true
  })
}

const costOf = async (
  db: Session,
  owner: string,
  index: Structure<KeyFacts>,
  loaded: LoadedQueries,
): Promise<IndexCost | null> => {
  const { catalog, queries, plans, binding } = loaded
  const plan = plans.get(index.table ?? '')
  const table = catalog.tables.get(index.table ?? '')
  if (!table) return null
  const experiments = queries
    .filter(({ rule }) => rule.reads.includes(index.table ?? ''))
    .flatMap((query) => query.experiments)
  const before = await observeAll(db, owner, experiments)
  const after = await observeAll(db, owner, experiments, kindOfStructure(index).drop(index, catalog))
  if (!before || !after) return null
  const neededBy = experiments.filter(
    (one, i) =>
      differenceFrom(one, before[i]!) === null && changeBetween(one, before[i]!, after[i]!, true) !== null,
  )
  const ids = new Set(queries.map(({ rule }) => rule.id))
  const taken = { name: index.facts.name, drop: kindOfStructure(index).drop(index, catalog) }
  const weight = await weighIndex(db, owner, taken, {
    table,
    values: plan?.values ?? null,
    loaded: plan?.count ?? 0,
  })
  return {
    structure: index.id,
    table: table.id,
    name: index.facts.name,
    neededBy: [...new Set(neededBy.map(({ rule }) => rule))],
    otherRules: (binding.claimedBy.get(index.id) ?? []).filter((id) => !ids.has(id)),
    ...weight,
  }
}

interface MeasuredQueries extends Pick<ValidateResult, 'queries' | 'indexes' | 'rules' | 'findings'> {
  /** Milliseconds of the calibration query, one for each call. */
  readonly calibrations: readonly number[]
}

const measureAll = async (
  sessions: Sessions,
  wish: ValidateWish,
  loaded: LoadedQueries,
): Promise<MeasuredQueries> => {
  const { db } = sessions
  const { server, only, onProgress } = wish
  const { catalog, queries: asked } = loaded
  const queries: ValidatedQuery[] = []
  const findings: Finding[] = []
  const calibrations: number[] = []
  onProgress?.('projecting plans', 0, 1)
  const elsewhere = await planElsewhereFor(wish, loaded.database!, asked)
  const wholes = await readWholes(db)
  const rules: RuleResult[] = []
  for (const [done, query] of asked.entries()) {
    onProgress?.(`measuring "${query.rule.sentence}"`, done, asked.length)
    const calls: MeasuredCall[] = []
    const results: ExperimentResult[] = []
    const seen: SeenCall[] = []
    for (const experiment of query.experiments) {
      const measured = await measureCall(sessions, server.owner, query, experiment, { catalog, wholes })
      calls.push(measured.call)
      results.push(measured.result)
      if (measured.calibration > 0) calibrations.push(measured.calibration)
      findings.push(...measured.findings)
      if (measured.seen) seen.push(measured.seen)
    }
    findings.push(...unseenFindings(query.rule, seen, catalog))
    const unsolved = [
      ...(query.missing === null ? [] : [query.missing]),
      ...query.unsolved.map((u) => u.summary),
    ]
    const { id, sentence } = query.rule
    const { projected, plans, unprojected, sweeps } = elsewhere(id)
    const validated: ValidatedQuery = {
      id,
      sentence,
      ...targetOf(query.rule),
      calls,
      projected,
      unprojected,
      unsolved,
      ...(sweeps === null ? {} : { sweeps }),
    }
    const times = calls.map(({ title, ...call }) => ({ ...call, call: title, target: validated.target }))
    rules.push(validatedRule(query, results, { wholes, plans, sweeps: sweeps ?? [], times }))
    queries.push(validated)
    findings.push(...queryFindings(query, validated))
  }
  const indexes: IndexCost[] = []
  // Of some queries alone it cannot be said what no query needs.
  const tables = only.length > 0 ? [] : [...new Set(asked.flatMap(({ rule }) => rule.reads))]
  const found = tables.flatMap((id) => catalog.of(id, 'index') as readonly Structure<KeyFacts>[])
  for (const [done, index] of found.entries()) {
    onProgress?.(`weighing ${index.facts.name}`, done, found.length)
    const cost = await costOf(db, server.owner, index, loaded)
    if (cost) indexes.push(cost)
  }
  return {
    calibrations,
    queries,
    indexes,
    rules,
    findings: [...onceEach(findings), ...costFindings(indexes, catalog)],
  }
}

/** Nothing was loaded: there is no query, or none that could be written. */
const unmeasured = ({ queries: asked }: LoadedQueries): MeasuredQueries => {
  const queries = asked.map((query): ValidatedQuery => ({
    id: query.rule.id,
    sentence: query.rule.sentence,
    ...targetOf(query.rule),
    calls: [],
    projected: [],
    unprojected: [],
    unsolved: [...(query.missing === null ? [] : [query.missing]), ...query.unsolved.map((u) => u.summary)],
  }))
  return {
    calibrations: [],
    queries,
    indexes: [],
    findings: asked.flatMap((query, i) => queryFindings(query, queries[i]!)),
    rules: asked.map((query) => validatedRule(query, [], { times: [] })),
  }
}

const measureLoaded = async (wish: ValidateWish, loaded: LoadedQueries): Promise<MeasuredQueries> => {
  const { server } = wish
  const { database } = loaded
  if (database === null) return unmeasured(loaded)
  try {
    const db = await server.connect(database, 'prover')
    const administrator = await server.connect(database, 'administrator')
    try {
      for (const session of [db, administrator])
        await session.query(
          `set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`,
        )
      return await measureAll({ db, administrator }, wish, loaded)
    } finally {
      await Promise.all([db.end(), administrator.end()])
    }
  } finally {
    await server.dropDatabase(database)
  }
}

/** Leaves nothing behind. */
export const validateQueries = async (wish: ValidateWish): Promise<ValidateResult> => {
  const { architecture } = wish
  const loaded = await loadQueries(wish)
  const { catalog, binding, facts } = loaded
  const read = new Set(loaded.queries.flatMap(({ rule }) => rule.reads))
  const isLoaded = loaded.database !== null
  const measured = await measureLoaded(wish, loaded)
  const called = { ...wish, catalog, binding, sizes: wish.sizes?.(catalog) ?? null }
  const functions = await validateFunctions(called)
  const written = await validateWrites(called)
  const all = [measured, functions, written]
  return {
    architecture: architecture.name,
    calibration: timesOf(
      [],
      all.flatMap(({ calibrations }) => calibrations),
    ).calibration,
    rows: isLoaded ? Object.fromEntries([...loaded.rows].filter(([id]) => read.has(id))) : {},
    queries: [...measured.queries, ...functions.queries],
    writes: written.writes,
    indexes: measured.indexes,
    rules: all.flatMap(({ rules }) => rules),
    findings: all.flatMap(({ findings }) => findings),
    server: facts,
  }
}
