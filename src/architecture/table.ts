/** `table(…)`: one declared table. Its value is the plain DeclaredTable; its type knows the rows. */
import { parseRelationName, relationId } from '../ground/names.ts'
import type { DeclaredColumn, DeclaredTable } from './architecture.ts'
import { columnTypeFault } from './check-column-type.ts'
import type { AnyColumn, ColumnCheck } from './column-type.ts'
import { declaredAt } from './declared-at.ts'
import type { FormerName } from './former-name.ts'
import type { FragmentColumn, FragmentRules } from './fragment-column.ts'
import { makeOptionalRule } from './kinds/optional.ts'
import { makeTypeRule } from './kinds/type.ts'
import type { RowTypes, TableFacts } from './row-types.ts'
import type { AnyRuleSet, RulePlace } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'
import { makeRules, type Rules } from './rules.ts'
import { rulesWritten } from './rules-written.ts'
import type { AssayError } from '../ground/errors.ts'
import type { TableKey, TableName } from './table-key.ts'
import type { UserType } from './user-type.ts'

/** Key: its name in queries and references; Row: its columns for Kysely; References: the foreign keys it declares. */
export interface Table<
  Key extends string = string,
  Row = unknown,
  References = unknown,
> extends DeclaredTable {
  /** Its rules without those that columns have by themselves; absent: all of them. */
  readonly written?: readonly DeclaredRule[]
  /** What is wrong with the declaration; thrown together by `architecture()`. */
  readonly faults: readonly AssayError[]
  /** Exists for the compiler only. */
  readonly $table?: { readonly key: Key; readonly row: Row; readonly references: References }
}

const isFragmentColumn = (column: AnyColumn): column is FragmentColumn =>
  typeof column === 'object' && column !== null && 'fragment' in column

/** A column without the fragments around it, which are gathered outermost last. */
const unwrap = (column: AnyColumn, fragments: Set<FragmentRules>): string | UserType => {
  if (!isFragmentColumn(column)) return column
  const inner = unwrap(column.column, fragments)
  fragments.add(column.fragment)
  return inner
}

/** Of a config that nobody type-checked, anything may come; what is no type at all is reported and read as text. */
const isType = (column: string | UserType): boolean =>
  typeof column === 'string' || (typeof column === 'object' && column !== null && 'columnRules' in column)

const kindsThatRefuseNull: ReadonlySet<string> = new Set(['required', 'primaryKey', 'identity', 'generated'])

/** The rules that columns have by themselves: type, optional, and what an enum or a domain brings. */
const columnRules = (
  place: RulePlace,
  columns: Readonly<Record<string, string | UserType>>,
  written: readonly DeclaredRule[],
): readonly DeclaredRule[] => {
  const notOptional = new Set(
    written.filter((rule) => kindsThatRefuseNull.has(rule.kind)).flatMap((rule) => rule.columns),
  )
  return Object.entries(columns).flatMap(([name, type]) => {
    const own = typeof type === 'string' ? [] : type.columnRules(place, name)
    const optional = notOptional.has(name) || (typeof type !== 'string' && type.refusesNull)
    return [
      makeTypeRule(place, name, typeof type === 'string' ? type : type.type),
      ...(optional ? [] : [makeOptionalRule(place, name)]),
      ...own,
    ]
  })
}

/**
 * One table: its columns with their SQL types, and the rules that must hold of its rows. The TypeScript types of
 * its rows follow from both. A dot in the name separates the schema; `{ schema, name }` takes names with dots.
 *
 * @example
 * export const products = table('products', {
 *   id: 'bigint',
 *   slug: 'varchar(100)',
 *   price: 'numeric(10,2)',
 *   created_at: 'timestamptz',
 * }, (t) => [
 *   t.identity('id'),
 *   t.primaryKey('id'),
 *   t.required('slug', 'price'),
 *   t.defaults({ created_at: 'now()' }),
 *   t.unique('slug'),
 *   t.check('price_not_negative', 'price >= 0'),
 * ])
 * // create table "products" (
 * //   "id" bigint generated always as identity primary key,
 * //   "slug" varchar(100) not null unique,
 * //   "price" numeric(10,2) not null constraint "price_not_negative" check (price >= 0),
 * //   "created_at" timestamptz default now()
 * // )
 */
export const table = <
  const Name extends TableName,
  const Columns extends Readonly<Record<string, AnyColumn>>,
  const Written extends readonly AnyRuleSet[] = readonly [],
>(
  name: Name,
  columns: { readonly [K in keyof Columns]: ColumnCheck<Columns[K]> },
  rules?: (t: Rules<keyof Columns & string>) => Written,
): Table<
  TableKey<Name>,
  RowTypes<Columns, TableFacts<Columns, Written>>,
  TableFacts<Columns, Written>['references']
> => {
  const at = declaredAt(table)
  const named: TableName = name
  const relation = typeof named === 'string' ? parseRelationName(named) : named
  const id = relationId(relation)
  const faults: AssayError[] = []
  const given: Readonly<Record<string, AnyColumn>> = columns
  const tableColumns = Object.keys(given)
  const renamedFrom: FormerName[] = []
  const place: RulePlace = {
    table: id,
    tableColumns,
    at,
    refuse: (fault) => faults.push(fault),
    rename: (name) => renamedFrom.push(name),
  }

  const fragments = new Set<FragmentRules>()
  const typed: (readonly [string, string | UserType])[] = []
  for (const [column, wrapped] of Object.entries(given)) {
    const type = unwrap(wrapped, fragments)
    const fault = columnTypeFault(place, column, type)
    if (fault !== null) faults.push(fault)
    typed.push([column, isType(type) ? type : 'text'])
  }
  // A column may be named __proto__, which an assignment would lose.
  const types: Readonly<Record<string, string | UserType>> = Object.fromEntries(typed)
  const declared: readonly DeclaredColumn[] = Object.entries(types).map(([column, type]) => ({
    name: column,
    type: typeof type === 'string' ? type : type.type,
  }))
  const t = makeRules(place)
  const sets = [...[...fragments].flatMap((fragment) => fragment.write(t)), ...(rules?.(t) ?? [])]
  const written = rulesWritten(place, sets)
  return {
    schema: relation.schema,
    name: relation.name,
    id,
    columns: declared,
    rules: [...columnRules(place, types, written), ...written],
    written,
    at,
    faults,
    ...(renamedFrom.length === 0 ? {} : { renamedFrom }),
  }
}
