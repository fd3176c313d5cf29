/**
 * ADVISE: which structures would bring broken budgets back, found by trying. Candidates come from all declared queries
 * together, are really built on loaded rows, and are chosen together; none that breaks another budget is advised.
 */
import type { QueryRule } from '../../architecture/kinds/query.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { loadQueries, type LoadedQueries, type LoadWish } from '../load-queries.ts'
import type { LoadedQuery } from '../loaded-query.ts'
import { adviceFindings } from './advice-findings.ts'
import { chooseCandidates, type TableSizes } from './choose-candidates.ts'
import type { AdviceLimits } from './limits.ts'
import { makeLoadedMeter, type LoadedCall } from './loaded-meter.ts'
import type { Call, Reading } from './meter.ts'
import { readAll, type Objective } from './objective.ts'
import { priceAll, weighAll, type Weighing } from './priced.ts'
import { proposeAll, readGround } from './propose.ts'
import type { AdvisedQuery, AdviceResult } from './result.ts'
import { rewriteAll } from './rewrites/rewrite.ts'
import { screen } from './screen.ts'
import { besides, openSizedMeter } from './sized-calls.ts'
import { shapesOf } from './statement-shape.ts'
import type { SourceShape } from './terms.ts'

export interface AdviceWish extends LoadWish {
  readonly limits: AdviceLimits
  /** Also for queries within their budget: what makes them cheaper. */
  readonly isForAll: boolean
}

/** Of what PostgreSQL's parser does not read here nothing is known. */
const shapesIn = ({ rule }: LoadedQuery, { catalog }: LoadedQueries): readonly SourceShape[] =>
  rule.forms.flatMap(({ sql }) => shapesOf({ of: rule.id, sql, isGuarded: rule.asApplication }, catalog))

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
  const proposed = proposeAll(shapes, askedFor, catalog, await readGround(db))
  const readsOf = (id: string): ReadonlySet<string> => calls.find(({ of }) => of === id)?.reads ?? new Set()
  onProgress?.('planning at the declared sizes', 0, 1)
  const sized = await openSizedMeter(server, wish.template, database, queries, proposed, readsOf)
  try {
    const planned = sized.meter === null ? [] : await readAll(sized.meter, [])
    const costOf = (id: string): number => meanCost(id, calls, measured)
    // At its size it counts as much as what is measured of it.
    const meter =
      sized.meter === null
        ? own
        : besides(own, sized.meter, ({ of }, at) => costOf(of) / Math.max(1, planned[at]!.cost))
    const before = [...measured, ...planned]
    const wanted = asked.filter(({ rule }) => isForAll || isBroken(rule.id, before, meter.calls))
    const targets = new Set(wanted.map(({ rule }) => rule.id))
    const objective: Objective = { before, isTarget: (at) => targets.has(meter.calls[at]!.of) }
    const screened = await screen(meter, wanted.length === 0 ? [] : proposed, objective, (done, of) =>
      onProgress?.('trying candidates', done, of),
    )
    onProgress?.('choosing', 0, 1)
    await own.stand(screened.kept)
    const sizes = sizesOf(loaded)
    const weighing: Weighing = (some) => weighAll(db, server.owner, some, loaded)
    const { set, isCut } = await chooseCandidates(wish.limits, sizes, meter, objective, screened, weighing)
    const after = await readAll(meter, set)
    const structures = await priceAll(set, {
      catalog,
      meter,
      objective,
      weighing,
      told: calls.length,
      rowsOf: (id) => sizes.there(id),
    })
    onProgress?.('trying to write statements otherwise', 0, 1)
    const rewrites = await rewriteAll(db, { queries: wanted, catalog, owner: server.owner })
    const result = {
      architecture: wish.architecture.name,
      unit: 'pages',
      rows: Object.fromEntries(loaded.rows),
      queries: wanted.map((query) => queryResult(query, meter.calls, calls.length, before, after)),
      structures,
      rewrites,
      tried: wanted.length === 0 ? 0 : proposed.length,
      refused: screened.refused,
    } as const
    return { ...result, findings: adviceFindings(result, queries, { isCut, unprojected: sized.why }) }
  } finally {
    await sized.end()
  }
}

/** Leaves nothing behind. */
export const adviseQueries = async (wish: AdviceWish): Promise<AdviceResult> => {
  await loadParser()
  // The others are not advised on, but none of their budgets may break.
  const loaded = await loadQueries({ ...wish, only: [] })
  const { database, queries } = loaded
  const nothing = {
    architecture: wish.architecture.name,
    unit: 'pages' as const,
    rows: {},
    queries: [],
    structures: [],
    rewrites: [],
    tried: 0,
    refused: [],
  }
  if (database === null)
    return {
      ...nothing,
      findings: adviceFindings(nothing, queries, { isCut: false, unprojected: null }),
    }
  try {
    const db = await wish.server.connect(database, 'prover')
    try {
      await db.query(`set statement_timeout = '60s'; set client_min_messages = error; set timezone = 'UTC'`)
      return await adviseOn(db, wish, loaded, database)
    } finally {
      await db.end()
    }
  } finally {
    await wish.server.dropDatabase(database)
  }
}
