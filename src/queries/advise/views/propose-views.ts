/**
 * Materialized views that keep the answers of queries: each is really made on the loaded rows, filled, and asked; it is
 * proposed only where every call gives the same rows for much less. They are never chosen: who may see old rows is not
 * ours to say. A view has no policies, so that none is made of a table that has some.
 */
import type { QueryForm } from '../../../architecture/kinds/query.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import { parseStatements } from '../../../postgres/parse.ts'
import { numberIn } from '../../../postgres/plan-work.ts'
import { parsePlan } from '../../../postgres/plan.ts'
import { ident, literal, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import { differenceFrom } from '../../../prove/judge.ts'
import { runTrials } from '../../../prove/runner.ts'
import type { Experiment } from '../../../rules/experiment.ts'
import { rangeVars } from '../../../rules/query/conditions.ts'
import { analysed, statementIn } from '../../../rules/query/text.ts'
import { walk } from '../../../rows/tree.ts'
import type { LoadedQuery } from '../../loaded-query.ts'
import type { AdvisedView, ViewRefused, ViewRewrite } from '../result.ts'
import { asking, costOf, rowsText } from '../same-rows.ts'
import { declarationOf, nameView, type DeclaredView } from './declared-view.ts'
import { declaredText } from '../declared-text.ts'
import { valuesIn, withValuesOf } from './given-values.ts'
import { keptAnswerOf, type KeptAnswer } from './kept-answer.ts'

/** A query with what a call of it costs: today, and with the structures that are advised. */
export interface AskedQuery {
  readonly query: LoadedQuery
  readonly before: number
  readonly advised: number
  /** Its budget breaks with them. */
  readonly isBroken: boolean
}

export interface ViewsParts {
  readonly queries: readonly AskedQuery[]
  readonly catalog: Catalog
  readonly owner: string
  /** Run first: it takes away what is not advised. */
  readonly ddl: readonly string[]
  /** The application's role. */
  readonly role: string | null
}

/** Keeping an answer has a price of its own: it is told where it is worth so much. */
const worthwhile = { share: 0.5, pages: 20 }

const aggregatesSql = `select distinct proname as name from pg_catalog.pg_proc where prokind = 'a'`

/** Functions of which no form always answers the same. */
const changingSql = (names: readonly string[]): string => `
select proname as name from pg_catalog.pg_proc
 where proname in (${['', ...names].map(literal).join(', ')})
 group by proname having not pg_catalog.bool_or(provolatile = 'i')`

const sourcesOf = (sql: string): readonly string[] => [
  ...new Set(rangeVars(parseStatements(sql).map(({ node }) => node)).map(({ id }) => id)),
]

/** Why no view may keep what these answer; null: one may. */
const forbidden = async (db: Session, kept: KeptAnswer, { tables }: Catalog): Promise<string | null> => {
  const sources = sourcesOf(kept.definition)
  const guarded = sources.filter((id) => tables.get(id)?.rowSecurity === true)
  if (guarded.length > 0)
    return `${guarded.join(', ')} has row-level security, and a materialized view has no policies: whoever may read it would see what was counted of every row`
  const other = sources.filter((id) => !tables.has(id))
  if (other.length > 0) return `${other.join(', ')} is no table: whose rows it shows is not known here`
  let isOfNow = false
  for (const { node } of parseStatements(kept.definition))
    walk(node, (kind) => {
      isOfNow ||= kind === 'SQLValueFunction'
    })
  const changing = await db.json<{ name: string }>(changingSql(kept.calls))
  if (isOfNow || changing.length > 0)
    return `what ${changing.map(({ name }) => `${name}()`).join(', ') || 'the current date, time or user'} answers is not the same later, or for somebody else`
  return null
}

interface Made {
  readonly view: DeclaredView
  readonly kept: KeptAnswer
  readonly reads: readonly string[]
  readonly rewrites: ViewRewrite[]
}

const mean = (costs: readonly number[]): number =>
  Math.round((costs.reduce((sum, cost) => sum + cost, 0) / Math.max(1, costs.length)) * 10) / 10

const makeSql = ({ view }: Pick<Made, 'view'>, { ddl, role }: ViewsParts): readonly string[] => [
  ...ddl,
  ...view.sql,
  `analyze ${qualified(view)}`,
  ...(role === null ? [] : [`grant select on ${qualified(view)} to ${ident(role)}`]),
]

/** Of what is found in a view no value is looked for when the query is proven: those that were tried are named. */
const callsGiven = (
  { sql, parameters }: QueryForm,
  calls: readonly string[],
): readonly Readonly<Record<string, string>>[] => {
  const texts = calls.flatMap((call): string[] => {
    const values = valuesIn(sql, call)
    const named = parameters.flatMap((one, at): (readonly [string, string | undefined])[] =>
      'name' in one ? [[one.name, values.get(at + 1)]] : [],
    )
    const isWhole = named.length > 0 && named.every(([, value]) => value !== undefined)
    return isWhole ? [JSON.stringify(Object.fromEntries(named))] : []
  })
  return [...new Set(texts)].map((text) => JSON.parse(text) as Readonly<Record<string, string>>)
}

/** Each call over the view, as who asks it; a reason where other rows come, or none. */
const tryOver = async (
  db: Session,
  made: Pick<Made, 'view' | 'kept'>,
  { query, before, advised }: AskedQuery,
  parts: ViewsParts,
): Promise<ViewRewrite | string> => {
  const [form] = query.rule.forms
  const over = made.kept.over(qualified(made.view))
  const calls = query.experiments.map((experiment) => statementIn(experiment.when.at(-1)!))
  const others = calls.map((sql) => withValuesOf(form!.sql, sql, over))
  if (others.includes(null)) return 'its calls are not told apart from its statement'
  const old = query.experiments.map((experiment, at) => asking(experiment, calls[at]!))
  const next = query.experiments.flatMap((experiment, at): readonly Experiment[] => [
    asking(experiment, others[at]!),
    { ...experiment, when: [analysed(others[at]!), analysed(others[at]!)] },
  ])
  const [was, is] = await runTrials(db, parts.owner, [
    { ddl: parts.ddl, experiments: old },
    { ddl: makeSql(made, parts), experiments: next },
  ])
  if (is!.ddlFault)
    return `PostgreSQL does not make it: ${is!.ddlFault.message} (SQLSTATE ${is!.ddlFault.sqlstate})`
  const costs: number[] = []
  const broken = new Set<string>()
  for (const [at, experiment] of query.experiments.entries()) {
    const [rows, plan] = [is!.observations[2 * at]!, is!.observations[2 * at + 1]!]
    const cost = costOf(plan)
    const fault = was!.observations[at]!.fault ?? rows.fault ?? plan.fault
    if (fault !== null || cost === null)
      return `PostgreSQL refuses it: ${fault?.message ?? 'it gives no plan'}`
    if (rowsText(was!.observations[at]!) !== rowsText(rows)) return 'other rows come from it'
    costs.push(cost)
    const why = differenceFrom(experiment, plan)
    if (why !== null) broken.add(why)
  }
  return {
    rule: query.rule.id,
    before: form!.sql,
    after: over,
    declaration: await declaredText(
      { sql: over, parameters: form!.parameters, calls: callsGiven(form!, calls) },
      { rule: query.rule, form: form! },
      db,
    ),
    costBefore: before,
    costAdvised: advised,
    costAfter: mean(costs),
    brokenAfter: [...broken],
  }
}

const columnsSql = (relation: string): string => `
select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
  from pg_catalog.pg_attribute a
 where a.attrelid = ${literal(relation)}::pg_catalog.regclass and a.attnum > 0
 order by a.attnum`

const page = 8192

const priceOf = async (
  db: Session,
  made: Made,
  like: Experiment,
  parts: ViewsParts,
): Promise<AdvisedView | null> => {
  const { view, kept, reads, rewrites } = made
  const relation = qualified(view)
  const { as: _as, ...plain } = like
  const ask = (...when: readonly string[]): Experiment => asking(plain, ...when)
  const [told] = await runTrials(db, parts.owner, [
    {
      ddl: makeSql(made, parts),
      experiments: [
        ask(columnsSql(relation)),
        ask(
          `select pg_catalog.pg_total_relation_size(${literal(relation)}), (select count(*) from ${relation})`,
        ),
        ask(`explain (analyze, buffers, timing off, format json) ${kept.definition}`),
        ask(
          `create temporary table assay_began on commit drop as select pg_catalog.clock_timestamp() as at`,
          `refresh materialized view ${relation}`,
          `select 1000 * extract(epoch from pg_catalog.clock_timestamp() - at) from assay_began`,
        ),
      ],
    },
  ])
  const [columns, sizes, plan, time] = told!.observations
  const tree = parsePlan(plan?.rows[0]?.[0] ?? '')
  if (told!.ddlFault || sizes?.fault || tree === null) return null
  const [bytes, rows] = (sizes?.rows[0] ?? []).map(Number)
  const looked = numberIn(tree, 'Shared Hit Blocks') + numberIn(tree, 'Shared Read Blocks')
  return {
    view: view.id,
    reads,
    declaration: declarationOf(
      view,
      kept,
      (columns?.rows ?? []).map(([name, type]) => [name!, type!] as const),
      parts.role,
    ),
    sql: view.sql,
    rewrites,
    bytes: bytes ?? 0,
    rows: rows ?? 0,
    refresh: {
      pages: Math.round(looked + (bytes ?? 0) / page),
      milliseconds: Math.round(Number(time?.rows.at(-1)?.[0] ?? 0)),
      isConcurrent: kept.keys.length > 0,
    },
    staleness: `Who reads it sees ${reads.join(', ')} as they were at its last refresh: nothing that was written since, and what was deleted since still counts. Nobody refreshes it but you.`,
  }
}

export const proposeViews = async (
  db: Session,
  parts: ViewsParts,
): Promise<{ readonly views: readonly AdvisedView[]; readonly refused: readonly ViewRefused[] }> => {
  const { queries, catalog } = parts
  const refused: ViewRefused[] = []
  const made = new Map<string, Made>()
  const wanted = queries.filter(
    ({ query, advised, isBroken }) =>
      query.rule.forms.length === 1 &&
      query.experiments.length > 0 &&
      (isBroken || advised >= worthwhile.pages),
  )
  if (wanted.length === 0) return { views: [], refused }
  const aggregates = new Set((await db.json<{ name: string }>(aggregatesSql)).map(({ name }) => name))
  const taken = new Set<string>()
  for (const asked of wanted) {
    const { rule } = asked.query
    const kept = keptAnswerOf(rule.forms[0]!.sql, aggregates)
    if (kept === null) continue
    const why = 'why' in kept ? kept.why : await forbidden(db, kept, catalog)
    if (why !== null || 'why' in kept) {
      if (why !== null) refused.push({ rule: rule.id, why })
      continue
    }
    const known = made.get(kept.definition)
    const reads = sourcesOf(kept.definition)
    const schema = catalog.tables.get(reads[0] ?? rule.table)?.schema ?? 'public'
    const view = known?.view ?? nameView(kept, reads[0] ?? rule.table, { schema, catalog, taken })
    const rewrite = await tryOver(db, { view, kept }, asked, parts)
    if (typeof rewrite === 'string') {
      refused.push({ rule: rule.id, why: rewrite })
      continue
    }
    const { costAdvised, costAfter, brokenAfter } = rewrite
    const isWorth =
      (asked.isBroken && brokenAfter.length === 0) ||
      (costAfter <= costAdvised * worthwhile.share && costAdvised - costAfter >= worthwhile.pages)
    if (!isWorth) continue
    const one = known ?? { view, kept, reads, rewrites: [] }
    one.rewrites.push(rewrite)
    made.set(kept.definition, one)
  }
  const views: AdvisedView[] = []
  for (const one of made.values()) {
    const [like] = wanted.find(({ query }) => query.rule.id === one.rewrites[0]!.rule)!.query.experiments
    const priced = await priceOf(db, one, like!, parts)
    if (priced !== null) views.push(priced)
  }
  return { views, refused }
}
