/**
 * ADVISE: which structures would bring broken budgets back, found by trying. Candidates come from all declared queries
 * together, are really built on loaded rows, and are chosen together; none that breaks another budget is advised.
 */
import type { QueryRule } from '../../architecture/kinds/query.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { withFixedValues } from '../../rules/query/fixed-values.ts'
import { loadQueries, type LoadedQueries, type LoadWish } from '../load-queries.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import { adviceFindings, noFacts } from './advice-findings.ts'
import { onAdvisedDatabase } from './advised-database.ts'
import { openCallMeter, type CallMeter } from './call-meter.ts'
import type { Candidate } from './candidate.ts'
import { chooseCandidates, type TableSizes } from './choose-candidates.ts'
import { makeGuard } from './guard.ts'
import type { AdviceLimits } from './limits.ts'
import { makeLoadedMeter, type LoadedCall } from './loaded-meter.ts'
import { callCandidates, harmedBy, mendCalls } from './mend-calls.ts'
import type { Call, Reading } from './meter.ts'
import { readAll, totalOf, type Objective } from './objective.ts'
import { priceAll, tellCalls, tellKeptOut, tellOwn, weighAll, type Weighing } from './priced.ts'
import { otherRows } from './proof-rows.ts'
import { proposeAll, readGround } from './propose.ts'
import type { AdvisedQuery, AdviceResult, Rewritten } from './result.ts'
import { withIndexes } from './rewrites/own-indexes.ts'
import { attemptsOf, rewriteAll } from './rewrites/rewrite.ts'
import { screen } from './screen.ts'
import { besides, openSizedMeter } from './sized-calls.ts'
import { shapesOf } from './statement-shape.ts'
import type { SourceShape } from './terms.ts'
import { proposeViews } from './views/propose-views.ts'

export interface AdviceWish extends LoadWish {
  readonly limits: AdviceLimits
  /** Also for queries within their budget: what makes them cheaper. */
  readonly isForAll: boolean
}

/** Of what PostgreSQL's parser does not read here nothing is known. */
const shapesIn = ({ rule }: LoadedQuery, { catalog }: LoadedQueries): readonly SourceShape[] =>
  rule.forms
    .map(withFixedValues)
    .flatMap(({ sql }) => shapesOf({ of: rule.id, sql, isGuarded: rule.asApplication }, catalog))

const callsOf = (queries: readonly LoadedQuery[], shapes: readonly SourceShape[]): readonly LoadedCall[] =>
  queries.flatMap(({ rule, experiments }) => {
    const read = shapes.filter(({ of }) => of === rule.id).map(({ table }) => table.id)
    const reads = new Set([...rule.reads, ...read])
    const weight = 1 / Math.max(1, experiments.length)
    return experiments.map((experiment) => ({
      of: rule.id,
      title: experiment.title,
      weight,
      reads,
      experiment,
    }))
  })

const isAsked = ({ id, table }: QueryRule, only: readonly string[]): boolean =>
  only.length === 0 || only.includes(id) || only.includes(table)

/** At a declared size it is said so. */
const brokenIn = (
  calls: readonly Call[],
  measured: number,
  readings: readonly Reading[],
  places: readonly number[],
): readonly string[] => [
  ...new Set(
    places.flatMap((at) => {
      const { broken } = readings[at]!
      if (broken === null) return []
      return at >= measured ? [`${calls[at]!.title}, ${broken}`] : [broken]
    }),
  ),
]

const meanCost = (id: string, calls: readonly Call[], readings: readonly Reading[]): number => {
  const costs = calls.flatMap(({ of }, at) => (of === id ? [readings[at]!.cost] : []))
  return Math.round((costs.reduce((sum, cost) => sum + cost, 0) / Math.max(1, costs.length)) * 10) / 10
}

/** Those before `measured` were run; the others were planned, which says nothing of pages. */
const queryResult = (
  { rule }: LoadedQuery,
  calls: readonly Call[],
  measured: number,
  before: readonly Reading[],
  after: readonly Reading[],
): AdvisedQuery => {
  const places = calls.flatMap(({ of }, at) => (of === rule.id ? [at] : []))
  const run = calls.slice(0, measured)
  return {
    id: rule.id,
    sentence: rule.sentence,
    before: meanCost(rule.id, run, before),
    after: meanCost(rule.id, run, after),
    brokenBefore: brokenIn(calls, measured, before, places),
    brokenAfter: brokenIn(calls, measured, after, places),
  }
}

