/** materializedView: it shows its query's rows as they were when it was last refreshed. */
import type { MaterializedViewRule } from '../architecture/kinds/view.ts'
import { relationObjectId } from '../catalog/uses.ts'
import { literal, qualified } from '../postgres/quote.ts'
import { relationOfId, tableText } from './ddl.ts'
import { rowsAre } from './draft.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { tryAll } from './attacks/trial.ts'
import { selectEach } from './trial.ts'
import { addShown, labourOfView, writtenOf, type Shown } from './views/shows.ts'

/** Until it is refreshed it shows what was there before. */
const staleness = async (
  { db, table }: RuleContext,
  { filled, told, draft, owner }: Shown,
): Promise<void> => {
  const relation = qualified(table)
  const as = { role: owner, settings: {} }
  const filledBy = told.find((one) => one.rows > 0)
  if (!filledBy) return
  const given = filledBy.changes.map((change) => change.sql)
  const lines = `select md5(coalesce(string_agg("assay row"::text, '' order by "assay row"::text), '')) from ${relation} as "assay row"`
  const before = [`create temp table assay_before as ${lines}`]
  // Rows of the tables go one after the other, children first; what is left shows the same.
  const gone = filled.tables.toReversed().map(({ table: t }) => `delete from ${qualified(t)}`)
  const when = [
    `refresh materialized view ${relation}`,
    ...before,
    ...gone,
    `select (${lines}) = (select md5 from assay_before)`,
  ]
  const [answer] = await tryAll(db, filled.world, [{ as, given, when }])
  if (answer?.ran && !answer.fault)
    draft.add({ title: 'it stays as it was until it is refreshed', as, given, when, then: rowsAre(['t']) })
}

const concurrently = async (context: RuleContext, { filled, draft, owner }: Shown): Promise<void> => {
  const relation = qualified(context.table)
  const as = { role: owner, settings: {} }
  const when = [`refresh materialized view ${relation}`, `refresh materialized view concurrently ${relation}`]
  const [answer] = await tryAll(context.db, filled.world, [{ as, when }])
  if (answer?.ran && !answer.fault)
    draft.add({
      title: 'it is refreshed while others read it',
      as,
      when,
      then: { kind: 'accepted' },
    })
}

const indexesSql = (relation: string): string =>
  `select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = ${literal(relation)}::regclass order by c.relname collate "C"`

/** Those that are there give way to the declared ones, so that PostgreSQL says how it writes them. */
const indexes = async (
  rule: MaterializedViewRule,
  { db, table }: RuleContext,
  { draft, view }: Shown,
): Promise<void> => {
  const relation = qualified(table)
  const names = `do ${literal(`declare one regclass; begin for one in select indexrelid from pg_catalog.pg_index where indrelid = ${literal(relation)}::regclass loop execute 'drop index ' || one; end loop; end`)}`
  if (rule.indexes.length === 0 && view.facts.indexes.length === 0) return
  const [declared] = await selectEach(db, [names, ...rule.indexes], [indexesSql(relation)])
  if (declared === undefined) draft.unsolved('PostgreSQL refuses its indexes', rule.indexes.join('; '))
  else
    draft.add({
      title: 'its indexes are those that are declared',
      when: [indexesSql(relation)],
      then: { kind: 'rows', rows: declared },
    })
}

export const materializedView: RuleKind<MaterializedViewRule> = {
  kind: 'materializedView',
  designPlace: 40,
  sentence: () => 'it shows what its query selected when it was last refreshed',
  async experiments(rule, context) {
    const relation = qualified(context.table)
    const shown = await addShown(context, rule, [`refresh materialized view ${relation}`])
    await staleness(context, shown)
    await concurrently(context, shown)
    await indexes(rule, context, shown)
    return writtenOf(shown)
  },
  labour: (_, context) => labourOfView(context),
  design: (rule) => [
    `create materialized view ${tableText(rule.table)} as ${rule.query};`,
    ...rule.indexes.map((sql) => `${sql.trim().replace(/;$/u, '')};`),
  ],
  claims: (rule, { catalog }) => {
    const id = relationObjectId('materializedView', relationOfId(rule.table))
    return catalog.structures.has(id) ? [id] : []
  },
}
