/** `t.references('tenant_id', 'tenants', { onDelete: 'cascade' })` */
import type { ReferencesFacts } from '../../../catalog/foreign-key.ts'
import { primaryKeysOf } from '../../../catalog/primary-key.ts'
import { referencesOf } from '../../../catalog/references.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { array, call, entry, object, type Code, type Entry } from '../code.ts'
import { deferrableEntries } from '../deferrable.ts'
import { firstOfEach } from '../first-of-each.ts'
import { text } from '../literals.ts'
import type { PrintContext, PrintedRule, PrintKind } from '../print-kind.ts'
import { tableName } from '../relation-code.ts'

const oneOrList = (columns: readonly string[]): Code =>
  columns.length === 1 ? text(columns[0] ?? '') : array(columns.map(text))

/** Not as the rule means SET NULL: what may be empty is emptied, the rest stays. */
const setsOtherwise = ({ columns, onDelete, onDeleteColumns }: ReferencesFacts, table: Table): boolean => {
  if (onDelete !== 'set null') return onDeleteColumns !== null
  const optional = columns.filter((name) => table.columns.find((c) => c.name === name)?.notNull !== true)
  return JSON.stringify((onDeleteColumns ?? columns).toSorted()) !== JSON.stringify(optional.toSorted())
}

const optionsOf = (
  facts: ReferencesFacts,
  table: Table,
  target: readonly string[] | undefined,
): readonly Entry[] => [
  ...(JSON.stringify(target) === JSON.stringify(facts.targetColumns)
    ? []
    : [entry('columns', oneOrList(facts.targetColumns))]),
  ...(facts.onDelete === 'no action' ? [] : [entry('onDelete', text(facts.onDelete))]),
  ...(facts.onUpdate === 'no action' ? [] : [entry('onUpdate', text(facts.onUpdate))]),
  ...(facts.period ? [entry('period', text(facts.columns.at(-1) ?? ''))] : []),
  ...(facts.match === 'full' ? [entry('match', text('full'))] : []),
  ...(setsOtherwise(facts, table)
    ? [entry('onDeleteSets', oneOrList(facts.onDeleteColumns ?? facts.columns))]
    : []),
  ...deferrableEntries(facts.deferrable),
]

/** Why no rule states it; null when one does. */
const reasonLeft = (facts: ReferencesFacts, { isDeclared }: PrintContext): string | null => {
  if (facts.notEnforced) return 'it is NOT ENFORCED: PostgreSQL never asks it'
  if (!isDeclared(facts.target)) return `the table that it points to, ${facts.target}, is not declared`
  return null
}

const printOne = (
  { id, facts }: Structure<ReferencesFacts>,
  table: Table,
  { whole }: PrintContext,
): readonly PrintedRule[] => {
  const target = whole.tables.get(facts.target)
  if (!target) return []
  const options = optionsOf(facts, table, primaryKeysOf(whole, target.id)[0]?.facts.columns)
  const rest = options.length > 0 ? [object(options)] : []
  return [{ code: call('t.references', oneOrList(facts.columns), tableName(target), ...rest), claims: [id] }]
}

export const printReferences: PrintKind = (table, context) => {
  const all = referencesOf(context.catalog, table.id).map((one) => ({
    one,
    why: reasonLeft(one.facts, context),
  }))
  // As the ids of rules have it: what a foreign key does is no part of which one it is.
  const { first, others } = firstOfEach(
    all.filter(({ why }) => why === null),
    ({ one: { facts } }) => JSON.stringify([facts.columns, facts.target]),
  )
  return {
    rules: first.flatMap(({ one }) => printOne(one, table, context)),
    left: [
      ...all.flatMap(({ one, why }) => (why === null ? [] : [{ structure: one.id, why }])),
      ...others.map(({ one: { one }, before }) => ({
        structure: one.id,
        why: `${before.one.name} leads from the same columns to the same table, and one rule states both`,
      })),
    ],
  }
}
