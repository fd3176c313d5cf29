/** `historyOf(…)`: the declared history of a versioned table, made from the table, so that nobody writes it twice. */
import type { ColumnType, SelectType } from 'kysely'
import { parseRelationName, relationId } from '../ground/names.ts'
import type { AssayError } from '../ground/errors.ts'
import type { DeclaredColumn } from './architecture.ts'
import { declaredAt } from './declared-at.ts'
import { makeCheckRules } from './kinds/check.ts'
import { makeOptionalRule } from './kinds/optional.ts'
import { makePrimaryKeyRules } from './kinds/primary-key.ts'
import { makeRequiredRules } from './kinds/required.ts'
import { makeTypeRule } from './kinds/type.ts'
import { periodColumn, type VersionedRule } from './kinds/versioned.ts'
import { makeVisibleToRules, type VisibleToRule } from './kinds/visible-to.ts'
import { declarationFault, type RulePlace, type VersionsFact } from './rule-set.ts'
import type { DeclaredRule } from './rule.ts'
import type { Table } from './table.ts'

/** The name of a table's history, from what its rules tell the compiler; never: it has none. */
export type HistoryName<References> = References extends VersionsFact<infer History> ? History : never

/** The sentence that the compiler shows for a table without versions; unknown for one that has them. */
export type VersionsCheck<Key extends string, References> = [HistoryName<References>] extends [never]
  ? `"${Key}" keeps no versions: write t.versioned({ history: '${Key}_history' }) among its rules`
  : unknown

/** Stands where a value would have to: an object type without any key would take every value. */
type NobodyWrites = 'a history is written by the triggers of its table'

/** The table's columns and the period. The application reads them and never writes one. */
export type HistoryRow<Row> = {
  [K in keyof Row | 'valid']: K extends keyof Row
    ? ColumnType<SelectType<Row[K]>, never, never>
    : ColumnType<string, NobodyWrites, NobodyWrites>
}

/** Rules that hold of every version as they hold of the row: what the columns take, and whose they are. */
const keptKinds: ReadonlySet<string> = new Set(['type', 'optional', 'enum', 'domain', 'isolatedBy'])

const isVersioned = (rule: DeclaredRule): rule is VersionedRule => rule.kind === 'versioned'
const isVisibleTo = (rule: DeclaredRule): rule is VisibleToRule => rule.kind === 'visibleTo'

const columnsOfKind = (table: Table, ...kinds: readonly string[]): readonly string[] =>
  table.rules.filter((rule) => kinds.includes(rule.kind)).flatMap((rule) => rule.columns)

/** Whoever reads a column of the table reads it in its versions; nobody writes them but the triggers. */
const accessRules = (place: RulePlace, rule: VisibleToRule): readonly VisibleToRule[] => {
  const { select } = rule.privileges
  if (select === undefined) return makeVisibleToRules(place, rule.role)
  const columns = select === true ? select : [...select, periodColumn]
  return makeVisibleToRules(place, rule.role, { select: columns })
}

const historyRules = (of: Table, place: RulePlace): readonly DeclaredRule[] => {
  const key = of.rules.find((rule) => rule.kind === 'primaryKey')?.columns ?? []
  if (key.length === 0)
    place.refuse(
      declarationFault(
        of,
        'versions-without-key',
        `${of.id} keeps versions and has no primary key: nobody could say which row a version is of.`,
        `Declare t.primaryKey(…) in ${of.id}.`,
      ),
    )
  const optional = new Set(columnsOfKind(of, 'optional'))
  const computed = of.rules.filter((rule) => rule.kind === 'generated').map((rule) => rule.columns[0] ?? '')
  const required = new Set(columnsOfKind(of, 'required', 'identity'))
  const named = of.columns.map((column) => column.name).filter((column) => !key.includes(column))
  return [
    ...of.rules
      .filter((rule) => keptKinds.has(rule.kind))
      .map((rule) => ({
        ...rule,
        id: `${place.table}${rule.id.slice(of.id.length)}`,
        table: place.table,
        at: place.at,
      })),
    makeTypeRule(place, periodColumn, 'tstzrange'),
    ...computed
      .filter((column) => !required.has(column) && !optional.has(column))
      .map((column) => makeOptionalRule(place, column)),
    ...named.filter((column) => required.has(column)).flatMap((column) => makeRequiredRules(place, column)),
    ...(key.length === 0 ? [] : makePrimaryKeyRules(place, ...key, { withoutOverlaps: periodColumn })),
    ...makeCheckRules(place, 'valid_from_until', 'lower_inc(valid) and not upper_inc(valid)'),
    ...of.rules.filter(isVisibleTo).flatMap((rule) => accessRules(place, rule)),
  ]
}

/**
 * The history of a versioned table as a declared table: the same columns, and `valid`, the period in which they held.
 * It has its rules: one version at a time, whose columns and tenants are those of the table, read by who reads the
 * table and written by nobody.
 *
 * @example
 * export const pricesHistory = historyOf(prices)
 * // create table "prices_history" ("id" bigint not null, … "valid" tstzrange not null,
 * //   primary key ("id", "valid" without overlaps))
 */
export const historyOf = <Key extends string, Row, References>(
  of: Table<Key, Row, References> & VersionsCheck<Key, References>,
): Table<HistoryName<References>, HistoryRow<Row>, never> => {
  const at = declaredAt(historyOf)
  const faults: AssayError[] = []
  const table: Table = of
  const versioned = table.rules.find(isVersioned)
  if (versioned === undefined)
    faults.push(
      declarationFault(
        { at },
        'no-versions',
        `historyOf(${table.id}): the table keeps no versions.`,
        `Write t.versioned({ history: '${table.id}_history' }) among its rules, or take historyOf away.`,
      ),
    )
  const { schema, name } = versioned?.relation ?? parseRelationName(`${table.name}_history`)
  const id = relationId({ schema, name })
  const columns: readonly DeclaredColumn[] = [...table.columns, { name: periodColumn, type: 'tstzrange' }]
  const place: RulePlace = {
    table: id,
    tableColumns: columns.map((column) => column.name),
    at,
    refuse: (fault) => faults.push(fault),
  }
  return { schema, name, id, columns, rules: historyRules(table, place), at, faults }
}
