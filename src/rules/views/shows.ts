/** What views and materialized views have in common: they show what their query selects, in columns of its types. */
import type { MaterializedViewRule, ViewRule } from '../../architecture/kinds/view.ts'
import { viewOf } from '../../catalog/place.ts'
import { brokenQueries } from '../../catalog/view-mutants.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view-structure.ts'
import { qualified } from '../../postgres/quote.ts'
import { openDraft, type Draft } from '../draft.ts'
import type { Expected } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { selectEach } from '../trial.ts'
import { columnsSql, declaredRelation, differenceSql, noDifference } from './compare.ts'
import { queryFacts, type QueryFacts } from './query-facts.ts'
import { fillTables, tablesUnder, type FilledTables } from './relation-rows.ts'
import { emptied, rowChanges, type RowChange } from './row-changes.ts'
import { tellApart, type Told } from './tell-apart.ts'

export interface Shown {
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
  const filled = await fillTables(context, tablesUnder(view, catalog), rule.id)
  const { world } = filled
  const ground = { ...filled, world: { ...world, statements: [...unforced(filled), ...world.statements] } }
  const draft = openDraft(rule, ground.world)
  const facts = await queryFacts(view.facts.definition)
  // Where the view has another text, rows on which it differs from what is declared are looked for, too.
  const isWritten = (await asWritten(context, rule.query)) === view.facts.definition
  const changes = await rowChanges(context, view, filled.tables, facts)
  const mutants = brokenQueries(view, catalog).filter((mutant) => !mutant.equivalent)
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
    otherwise: emptied(context, view, filled.tables),
  })
  const untold = apart.untold.filter((i) => i < mutants.length)
  await columnsCase(draft, context, rule)
  const as = { role: owner, settings: {} }
  for (const told of apart.told)
    draft.add({
      title: titleOf(told),
      as,
      given: told.changes.map((change) => change.sql),
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
  return { draft, view, filled: ground, facts, changes, told: apart.told, owner }
}
