/** The declared queries with their experiments, on a clone whose tables are loaded with rows. */
import type { Architecture } from '../architecture/architecture.ts'
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { isAskedFor } from '../prove/asked.ts'
import type { Binding, BoundRule } from '../prove/bind.ts'
import { refuseDeclaredSql } from '../prove/declared-sql.ts'
import { makePlanClone } from '../prove/plan-clone.ts'
import { openGround } from '../prove/proof-ground.ts'
import type { ProveResult } from '../prove/result.ts'
import { writeOnPlaces } from '../prove/write-on-places.ts'
import type { TestedRule } from '../prove/write-tests.ts'
import { planLoad, type LoadPlan } from '../rows/load/plan.ts'
import { makeRows } from '../rows/make-rows.ts'
import { repeatsFor } from '../rules/query/repeated.ts'
import { fillQueries } from './fill-queries.ts'
import type { LoadedQuery } from './loaded-query.ts'

export interface LoadWish {
  readonly architecture: Architecture
  readonly server: Server
  readonly template: string
  readonly only: readonly string[]
  /** How many rows to fill its tables with, from what it has; absent or null: those that proofs load. */
  readonly sizes?: ((catalog: Catalog) => ReadonlyMap<string, number>) | null
  /** Declared calls are wanted with their experiments, too. */
  readonly withCalls?: boolean
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface LoadedQueries {
  /** Null: there is no query, or none that could be written. */
  readonly database: string | null
  readonly catalog: Catalog
  readonly facts: ProveResult['server']
  readonly binding: Binding
  /** Those of one statement. */
  readonly queries: readonly LoadedQuery[]
  /** Writes, and queries that are functions, with what is asked of them on filled tables; [] unless they were wanted. */
  readonly calls: readonly TestedRule[]
  /** What each table that they read is loaded with, by relation id. */
  readonly plans: ReadonlyMap<string, LoadPlan>
  /** How many rows each table has. */
  readonly rows: ReadonlyMap<string, number>
}

const isQuery = (tested: TestedRule): tested is LoadedQuery => tested.rule.kind === 'query'

const isStatement = (bound: BoundRule): bound is BoundRule & { readonly rule: QueryRule } =>
  bound.rule.kind === 'query' && (bound.rule as QueryRule).function === undefined

const isCall = ({ rule }: BoundRule): boolean =>
  rule.kind === 'write' || (rule.kind === 'query' && (rule as QueryRule).function !== undefined)

/** Throws AssayErrors for statements that PostgreSQL refuses. The clone is the caller's to drop. */
export const loadQueries = async (wish: LoadWish): Promise<LoadedQueries> => {
  const { architecture, server, template, only, onProgress } = wish
  const ground = await openGround(server, template, 1)
  try {
    await ground.widen(1)
    const { catalog, facts, places } = ground
    const binding = await ground.bind(architecture)
    refuseDeclaredSql(binding.refused)
    const asked = binding.rules
      .filter(isStatement)
      .filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
    const writing = {
      architecture,
      catalog,
      onProgress: (stage: string, done: number, of: number) => onProgress?.(stage, done, of),
    }
    const place = places.slice(0, 1)
    const sent = wish.withCalls === true ? binding.rules.filter(isCall) : []
    const calls = sent.length === 0 ? [] : (await writeOnPlaces(place, sent, writing)).tested
    const wished = wish.sizes?.(catalog) ?? null
    if (wished !== null && asked.length > 0) {
      const filled = await fillQueries(asked, {
        architecture,
        server,
        template,
        catalog,
        sizes: wished,
        ...(onProgress ? { onProgress } : {}),
      })
      return { ...filled, calls, catalog, facts, binding, plans: new Map() }
    }
    const { tested } = await writeOnPlaces(place, asked, writing)
    onProgress?.('loading rows', 0, 1)
    const { database, rules } = await makePlanClone(server, template, catalog, tested)
    const queries = rules.filter(isQuery)
    const db = places[0]!.main
    const plans = new Map<string, LoadPlan>()
    const repeats = repeatsFor(architecture, catalog)
    await db.query('begin')
    try {
      const rows = await makeRows(db, catalog)
      for (const id of new Set(queries.flatMap(({ rule }) => rule.reads))) {
        const table = catalog.tables.get(id)
        if (table)
          plans.set(id, await planLoad(table, { catalog, rows, db, ...(repeats ? { repeats } : {}) }))
      }
    } finally {
      await db.batch(['rollback'])
    }
    const rows = new Map([...plans].map(([id, { count }]) => [id, count]))
    return { database, catalog, facts, binding, queries, calls, plans, rows }
  } finally {
    await ground.close()
  }
}
