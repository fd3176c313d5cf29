/** What views and materialized views have in common: they show what their query selects, in columns of its types. */
import type { MaterializedViewRule, ViewRule } from '../../architecture/kinds/view.ts'
import { mutantsOf } from '../../catalog/operator-set/sets.ts'
import { viewOf } from '../../catalog/place.ts'
import type { QueryMutant } from '../../catalog/query/mutants.ts'
import { brokenQueries, viewQueryMutants } from '../../catalog/view/mutants.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import { openDraft, type Draft } from '../draft.ts'
import type { Expected } from '../experiment.ts'
import type { Indistinct, RuleContext, Written } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { selectEach, tryEach } from '../trial.ts'
import { columnsSql, declaredRelation, differenceSql, noDifference } from './compare.ts'
import { sameWithoutFinds } from './never-found.ts'
import { sameUnnested } from './never-unnested.ts'
import { mergedFacts, queryFacts, type QueryFacts } from './query-facts.ts'
import { fillTables, type FilledTables } from './relation-rows.ts'
import { emptied, rowChanges, type RowChange } from './row-changes.ts'
import { sameByCondition } from './same-conditions.ts'
import { oneOfEach, settingChanges } from './setting-changes.ts'
import { tablesUnder } from './tables-under.ts'
import { tellApart, type Told } from './tell-apart.ts'
import { viewQueries } from './view-queries.ts'

export interface Shown {
  /** Broken queries that provably show the same. */
  readonly indistinct: readonly Indistinct[]
  readonly draft: Draft
  readonly view: Structure<ViewFacts>
  readonly filled: FilledTables
  readonly facts: QueryFacts
  readonly changes: readonly RowChange[]
  readonly told: readonly Told[]
  readonly owner: string
}

/** The declared query as PostgreSQL itself would write it; null where it refuses it. */
const asWritten = async ({ db }: RuleContext, query: string): Promise<string | null> => {
  const view = [`create temp view assay_declared as ${query}`, `set local search_path = ''`]
  const [rows] = await selectEach(db, view, [
    `select pg_catalog.pg_get_viewdef('pg_temp.assay_declared'::regclass)`,
  ])
  return rows?.[0]?.[0] ?? null
}

const titleOf = ({ changes, rows }: Told): string => {
  const what = changes.length === 0 ? '' : `with ${listed(changes.map((c) => c.title))} `
  return `${what}it shows what its query selects${rows === 0 ? ': nothing' : ''}`
}

/** Policies that bind the owner too would hide rows from both sides, and nothing could be told apart. */
const unforced = ({ tables }: FilledTables): readonly string[] =>
  tables
    .filter(({ table }) => table.forceRowSecurity)
    .map(({ table }) => `alter table ${qualified(table)} no force row level security`)

const columnsCase = async (
  draft: Draft,
  context: RuleContext,
  rule: ViewRule | MaterializedViewRule,
): Promise<void> => {
  const { sql, relation } = declaredRelation(rule.query, rule.shape)
  const [columns] = await selectEach(context.db, [sql], [columnsSql(relation)])
  if (columns === undefined) {
    draft.unsolved('its columns could not be found out: PostgreSQL refuses what is declared', sql)
    return
  }
  draft.add({
    title: 'its columns have the names and types of its query',
    when: [columnsSql(qualified(context.table))],
    then: { kind: 'rows', rows: columns } satisfies Expected,
  })
}

/** Those that PostgreSQL makes at all: a column of another type, for one, is no replacement. */
const possible = async (
  { db }: RuleContext,
  untold: readonly number[],
  ddlOf: (i: number) => readonly string[],
): Promise<readonly number[]> => {
  const replies = await tryEach(
    db,
    [],
    untold.map((i) => ddlOf(i)),
  )
  return untold.filter((_, k) => !replies[k]!.fault)
}

/** Of its mutants, by id, those that will be put to the experiments. */
const mutantsAsked = (
  { catalog, operators = null }: Pick<RuleContext, 'catalog' | 'operators'>,
  view: Structure<ViewFacts>,
): ReadonlySet<string> => new Set(mutantsOf(view, catalog, operators).map(({ id }) => id))

/** What writing the experiments of a view takes: it grows with the ways to break its query. */
export const labourOfView = (context: Pick<RuleContext, 'catalog' | 'table' | 'operators'>): number => {
  const view = viewOf(context.catalog, context.table)
  return view ? mutantsAsked(context, view).size : 1
}

/** An experiment's own, with what was proven of the view's mutants. */
export const writtenOf = ({ draft, indistinct }: Pick<Shown, 'draft' | 'indistinct'>): Written => {
  const written = draft.written()
  return { ...written, indistinct: [...(written.indistinct ?? []), ...indistinct] }
}

