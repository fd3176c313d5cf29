/** `view(…)` and `materializedView(…)`: a query under a name, with what must hold of it. */
import type { AssayError } from '../ground/errors.ts'
import { parseRelationName, relationId } from '../ground/names.ts'
import type { DeclaredView } from './architecture.ts'
import { columnTypeFault } from './check-column-type.ts'
import type { ColumnCheck } from './column-type.ts'
import { declaredAt } from './declared-at.ts'
import type { ProvesMethod } from './kinds/proves.ts'
import type { SaysMethod } from './kinds/says.ts'
import { makeMaterializedViewRule, makeViewRule, type ViewParts } from './kinds/view.ts'
import type { VisibleToMethod } from './kinds/visible-to.ts'
import type { WrittenByMethod } from './kinds/written-by.ts'
import type { RowTypes } from './row-types.ts'
import { oneOf, refuseUnknownKeys } from './rule-options.ts'
import { declarationFault, type AnyRuleSet, type RulePlace } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'
import { makeRules } from './rules.ts'
import type { TableKey, TableName } from './table-key.ts'
import type { UserType } from './user-type.ts'

/** Key: its name in queries; Row: its columns for Kysely. */
export interface View<Key extends string = string, Row = unknown> extends DeclaredView {
  readonly query: string
  /** What is wrong with the declaration; thrown together by `architecture()`. */
  readonly faults: readonly AssayError[]
  /** Exists for the compiler only. */
  readonly $view?: { readonly key: Key; readonly row: Row }
}

type ViewColumn = string | UserType
type ViewColumns = Readonly<Record<string, ViewColumn>>

interface QueryOptions<Columns> {
  /** Names and SQL types of what it shows, in order: queries over it are typed by them. Left out: those of the query. */
  readonly columns?: { readonly [K in keyof Columns]: ColumnCheck<Columns[K]> }
}

export interface ViewOptions<Columns> extends QueryOptions<Columns> {
  /** Its tables are read with the rights, and under the policies, of who asks; otherwise with its owner's. */
  readonly securityInvoker?: boolean
  /** No function of who asks sees a row before the view's own conditions have let it through. */
  readonly securityBarrier?: boolean
  /** What is written through it has to be visible through it: by its own conditions, or also those of views under it. */
  readonly checkOption?: 'local' | 'cascaded'
}

export interface MaterializedViewOptions<Columns> extends QueryOptions<Columns> {
  /** Its indexes, as whole statements; a unique one over all rows lets it be refreshed while others read. */
  readonly indexes?: string | readonly string[]
}

/** What may be asked of a view beside its query. K: the names of its columns. */
export interface ViewRules<K extends string>
  extends VisibleToMethod<K>, SaysMethod<K>, WrittenByMethod, ProvesMethod {}

/** Without declared columns, whatever the query shows. */
type ViewRow<Columns> = string extends keyof Columns
  ? Readonly<Record<string, unknown>>
  : RowTypes<Columns, never>

type Typed<Name extends TableName, Columns> = View<TableKey<Name>, ViewRow<Columns>>

interface Opened {
  readonly view: Omit<View, 'rules' | 'query' | 'faults'>
  readonly place: RulePlace
  readonly faults: AssayError[]
  readonly parts: ViewParts
}

const open = (
  name: TableName,
  query: unknown,
  columns: ViewColumns | undefined,
  at: RulePlace['at'],
): Opened => {
  const relation = typeof name === 'string' ? parseRelationName(name) : name
  const id = relationId(relation)
  const faults: AssayError[] = []
  const types = Object.entries(columns ?? {}).map(
    ([column, type]) => [column, typeof type === 'string' ? type : type.type] as const,
  )
  const tableColumns = types.map(([column]) => column)
  const place: RulePlace = { table: id, tableColumns, at, refuse: (fault) => faults.push(fault) }
  for (const [column, type] of Object.entries(columns ?? {})) {
    const fault = columnTypeFault(place, column, type)
    if (fault !== null) faults.push(fault)
  }
  if (typeof query !== 'string' || query.trim() === '')
    place.refuse(
      declarationFault(
        place,
        'no-query',
        `${id}: the view has no query.`,
        "Give its select as text: view('active_users', `select … from users …`).",
      ),
    )
  const text = typeof query === 'string' ? query.trim().replace(/;$/u, '') : ''
  const shape = columns === undefined ? null : Object.fromEntries(types)
  return {
    view: { schema: relation.schema, name: relation.name, id, at },
    place,
    faults,
    parts: { query: text, shape },
  }
}

const withRules = <K extends string>(
  { view, place, faults, parts }: Opened,
  own: DeclaredRule,
  rules: ((v: ViewRules<K>) => readonly AnyRuleSet[]) | undefined,
): View => {
  const sets = rules?.(makeRules(place)) ?? []
  return { ...view, query: parts.query, rules: [own, ...sets.flatMap((set) => set.rules)], faults }
}

/**
 * A view: what its query selects, and who may see it. The proof lays rows in the tables under it and compares what
 * it shows with what the query answers there.
 *
 * @example
 * export const activeUsers = view('active_users', `
 *   select id, name from users where deleted_at is null
 * `, { columns: { id: 'bigint', name: 'text' }, securityInvoker: true }, (v) => [
 *   v.visibleTo('app', 'select'),
 * ])
 * // create view "active_users" with (security_invoker = true) as select id, name from users where deleted_at is null
 */
export const view = <const Name extends TableName, const Columns extends ViewColumns = ViewColumns>(
  name: Name,
  query: string,
  options: ViewOptions<Columns> = {},
  rules?: (v: ViewRules<keyof Columns & string>) => readonly AnyRuleSet[],
): Typed<Name, Columns> => {
  const columns: ViewColumns | undefined = options.columns
  const opened = open(name, query, columns, declaredAt(view))
  const { place } = opened
  refuseUnknownKeys(place, 'view', options, ['columns', 'securityInvoker', 'securityBarrier', 'checkOption'])
  const own = makeViewRule(place, opened.parts, {
    securityInvoker: options.securityInvoker ?? false,
    securityBarrier: options.securityBarrier ?? false,
    checkOption:
      options.checkOption === undefined
        ? null
        : oneOf(place, 'view', options.checkOption, ['local', 'cascaded']),
  })
  return withRules(opened, own, rules) as Typed<Name, Columns>
}

/**
 * A materialized view: its query's rows as they were when it was last refreshed. The proof shows that it is stale
 * until then, and equal to the query after.
 *
 * @example
 * export const salesByDay = materializedView('sales_by_day', `
 *   select sold_on, sum(amount) as total from sales group by sold_on
 * `, { indexes: 'create unique index sales_by_day_key on sales_by_day (sold_on)' })
 * // create materialized view "sales_by_day" as select sold_on, sum(amount) as total from sales group by sold_on
 */
export const materializedView = <
  const Name extends TableName,
  const Columns extends ViewColumns = ViewColumns,
>(
  name: Name,
  query: string,
  options: MaterializedViewOptions<Columns> = {},
  rules?: (v: ViewRules<keyof Columns & string>) => readonly AnyRuleSet[],
): Typed<Name, Columns> => {
  const columns: ViewColumns | undefined = options.columns
  const opened = open(name, query, columns, declaredAt(materializedView))
  const { place } = opened
  refuseUnknownKeys(place, 'materializedView', options, ['columns', 'indexes'])
  const own = makeMaterializedViewRule(place, opened.parts, [options.indexes ?? []].flat())
  return withRules(opened, own, rules) as Typed<Name, Columns>
}
