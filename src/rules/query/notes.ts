/** What a query's text says about itself, whatever rows there are: pages without an order, offsets, columns that nobody reads. */
import type { QueryForm, QueryRule } from '../../architecture/kinds/query.ts'
import { parsePlan } from '../../postgres/plan.ts'
import { nodesOf } from '../../postgres/plan-work.ts'
import { parseStatements } from '../../postgres/parse.ts'
import { genericPlan } from '../../postgres/prepared.ts'
import { relationId } from '../../ground/names.ts'
import { columnOf, nodeParts } from '../../rows/tree.ts'
import type { Note } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { listed } from '../sentence.ts'
import { tryEach } from '../trial.ts'
import { conditionsOf, equalColumns, type Source } from './conditions.ts'
import { isolatingColumns, isolationOf } from './isolation.ts'
import { isTotal, keysetMend, orderMend } from './paging.ts'
import { namedIn } from './named-in.ts'
import { shownColumns } from './shown.ts'

type Context = Pick<RuleContext, 'architecture' | 'catalog' | 'db'>
type Select = Record<string, unknown>

const selectOf = (form: QueryForm): Select | null => {
  const parts = nodeParts(parseStatements(form.sql)[0]?.node)
  return parts?.[0] === 'SelectStmt' ? parts[1] : null
}

const pageNotes = (
  rule: QueryRule,
  form: QueryForm,
  sources: readonly Source[],
  context: Context,
): readonly Note[] => {
  const select = selectOf(form)
  if (select === null) return []
  const notes: Note[] = []
  const order = (select['sortClause'] ?? []) as readonly unknown[]
  const sorted = order.flatMap((one) => columnOf(nodeParts(one)?.[1]['node']) ?? [])
  const name = `"${rule.sentence}"`
  // An aggregate over all rows is one row, whatever stands below it.
  const isPaged = 'limitCount' in select && select['op'] === 'SETOP_NONE' && !('groupClause' in select)
  // A policy lets rows of one tenant through.
  const isolated = rule.asApplication
    ? sources.flatMap(({ id }) => isolatingColumns(id, context.architecture, context.catalog))
    : []
  const same = [...equalColumns(form.sql), ...isolated]
  const paged = { select, sources, same, catalog: context.catalog }
  if (isPaged && !isTotal(paged)) {
    const told =
      order.length === 0 ? 'without an order' : `ordered by ${listed(sorted)}, which several rows may share`
    notes.push({
      rule: rule.id,
      code: 'query.limit-without-order',
      severity: 'warning',
      summary: `${name} takes the first rows ${told}`,
      why: 'which of them come is left to the plan: the next page may repeat rows, or leave some out',
      mend: orderMend(paged),
    })
  }
  if ('limitOffset' in select)
    notes.push({
      rule: rule.id,
      code: 'query.offset-paging',
      severity: 'warning',
      summary: `${name} pages with offset`,
      why: 'PostgreSQL reads every row before the offset and throws it away: each page is slower than the one before',
      mend: keysetMend(paged),
    })
  return notes
}

/** Partitions are read under the name of their whole. */
const wholeOf = (id: string, { catalog }: Context): string => {
  const above = catalog.tables.get(id)?.partitionOf
  return above ? wholeOf(above, { catalog } as Context) : id
}

/** Relations that its plan reads; null where PostgreSQL gives none. */
const relationsRead = async (form: QueryForm, context: Context): Promise<readonly string[] | null> => {
  const [reply] = await tryEach(context.db, [], [genericPlan(form.sql, form.parameters.length)])
  await context.db.batch(['deallocate all'])
  const plan = reply!.commands.map(({ rows }) => parsePlan(rows[0]?.[0] ?? '')).find((one) => one !== null)
  if (!plan) return null
  const found = nodesOf(plan).flatMap((node) =>
    typeof node['Relation Name'] === 'string' && typeof node['Schema'] === 'string'
      ? [relationId({ schema: node['Schema'], name: node['Relation Name'] })]
      : [],
  )
  return [...new Set(found.map((id) => wholeOf(id, context)))]
}

/** Tables that the policies of these read: whoever asks reads them too. */
const readByPolicies = (
  ids: readonly string[],
  { architecture, catalog }: Context,
): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const open = [...ids]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (catalog.tables.get(id)?.rowSecurity !== true) continue
    const named = catalog.of(id, 'policy').flatMap(({ dependsOn }) => dependsOn)
    // What a function reads that they call, the catalog does not know.
    const members = isolationOf(id, architecture, catalog)?.members ?? []
    for (const table of [
      ...named.map((used) => catalog.structures.get(used)?.table),
      ...members.flatMap(({ tables }) => tables),
    ]) {
      if (table == null || table === id || found.has(table) || ids.includes(table)) continue
      found.set(table, id)
      open.push(table)
    }
  }
  return found
}