/**
 * Adds the experiments that set the view beside its query on rows that tell it from every broken one.
 * `refresh`: what has to run before it is read.
 */
export const addShown = async (
  context: RuleContext,
  rule: ViewRule | MaterializedViewRule,
  refresh: readonly string[],
): Promise<Shown> => {
  const { catalog, table, db } = context
  const view = viewOf(catalog, table)!
  const owner = view.facts.owner
  const under = tablesUnder(view, catalog)
  const filled = await fillTables(context, under, rule.id)
  const refreshed = under.materialized.map(({ facts: of }) => `refresh materialized view ${qualified(of)}`)
  const { world } = filled
  const ground = { ...filled, world: { ...world, statements: [...unforced(filled), ...world.statements] } }
  const draft = openDraft(rule, ground.world)
  const viewQuery = viewQueries(catalog)
  const facts = mergedFacts(
    await Promise.all([view.facts.definition, ...under.queries].map((sql) => queryFacts(sql, viewQuery))),
  )
  // Where the view has another text, rows on which it differs from what is declared are looked for, too.
  const isWritten = (await asWritten(context, rule.query)) === view.facts.definition
  const settings = settingChanges(view, catalog, filled)
  const changes = [...settings, ...(await rowChanges(context, view, filled, facts))]
  const asked = mutantsAsked(context, view)
  const every = asked.size === 0 ? [] : brokenQueries(view, catalog)
  const all = asked.size === 0 ? [] : viewQueryMutants(view, catalog)
  const effective = every.filter((mutant, i) => !mutant.equivalent && asked.has(all[i]!.id))
  const found = await sameWithoutFinds(
    view.facts.definition,
    effective.map((m) => m.sql),
    viewQuery,
  )
  const unasked = await sameUnnested(
    view.facts.definition,
    effective.map((m) => m.sql),
  )
  const mutants = effective.filter((_, i) => !found.has(i) && !unasked.has(i))
  const apart = await tellApart({
    db,
    world: ground.world,
    owner,
    query: rule.query,
    broken: [
      ...mutants.map((mutant) => mutant.sql),
      ...(isWritten ? [] : [view.facts.definition.trim().replace(/;$/u, '')]),
    ],
    changes,
    refresh: refreshed,
    otherwise: settings.length > 0 ? oneOfEach(settings) : emptied(context, view, filled),
  })
  const open = apart.untold.filter((i) => i < mutants.length)
  const own = view.facts.definition
  const same = await sameByCondition(
    context,
    own,
    mutants.map((m) => m.sql),
    open,
    viewQuery,
  )
  const idOf = (mutant: QueryMutant): string => all[every.indexOf(mutant)]!.id
  const untold = await possible(
    context,
    open.filter((i) => !same.has(i)),
    (i) => all[every.indexOf(mutants[i]!)]!.ddl,
  )
  await columnsCase(draft, context, rule)
  const as = { role: owner, settings: {} }
  for (const told of apart.told)
    draft.add({
      title: titleOf(told),
      as,
      given: [...told.changes.map((change) => change.sql), ...refreshed],
      when: [...refresh, differenceSql(qualified(table), rule.query)],
      then: noDifference,
    })
  if (apart.unsteady)
    draft.unsolved('on the same rows its query does not answer the same twice', 'the query, run twice')
  else if (apart.told.length === 0)
    draft.unsolved('its query could not be run on the rows of its tables', rule.query)
  if (filled.problems.length > 0)
    draft.unsolved('not every table under it could be given rows', filled.problems.join('; '))
  else if (untold.length > 0)
    draft.unsolved(
      `no rows were found that tell its query from ${untold.length === 1 ? 'one' : untold.length} in which ${mutants[untold[0]!]!.summary}`,
      `${apart.tried} sets of rows in ${listed(filled.tables.map((t) => t.table.id))}`,
    )
  const proven = (of: readonly QueryMutant[], why: string): readonly Indistinct[] =>
    of.map((mutant) => ({ structure: view.id, mutant: idOf(mutant), why }))
  const indistinct = [
    ...proven(
      mutants.filter((_, i) => same.has(i)),
      'it lets through the same rows, as far as the constraints of the table allow any',
    ),
    ...proven(
      effective.filter((_, i) => found.has(i)),
      'xpath finds nothing there: the document begins with another element than its path',
    ),
    ...proven(
      effective.filter((_, i) => unasked.has(i) && !found.has(i)),
      'it unnests what its condition asks for, and nothing unnested is no row',
    ),
  ]
  return { indistinct, draft, view, filled: ground, facts, changes, told: apart.told, owner }
}
