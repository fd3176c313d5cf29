/** What is left of a child when its parent went or changed: conditions on the referencing columns, by action. */
import type { DefaultsRule } from '../../architecture/kinds/defaults.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { optionalColumns, primaryKeyColumns, rulesOf } from '../declared.ts'
import { rowsAre, type Case, type Ground } from '../draft.ts'
import type { Expected, World } from '../experiment.ts'
import { obstaclesTo, type Family, type ForeignKey } from '../foreign-key.ts'
import { freshKeys } from '../fresh-value.ts'
import { makeRow } from '../make-row.ts'
import { referring } from '../removals.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { quieted, withoutRewrites } from '../quiet.ts'
import { addUntriggered, comesOut } from '../untriggered.ts'

/** The declared default of a column as an SQL expression; null when it has none. */
export const defaultOf = (key: ForeignKey, context: RuleContext, column: string): string | null =>
  rulesOf<DefaultsRule>(context.architecture, key.rule.table, 'defaults').find((r) => r.column === column)
    ?.expression ?? null

/** The value that each referencing column gets; required ones keep theirs under SET NULL (a column list in the DDL). */
export const valueAfter = (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  action: 'set null' | 'set default',
  column: string,
  sets?: readonly string[],
): string => {
  if (sets?.includes(column) === false) return family.child[column]!
  if (action === 'set default') return defaultOf(key, context, column) ?? 'null'
  const isOptional = optionalColumns(context.architecture, key.rule.table).includes(column)
  return isOptional ? 'null' : family.child[column]!
}

/** Finds the child after the action: by its key where that does not refer, else as the only row of its table. */
export const whereChild = (key: ForeignKey, family: Family, context: RuleContext): string => {
  const primary = primaryKeyColumns(context.architecture, key.rule.table)
  const refers = primary.length === 0 || primary.some((c) => key.rule.columns.includes(c))
  return refers ? 'true' : context.rows.where(context.table, family.child)
}

/** Selects how many rows are as the action leaves the child: one. */
export const countAfter = (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  action: 'set null' | 'set default',
  /** Absent: as the action sets them by itself. */
  sets?: readonly string[],
): string => {
  const conditions = key.rule.columns.map(
    (c) => `${ident(c)} is not distinct from (${valueAfter(key, family, context, action, c, sets)})`,
  )
  return `select count(*) from ${qualified(context.table)} where ${[whereChild(key, family, context), ...conditions].join(' and ')}`
}

export const oneRow: Expected = rowsAre(['1'])

/** The row that a default points to: SET DEFAULT needs it, and every other action has to be told from SET DEFAULT. */
const defaultParent = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  before: readonly string[],
): Promise<readonly string[]> => {
  const { columns, onDeleteSets = columns } = key.rule
  const values = columns.map((c) =>
    onDeleteSets.includes(c) ? defaultOf(key, context, c) : family.child[c]!,
  )
  if (values.some((value) => value === null)) return []
  const pins = Object.fromEntries(key.targetColumns.map((c, i) => [c, `(${values[i]})`]))
  const made = await makeRow(context, key.target, { pins, family: 'a', before })
  return 'unsolved' in made ? [] : [...made.given, context.rows.insert(key.target, made.row)]
}

/** The expectation with the name that PostgreSQL gives: that of a partition's copy, where it is one. */
const asReported = async (
  key: ForeignKey,
  context: RuleContext,
  world: World,
  statements: readonly string[],
  then: Expected,
): Promise<Expected> => {
  if (then.kind !== 'rejected' || key.names.length === 1) return then
  const fault = await tryOne(context.db, world, statements)
  const isCopy = fault?.constraint != null && key.names.includes(fault.constraint)
  return isCopy ? { kind: 'rejected', by: { ...then.by, constraint: fault.constraint! } } : then
}

/** Adds a case in which a parent goes, changes or comes late, with what would answer in the key's place set aside. */
export const addParentCase = async (
  key: ForeignKey,
  context: RuleContext,
  ground: Ground,
  { title, given, when, then }: Case & { readonly given: readonly string[] },
): Promise<void> => {
  // What comes out as expected by itself needs nobody set aside, and then it is this key that is named.
  if (key.names.length === 1 && (await comesOut(context, ground, { title, given, when, then }))) {
    ground.draft.add({ title, given, when, then })
    return
  }
  const tables = [context.table, key.target]
  const quiet = quieted(context, tables)
  const aside = await obstaclesTo(key, context, ground.world, [...quiet, ...given], when)
  const statements = [...quiet, ...aside, ...given, ...when]
  const one = {
    title,
    given: [...aside, ...given],
    when,
    then: await asReported(key, context, ground.world, statements, then),
  }
  // What else points to the parent is written along with it, and may forbid every statement, with rows or without.
  const others = [...referring(context.catalog, key.rule.target)].flatMap((id) => {
    const other = context.catalog.tables.get(id)
    return other && !tables.includes(other) ? [other] : []
  })
  await addUntriggered(context, ground, one, tables, others)
}

/** RESTRICT has a SQLSTATE of its own from PostgreSQL 18 on. */
export const refusedParent = (key: ForeignKey, action: 'restrict' | 'no action'): Expected => ({
  kind: 'rejected',
  by: {
    sqlstate: action === 'restrict' ? ['23001', '23503'] : '23503',
    constraint: key.name,
  },
})

/** What points to the parent is deleted and changed along with it, by statements that no rewrite rule may take over. */
const unrewritten = ({ rule, target }: ForeignKey, context: RuleContext): readonly string[] => {
  const { catalog, table } = context
  const beside = [...referring(catalog, rule.target)].flatMap((id) => catalog.tables.get(id) ?? [])
  return [...new Set([table, target, ...beside])].flatMap((one) => withoutRewrites(context, one, 'instead'))
}

/** Parent and child, and the row that the child's default points to. */
export const familyStands = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
): Promise<readonly string[]> => {
  const statements = [
    ...unrewritten(key, context),
    ...family.beforeParent,
    family.insertParent,
    ...family.beforeChild,
    family.insertChild,
  ]
  return [...statements, ...(await defaultParent(key, family, context, statements))]
}

/** Further keys of the target that nothing has, other than the family's. */
export const otherKeys = async (
  context: RuleContext,
  key: ForeignKey,
  family: Family,
  column: string,
): Promise<readonly string[]> => {
  const referring = key.rule.columns[key.targetColumns.indexOf(column)]
  const byDefault = referring === undefined ? null : defaultOf(key, context, referring)
  const taken = [family.parent[column]!, ...(byDefault === null ? [] : [`(${byDefault})`])]
  return freshKeys(context, key.target, column, taken)
}
