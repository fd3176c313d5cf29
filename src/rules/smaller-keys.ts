/** Keys that may speak before an exclusion does: what conflicts in all of its elements may be equal in theirs, and refused there. */
import type { ExcludesRule } from '../architecture/kinds/excludes.ts'
import type { KeyFacts } from '../catalog/key/key.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import type { Table } from '../catalog/table.ts'
import { uniquesOf } from '../catalog/unique.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { RuleContext } from './rule-kind.ts'

/** Equal by nothing but these columns: two rows that conflict always agree in them. */
const equalColumns = (rule: ExcludesRule): readonly string[] =>
  rule.elements.flatMap(({ column, operator }) => (column !== null && operator === '=' ? [column] : []))

type Asked = Pick<RuleContext, 'catalog' | 'table' | 'claims'>

/** Over these columns alone. */
const keysWithin = (columns: readonly string[], { catalog, table, claims }: Asked) =>
  [...primaryKeysOf(catalog, table.id), ...uniquesOf(catalog, table.id)].filter(
    ({ id, facts }) =>
      !claims.includes(id) &&
      !facts.withoutOverlaps &&
      facts.predicate === null &&
      facts.keys.every(({ column }) => column !== null && columns.includes(column)),
  )

/**
 * Columns in which rows that conflict had better differ: a key over the period itself refuses the same period twice, but
 * not two that overlap. One of each key.
 */
export const columnsToDiffer = (rule: ExcludesRule, context: Asked): ReadonlySet<string> => {
  const equal = equalColumns(rule)
  const columns = rule.elements.flatMap(({ column }) => column ?? [])
  return new Set(
    keysWithin(columns, context).flatMap(({ facts }) =>
      facts.keys
        .flatMap(({ column }) => (column !== null && !equal.includes(column) ? [column] : []))
        .slice(0, 1),
    ),
  )
}

/** A mutant of the database may lack it already. */
export const takeKeyAway = (
  table: Table,
  { name, isConstraint }: Pick<KeyFacts, 'name' | 'isConstraint'>,
): string =>
  isConstraint
    ? `alter table ${qualified(table)} drop constraint if exists ${ident(name)} cascade`
    : `drop index if exists ${qualified({ schema: table.schema, name })} cascade`

/**
 * Takes these keys away, so that the exclusion is heard. They are proven by rules of their own.
 */
export const smallerKeysAside = (rule: ExcludesRule, context: Asked): readonly string[] =>
  keysWithin(equalColumns(rule), context).map(({ facts }) => takeKeyAway(context.table, facts))