const readNotes = async (
  rule: QueryRule,
  form: QueryForm,
  sources: readonly Source[],
  context: Context,
): Promise<readonly Note[]> => {
  const names = new Set(sources.map(({ id }) => id))
  const whole = new Set(rule.reads.map((id) => wholeOf(id, context)))
  // What a view reads is the view's affair.
  const isOverViews = [...names, ...rule.reads].some((id) => !context.catalog.tables.has(id))
  const read = isOverViews ? null : await relationsRead(form, context)
  const more = (read ?? []).filter((id) => !whole.has(id) && !rule.reads.includes(id))
  const guarding = rule.asApplication ? readByPolicies([...names], context) : new Map<string, string>()
  const idle = isOverViews
    ? []
    : rule.reads.filter((id) => !names.has(id) && !(read ?? []).includes(id) && !guarding.has(id))
  const behind = [...guarding].filter(([id]) => !rule.reads.includes(id) && !more.includes(id))
  return [
    ...behind.map(([id, guarded]): Note => ({
      rule: rule.id,
      code: 'query.reads',
      severity: 'warning',
      summary: `"${rule.sentence}" reads ${id} by the policies of ${guarded}, and does not name it`,
      why: 'its rows are not loaded for its proof, so that its budget is held against what an empty table lets through',
      mend: `Name it: query('…', ${namedIn([...rule.reads, id])}, …).`,
    })),
    ...more.map((id): Note => ({
      rule: rule.id,
      code: 'query.reads',
      severity: 'error',
      summary: `"${rule.sentence}" reads ${id}, which it does not name`,
      why: 'its rows are not loaded for its proof, so that its budget is held against an empty table',
      mend: `Name it: query('…', ${namedIn([...rule.reads, id])}, …).`,
    })),
    ...idle.map((id): Note => ({
      rule: rule.id,
      code: 'query.reads',
      severity: 'warning',
      summary: `"${rule.sentence}" names ${id}, and does not read it`,
      why: 'what it names is what its types and its proof are made of',
      mend: `Take it out: query('…', ${namedIn(rule.reads.filter((one) => one !== id))}, …).`,
    })),
  ]
}

const columnNotes = async (rule: QueryRule, form: QueryForm, context: Context): Promise<readonly Note[]> => {
  if (rule.shows === null) return []
  const shown = await shownColumns(form, rule.shows, context.db)
  if (shown === null) return []
  const stated = Object.keys(rule.shows)
  const unread = shown.filter(({ name }) => !stated.includes(name)).map(({ name }) => name)
  const missing = stated.filter((name) => !shown.some((one) => one.name === name))
  const other = shown.filter(({ name, isStated }) => stated.includes(name) && !isStated)
  return [
    ...(unread.length === 0
      ? []
      : [
          {
            rule: rule.id,
            code: 'query.columns-unread',
            severity: 'warning',
            summary: `"${rule.sentence}" fetches ${listed(unread)}, which its row type does not have`,
            why: 'nobody reads them, they go over the wire with every row, and no index alone can answer',
            mend: `Name the columns that are read: select ${stated.join(', ')} …`,
          } as const,
        ]),
    ...missing.map((name): Note => ({
      rule: rule.id,
      code: 'query.row-type',
      severity: 'error',
      summary: `"${rule.sentence}" does not return the column "${name}" of its row type`,
      why: 'the application would read undefined where its types promise a value',
      mend: `Select it, or take it out of the row type; the statement returns: ${shown.map((one) => one.name).join(', ')}.`,
    })),
    ...other.map(({ name, type }): Note => ({
      rule: rule.id,
      code: 'query.row-type',
      severity: 'error',
      summary: `"${rule.sentence}" returns "${name}" as ${type}, not as ${rule.shows![name]}`,
      why: 'the driver gives the application another kind of value than its types promise',
      mend: `State ${name}: '${type}', or cast it in the statement.`,
    })),
  ]
}

/** Needs `loadParser()`. */
export const notesOf = async (rule: QueryRule, context: Context): Promise<readonly Note[]> => {
  const notes: Note[] = []
  for (const form of rule.forms) {
    const { sources } = conditionsOf(form.sql, (id) =>
      (context.catalog.tables.get(id)?.columns ?? []).map(({ name }) => name),
    )
    notes.push(
      ...pageNotes(rule, form, sources, context),
      ...(await readNotes(rule, form, sources, context)),
      ...(await columnNotes(rule, form, context)),
    )
  }
  // Several calls of one query say the same of it.
  return [...new Map(notes.map((note) => [note.summary, note])).values()]
}