/** A table is as large as a query says that it will be, else as it is loaded. */
const sizesOf = ({ queries, rows }: LoadedQueries): TableSizes => {
  const here = (table: string): number => rows.get(table) ?? 0
  return {
    here,
    there: (table) => Math.max(here(table), ...queries.map(({ rule }) => rule.rowsAt[table] ?? 0)),
  }
}

const rounded = (n: number): number => Math.round(n * 10) / 10

const noCalls: CallMeter = {
  calls: [],
  unread: [],
  read: () => Promise.resolve({ cost: null, broken: null }),
  end: () => Promise.resolve(),
}

/** Declared calls are only run where something may be advised, for queries or for them. */
const openCalls = (
  { architecture, server, template, onProgress }: AdviceWish,
  { catalog, calls }: LoadedQueries,
  candidates: readonly Candidate[],
): Promise<CallMeter> =>
  candidates.length === 0
    ? Promise.resolve(noCalls)
    : openCallMeter({
        server,
        template,
        architecture,
        catalog,
        rules: calls,
        candidates,
        ...(onProgress ? { onProgress } : {}),
      })

const adviseOn = async (
  db: Session,
  wish: AdviceWish,
  loaded: LoadedQueries,
  database: string,
): Promise<AdviceResult> => {
  const { server, only, isForAll, onProgress } = wish
  const { catalog, queries } = loaded
  const shapes = queries.flatMap((query) => shapesIn(query, loaded))
  const calls = callsOf(queries, shapes)
  const own = makeLoadedMeter(db, server.owner, calls)
  const measured = await readAll(own, [])
  const isBroken = (of: string, readings: readonly Reading[], all: readonly Call[]): boolean =>
    all.some((call, at) => call.of === of && readings[at]!.broken !== null)
  const isSized = ({ rule }: LoadedQuery): boolean => Object.keys(rule.rowsAt).length > 0
  const asked = queries.filter(
    (query) =>
      isAsked(query.rule, only) && (isForAll || isSized(query) || isBroken(query.rule.id, measured, calls)),
  )
  const askedFor = new Set(asked.map(({ rule }) => rule.id))
  const ground = await readGround(db)
  const proposed = proposeAll(shapes, askedFor, catalog, ground)
  const isCallAsked = (id: string): boolean =>
    loaded.calls.some(
      ({ rule }) => rule.id === id && (only.length === 0 || only.includes(id) || only.includes(rule.table)),
    )
  const forCalls = callCandidates(
    loaded.calls.filter(({ rule }) => isCallAsked(rule.id)),
    catalog,
    ground,
    proposed,
  )
  const readsOf = (id: string): ReadonlySet<string> => calls.find(({ of }) => of === id)?.reads ?? new Set()
  onProgress?.('planning at the declared sizes', 0, 1)
  let declared = noCalls
  const sized = await openSizedMeter(server, wish.template, database, queries, proposed, readsOf)
  try {
    const planned = sized.meter === null ? [] : await readAll(sized.meter, [])
    const costNow = (id: string): number => meanCost(id, calls, measured)
    // At its size it counts as much as what is measured of it.
    const meter =
      sized.meter === null
        ? own
        : besides(own, sized.meter, ({ of }, at) => costNow(of) / Math.max(1, planned[at]!.cost))
    const before = [...measured, ...planned]
    const wanted = asked.filter(({ rule }) => isForAll || isBroken(rule.id, before, meter.calls))
    const targets = new Set(wanted.map(({ rule }) => rule.id))
    const objective: Objective = { before, isTarget: (at) => targets.has(meter.calls[at]!.of) }
    const screened = await screen(meter, wanted.length === 0 ? [] : proposed, objective, (done, of) =>
      onProgress?.('trying candidates', done, of),
    )
    const attempts = await attemptsOf(db, { queries: wanted, catalog, owner: server.owner })
    const tryable = withIndexes(attempts, catalog, ground, [...proposed, ...forCalls])
    const forRewrites = tryable.flatMap(({ indexes }) => indexes)
    await own.stand(screened.kept)
    const mayStand = [...new Set([...screened.kept, ...forCalls, ...forRewrites])]
    if (loaded.calls.length > 0) declared = await openCalls(wish, loaded, mayStand)
    onProgress?.('choosing', 0, 1)
    const guard = declared.calls.length === 0 ? null : makeGuard(declared)
    const sizes = sizesOf(loaded)
    const weighing: Weighing = (some) =>
      weighAll(db, server.owner, some, { plans: loaded.plans, standing: own.standing })
    const parts = { meter, objective, weighing, guard }
    const chosen = await chooseCandidates({ ...parts, limits: wish.limits, sizes, screened })
    const { set, isCut } = chosen
    onProgress?.('trying candidates for declared writes', 0, 1)
    const mends =
      guard === null
        ? []
        : await mendCalls({
            meter: declared,
            guard,
            set,
            candidates: [...screened.kept.filter((one) => !set.includes(one)), ...forCalls],
            queries: own,
            objective,
            isAsked: isCallAsked,
          })
    const after = await readAll(meter, set)
    const told = calls.length
    const rowsOf = (id: string): number => sizes.there(id)
    const structures = await priceAll(set, { ...parts, catalog, told, rowsOf })
    const costOf = (readings: readonly Reading[]): number =>
      rounded(totalOf(meter, objective, readings.slice(0, told)).cost)
    onProgress?.('trying to write statements otherwise', 0, 1)
    // What stands and is not advised is taken away for them.
    const ddl = screened.kept.filter((one) => !set.includes(one)).map(({ drop }) => drop)
    const written = await rewriteAll(
      db,
      tryable.map((one) => ({ ...one, indexes: one.indexes.filter((index) => !set.includes(index)) })),
      {
        catalog,
        owner: server.owner,
        ddl,
        isHarmless: async (index) =>
          (await harmedBy(own, index, set, objective)) === null &&
          ((await guard?.harmsOf([...set, index])) ?? []).length === 0,
      },
    )
    const rewrites: Rewritten[] = []
    for (const one of written) {
      const index = one.index
      if (index !== null && !own.standing.includes(index)) await own.stand([index])
      rewrites.push({ ...one, index: index && (await tellOwn(index, weighing, catalog)) })
    }
    const results = wanted.map((query) => queryResult(query, meter.calls, calls.length, before, after))
    onProgress?.('trying to keep answers', 0, 1)
    const kept = await proposeViews(db, {
      queries: wanted.map((query, at) => {
        const { before: now, after: advised, brokenAfter } = results[at]!
        return { query, before: now, advised, isBroken: brokenAfter.length > 0 }
      }),
      catalog,
      owner: server.owner,
      ddl: own.standing.filter((one) => !set.includes(one)).map(({ drop }) => drop),
      role: wish.architecture.identity?.role ?? null,
    })
    const result = {
      architecture: wish.architecture.name,
      unit: 'pages',
      rows: Object.fromEntries(loaded.rows),
      queries: results,
      structures,
      calls: tellCalls((await guard?.tell(set)) ?? [], mends, catalog),
      keptOut: tellKeptOut(chosen.keptOut, catalog),
      cost: {
        before: costOf(before),
        after: costOf(after),
        least: rounded(chosen.leastOf(told)),
        isBest: chosen.isBest,
      },
      rewrites,
      views: kept.views,
      viewsRefused: kept.refused,
      tried: wanted.length === 0 ? 0 : proposed.length,
      refused: screened.refused,
    } as const
    const unweighed = [...new Set(chosen.unweighed.map(({ draft }) => draft.table.id))]
    const facts = {
      declared: wish.architecture.queries ?? [],
      isLoadedOnly:
        sized.meter !== null &&
        (set.some(({ draft }) => draft.what === 'statistics') || kept.views.length + rewrites.length > 0),
      isCut,
      unprojected: sized.why,
      unread: declared.unread,
      unweighed,
    }
    const isOther = wish.sizes !== null && wish.sizes !== undefined
    if (isOther) onProgress?.('trying it on the rows that proofs load', 0, 1)
    const others = isOther ? await otherRows(wish, set, { queries: results, rewrites: written }) : []
    return { ...result, findings: [...adviceFindings(result, queries, facts), ...others] }
  } finally {
    await declared.end()
    await sized.end()
  }
}

/** Leaves nothing behind. */
export const adviseQueries = async (wish: AdviceWish): Promise<AdviceResult> => {
  await loadParser()
  // The others are not advised on, but none of their budgets may break.
  const loaded = await loadQueries({ ...wish, only: [], withCalls: true })
  const { database, queries } = loaded
  const nothing = {
    architecture: wish.architecture.name,
    unit: 'pages' as const,
    rows: {},
    queries: [],
    structures: [],
    calls: [],
    keptOut: [],
    cost: { before: 0, after: 0, least: 0, isBest: true },
    rewrites: [],
    views: [],
    viewsRefused: [],
    tried: 0,
    refused: [],
  }
  if (database === null)
    return {
      ...nothing,
      findings: adviceFindings(nothing, queries, noFacts),
    }
  return onAdvisedDatabase(wish.server, database, (db) => adviseOn(db, wish, loaded, database))
}
