/**
 * Which of several changes made a plan another one: each that can be had back is taken back alone, on clones, and the
 * query is planned again. Where the old plan comes back, that change is the cause; else it is only a possible one.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog } from '../catalog/structure.ts'
import { qualified } from '../postgres/quote.ts'
import { isSameTree } from '../postgres/same-tree.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Ledger } from '../prove/ledger/page.ts'
import type { ChangedPlan, PlanCause, PlanFactor } from '../prove/ledger/plans.ts'
import type { Finding, RulePlan } from '../prove/result.ts'
import { loadQueries, type LoadedQueries } from '../queries/load-queries.ts'
import type { GivenStatistics } from '../queries/planned-elsewhere.ts'
import type { PlannedQuery, ProjectParts } from '../queries/project-plans.ts'
import type { Whose } from '../queries/statistics-plans.ts'
import type { Migrated, OnProgress } from './migrated.ts'
import { applySchema } from './migrations.ts'
import {
  asRecorded,
  commitOfLedger,
  isRefusal,
  recordedCatalog,
  recordedStatistics,
} from './recorded-state.ts'

export type AskPlans = (
  places: ProjectParts,
  queries: readonly PlannedQuery[],
  given: GivenStatistics | null,
  whose: Whose,
) => Promise<{
  /** By id of the query. */
  readonly plans: ReadonlyMap<string, readonly RulePlan[]>
  readonly findings: readonly Finding[]
}>

export interface CauseParts {
  readonly migrated: Migrated
  readonly ledger: Ledger
  readonly loaded: LoadedQueries
  readonly given: GivenStatistics | null
  readonly ask: AskPlans
  readonly onProgress?: OnProgress
}

/** Trying takes about a second each. */
const mostTried = 12

const unknown: PlanCause = { proven: [], together: false, tried: [] }

interface Recorded {
  /** Null: git does not have it. */
  readonly catalog: Catalog | null
  /** Ids of its structures that are as recorded. */
  readonly ids: ReadonlySet<string>
  readonly statistics: GivenStatistics | null
}

const readRecorded = async (server: Server, { migrated, ledger }: CauseParts): Promise<Recorded> => {
  const { part } = migrated
  const commit = await commitOfLedger(part.ledger)
  const catalog = commit === null ? null : await recordedCatalog(server, part, commit)
  const wanted = ledger.head?.statistics
  const canRead = commit !== null && wanted !== undefined && part.statistics !== undefined
  return {
    catalog,
    ids: catalog === null ? new Set() : asRecorded(catalog, ledger),
    statistics: canRead ? await recordedStatistics(part.statistics, commit, wanted) : null,
  }
}

/** DDL that makes it what it was; null: that is not known. */
const takenBack = (
  { id = '', how }: PlanFactor,
  catalog: Catalog,
  recorded: Recorded,
): readonly string[] | null => {
  const now = catalog.structures.get(id)
  const then = recorded.ids.has(id) ? recorded.catalog?.structures.get(id) : undefined
  const drop = now ? kindOfStructure(now).drop(now, catalog) : []
  const create = then ? kindOfStructure(then).create(then, recorded.catalog!) : []
  if (how === 'new') return drop.length === 0 ? null : drop
  if (create.length === 0) return null
  if (how === 'gone') return create
  return then && kindOfStructure(then).isMadeAnew === true ? [...drop, ...create] : create
}

/** Plans on clones on which this was done; null: PostgreSQL does not let it be done. */
const plansAfter = async (
  ddl: readonly string[],
  given: GivenStatistics | null,
  queries: readonly PlannedQuery[],
  { migrated: { server, template, part }, loaded, ask }: CauseParts,
): Promise<ReadonlyMap<string, readonly RulePlan[]> | null> => {
  const whose = { architecture: part.architecture, catalog: loaded.catalog }
  if (ddl.length === 0) {
    const { plans } = await ask({ server, template, loaded: loaded.database! }, queries, given, whose)
    return plans
  }
  const clones: string[] = []
  try {
    for (const from of [template, loaded.database!]) {
      const clone = await server.clone(from, 'taken_back')
      clones.push(clone)
      const owner = await server.connect(clone, 'owner')
      try {
        const [reply] = await owner.batch([ddl.join(';\n')])
        if (reply!.fault) return null
        const read = new Set(queries.flatMap(({ rule }) => rule.reads))
        const tables = [...read].flatMap((id) => loaded.catalog.tables.get(id) ?? [])
        if (from !== template) await owner.batch(tables.map((table) => `analyze ${qualified(table)}`))
      } finally {
        await owner.end()
      }
    }
    const places = { server, template: clones[0]!, loaded: clones[1]! }
    return (await ask(places, queries, given, whose)).plans
  } finally {
    for (const clone of clones) await server.dropDatabase(clone)
  }
}

/** What is migrated now, on a server like that of the ledger; null: our own is another one, too. */
const plansOnLedgersServer = async (
  queries: readonly PlannedQuery[],
  { migrated: { part }, ledger, given, ask }: CauseParts,
): Promise<ReadonlyMap<string, readonly RulePlan[]> | null> => {
  const { architecture, schema } = part
  const server = await startServer({ tcp: schema.command !== undefined })
  try {
    const template = await server.createDatabase(architecture.name)
    await applySchema(server, template, schema)
    await server.admitRoles()
    const only = queries.map(({ rule }) => rule.id)
    const again = await loadQueries({ architecture, server, template, only })
    const { major, locale } = again.facts
    const isLike = major === ledger.head?.major && locale === ledger.head.locale
    if (again.database === null || !isLike) return null
    return (
      await ask({ server, template, loaded: again.database }, again.queries, given, {
        architecture,
        catalog: again.catalog,
      })
    ).plans
  } catch (cause) {
    if (isRefusal(cause)) return null
    throw cause
  } finally {
    await server.stop()
  }
}

const isBack = ({ rule, change }: ChangedPlan, plans: ReadonlyMap<string, readonly RulePlan[]>): boolean =>
  change.calls.every((call) => {
    const tree = plans.get(rule.id)?.find((plan) => plan.call === call)?.tree
    return tree !== undefined && isSameTree(tree, change.before)
  })

type Found = Map<ChangedPlan, { proven: PlanFactor[]; together: boolean; tried: PlanFactor[] }>

/** Notes what became of the plans with these things taken back. */
const note = (
  found: Found,
  factors: readonly PlanFactor[],
  plans: ReadonlyMap<string, readonly RulePlan[]> | null,
): void => {
  if (plans === null) return
  for (const [one, cause] of found) {
    const own = one.factors.filter(({ what }) => factors.some((factor) => factor.what === what))
    if (own.length === 0) continue
    if (factors.length === 1) cause.tried.push(...own)
    if (!isBack(one, plans) || (factors.length > 1 && cause.proven.length > 0)) continue
    cause.proven.push(...own)
    cause.together = factors.length > 1 && own.length > 1
  }
}

const tryAlone = async (
  found: Found,
  recorded: Recorded,
  parts: CauseParts,
): Promise<ReadonlyMap<PlanFactor, readonly string[]>> => {
  const { loaded, given, onProgress } = parts
  const open = [...found.keys()]
  const known = new Map(open.flatMap(({ factors }) => factors.map((one) => [one.what, one] as const)))
  const all = [...known.values()].slice(0, mostTried)
  /** What can be taken back, with its DDL. */
  const back = new Map<PlanFactor, readonly string[]>()
  for (const [done, factor] of all.entries()) {
    if ([...found.values()].every(({ proven }) => proven.length > 0)) break
    onProgress?.(`planning without this: ${factor.what}`, done, all.length)
    const queries = loaded.queries.filter(({ rule }) =>
      open.some((one) => one.rule.id === rule.id && one.factors.some(({ what }) => what === factor.what)),
    )
    if (factor.kind === 'structure') {
      const ddl = takenBack(factor, loaded.catalog, recorded)
      const plans = ddl === null ? null : await plansAfter(ddl, given, queries, parts)
      if (ddl !== null && plans !== null) back.set(factor, ddl)
      note(found, [factor], plans)
    }
    if (factor.kind === 'statistics' && recorded.statistics !== null) {
      back.set(factor, [])
      note(found, [factor], await plansAfter([], recorded.statistics, queries, parts))
    }
    if (factor.kind === 'server') note(found, [factor], await plansOnLedgersServer(queries, parts))
  }
  return back
}

/** All at once, where none alone explains a plan. What is new goes before what was there comes back. */
const tryTogether = async (
  found: Found,
  back: ReadonlyMap<PlanFactor, readonly string[]>,
  recorded: Recorded,
  parts: CauseParts,
): Promise<void> => {
  const open = [...found].filter(([, { proven }]) => proven.length === 0).map(([one]) => one)
  if (open.length === 0 || back.size < 2) return
  const queries = parts.loaded.queries.filter(({ rule }) => open.some((one) => one.rule.id === rule.id))
  const factors = [...back.keys()]
  const ordered = [
    ...factors.filter(({ how }) => how === 'new'),
    ...factors.filter(({ how }) => how !== 'new'),
  ]
  const given = factors.some(({ kind }) => kind === 'statistics') ? recorded.statistics : parts.given
  const ddl = ordered.flatMap((factor) => back.get(factor)!)
  note(found, factors, await plansAfter(ddl, given, queries, parts))
}

/** In the order of the changed plans. */
export const findCauses = async (
  changed: readonly ChangedPlan[],
  parts: CauseParts,
): Promise<readonly PlanCause[]> => {
  const open = changed.filter(({ factors }) => factors.length > 1)
  if (open.length === 0) return changed.map(() => unknown)
  parts.onProgress?.('finding what changed plans', 0, 1)
  const found: Found = new Map(open.map((one) => [one, { proven: [], together: false, tried: [] }]))
  // Roles belong to the whole server, and migrations make them.
  const server = await startServer({ tcp: parts.migrated.part.schema.command !== undefined })
  try {
    const recorded = await readRecorded(server, parts)
    const back = await tryAlone(found, recorded, parts)
    await tryTogether(found, back, recorded, parts)
  } finally {
    await server.stop()
  }
  return changed.map((one) => found.get(one) ?? unknown)
}
