/** A foreign key as the references rule puts it to the test: its target, the parents of its cases, what stands in the way. */
import type { ReferencesRule } from '../architecture/kinds/references.ts'
import { primaryKeysOf } from '../catalog/primary-key.ts'
import { referencesOf } from '../catalog/references.ts'
import type { Table } from '../catalog/table.ts'
import { relationId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { cluesOfExpression } from '../rows/constants.ts'
import type { Row } from '../rows/rows.ts'
import { claimedOf } from './claimed.ts'
import { withComputedKey } from './computed-key.ts'
import { structureName } from './ddl.ts'
import { primaryKeyColumns, rulesOf } from './declared.ts'
import type { World } from './experiment.ts'
import { freshKeys, keysOfNewRows } from './fresh-value.ts'
import { foreignKeyAtTop } from './named-structures.ts'
import { makeRow, type MadeRow, type UnmadeRow } from './make-row.ts'
import type { RuleContext } from './rule-kind.ts'
import { settled } from './quiet.ts'
import { foreignKeyCopies } from './reported-names.ts'
import { tryOne } from './trial.ts'

export interface ForeignKey {
  readonly rule: ReferencesRule
  readonly target: Table
  readonly targetColumns: readonly string[]
  /** The claimed constraint's name; without one the name that it ought to have, so that no other answers for it. */
  readonly name: string
  /** That name and those of its copies on partitions, under which PostgreSQL reports what happens to a parent. */
  readonly names: readonly string[]
  readonly isSelf: boolean
}

export const foreignKeyName = (rule: ReferencesRule): string =>
  structureName(rule.table, ...rule.columns, 'fkey')

/** The columns that it points to as declared, else the target's primary key: that of a platform's table is found. */
export const pointedTo = (
  rule: ReferencesRule,
  { architecture, catalog }: Pick<RuleContext, 'architecture' | 'catalog'>,
): readonly string[] => {
  if (rule.targetColumns.length > 0) return rule.targetColumns
  const declared = primaryKeyColumns(architecture, rule.target)
  return declared.length > 0 ? declared : (primaryKeysOf(catalog, rule.target)[0]?.facts.columns ?? [])
}

/** What the table's own rows have in the column that points to this one: rows of the target that stand for them alone. */
export const keysPointedTo = async (
  key: ForeignKey,
  { rows, table }: Pick<RuleContext, 'rows' | 'table'>,
  targetColumn: string,
): Promise<readonly string[]> => {
  const column = key.rule.columns[key.targetColumns.indexOf(targetColumn)] ?? ''
  const found: string[] = []
  for (const family of ['a', 'b', 'c'] as const) {
    const value = (await rows.base(table, family))?.[column] ?? 'null'
    if (value !== 'null' && value !== 'default') found.push(value)
  }
  return found
}

/** The target's columns as declared, else its declared primary key. null when the target or its key is missing. */
export const foreignKeyOf = async (
  rule: ReferencesRule,
  context: RuleContext,
): Promise<ForeignKey | null> => {
  const target = context.catalog.tables.get(rule.target)
  const targetColumns = pointedTo(rule, context)
  if (!target || targetColumns.length !== rule.columns.length) return null
  const name = claimedOf(context, 'references')?.name ?? foreignKeyName(rule)
  return {
    rule,
    target,
    targetColumns,
    name,
    // Only partitions have copies.
    names: [context.table, target].some(({ kind }) => kind === 'partitioned')
      ? await foreignKeyCopies(context.db, context.table, name)
      : [name],
    isSelf: rule.target === rule.table,
  }
}

/** The referencing columns with a parent's key in them. */
export const pointingTo = (key: ForeignKey, parent: Row): Row =>
  Object.fromEntries(key.rule.columns.map((c, i) => [c, parent[key.targetColumns[i]!] ?? 'null']))

/** Columns of this key that the table's other references use too. */
export const sharedColumns = (key: ForeignKey, context: RuleContext): ReadonlySet<string> =>
  new Set(
    rulesOf<ReferencesRule>(context.architecture, key.rule.table, 'references')
      .filter((other) => other.id !== key.rule.id)
      .flatMap((other) => other.columns),
  )

/** Where the key can be changed without changing whose the parent is: a column that is no reference itself, the last one first. */
export const ownKeyColumn = (key: ForeignKey, context: RuleContext): string => {
  const referring = new Set(
    rulesOf<ReferencesRule>(context.architecture, key.target.id, 'references').flatMap((r) => r.columns),
  )
  const own = key.targetColumns.toReversed().find((c) => !referring.has(c)) ?? key.targetColumns.at(-1)!
  const found = key.target.columns.find((c) => c.name === own)
  if (found?.generated == null || found.default === null) return own
  // A computed key changes with what it is computed from.
  const sources = cluesOfExpression(found.default)?.columns ?? []
  return key.target.columns.findLast((c) => c.generated === null && sources.includes(c.name))?.name ?? own
}

/** A parent that nobody points to yet, and a child of it. */
export interface Family {
  /** Of the parent's key, the column that nobody else shares. */
  readonly column: string
  readonly parent: Row
  readonly child: Row
  /** Inserts of what the parent needs, of the parent, of what the child needs. */
  readonly beforeParent: readonly string[]
  readonly insertParent: string
  readonly beforeChild: readonly string[]
  readonly insertChild: string
}

/** Optional columns of the table's other references, null where that keeps the child free of other parents. */
const withoutOthers = (key: ForeignKey, context: RuleContext): Row => {
  const { architecture } = context
  const optional = new Set(rulesOf(architecture, key.rule.table, 'optional').flatMap((r) => r.columns))
  const others = rulesOf<ReferencesRule>(architecture, key.rule.table, 'references')
    .filter((other) => other.id !== key.rule.id)
    .flatMap((other) => other.columns)
  return Object.fromEntries(
    others.filter((c) => optional.has(c) && !key.rule.columns.includes(c)).map((c) => [c, 'null']),
  )
}

const makeChild = async (
  key: ForeignKey,
  context: RuleContext,
  parent: MadeRow,
  where: readonly string[],
): Promise<MadeRow | UnmadeRow> => {
  const { rows, table } = context
  const wish = {
    family: key.isSelf ? ('b' as const) : ('a' as const),
    where,
    before: [...parent.given, rows.insert(key.target, parent.row)],
    until: key.names,
  }
  const pins = pointingTo(key, parent.row)
  const alone = await makeRow(context, table, { ...wish, pins: { ...withoutOthers(key, context), ...pins } })
  const made = 'row' in alone ? alone : await makeRow(context, table, { ...wish, pins })
  if ('row' in made || key.isSelf) return made
  // A trigger of the parent's table may have made a child already, as accounts get their profiles.
  const points = Object.entries(pins).map(([column, value]) => `${ident(column)} = ${value}`)
  const remove = `delete from ${qualified(table)} where ${points.join(' and ')}`
  const instead = await makeRow(context, table, { ...wish, pins, before: [...wish.before, remove] })
  return 'row' in instead ? { ...instead, given: [remove, ...instead.given] } : made
}

/** With this value in its parent's key. */
const familyWith = async (
  key: ForeignKey,
  context: RuleContext,
  column: string,
  value: string,
  pins: Row,
  where: readonly string[],
): Promise<Family | UnmadeRow> => {
  const { rows } = context
  const found = await makeRow(context, key.target, { pins: { ...pins, [column]: value }, family: 'a' })
  if ('unsolved' in found) return found
  const parent = { ...found, row: await withComputedKey(key, context, found.row) }
  const child = await makeChild(key, context, parent, where)
  if ('unsolved' in child) return child
  return {
    column,
    parent: parent.row,
    child: child.row,
    beforeParent: parent.given,
    insertParent: rows.insert(key.target, parent.row),
    beforeChild: child.given,
    insertChild: rows.insert(context.table, child.row),
  }
}

/** Of one column of the key. */
const mostParentsTried = 8

/** `where`: what is true of the child besides. */
export const makeFamily = async (
  key: ForeignKey,
  context: RuleContext,
  where: readonly string[] = [],
): Promise<Family | UnmadeRow> => {
  const own = ownKeyColumn(key, context)
  let last: UnmadeRow = { unsolved: `${own} has no value that is still free`, tried: 'its candidates' }
  // Where its own column has one value alone, it is a parent of somebody else.
  const columns = [...new Set([own, ...key.targetColumns.toReversed()])]
  for (const pins of [{}, await likeChild(key, context)]) {
    if (pins === null) continue
    for (const column of columns) {
      const taken = await keysPointedTo(key, context, column)
      for (const value of (await freshKeys(context, key.target, column, taken)).slice(0, mostParentsTried)) {
        const made = await familyWith(key, context, column, value, pins, where)
        if (!('unsolved' in made)) return made
        last = made
      }
    }
  }
  const taken = await keysPointedTo(key, context, own)
  for (const value of await keysOfNewRows(context, key.target, own, taken)) {
    const made = await familyWith(key, context, own, value, {}, where)
    if (!('unsolved' in made)) return made
  }
  return last
}

/** The key that a row of the table has already: a CHECK of it may take no other kind of parent. */
const likeChild = async (key: ForeignKey, context: RuleContext): Promise<Row | null> => {
  if (key.isSelf || key.targetColumns.length === 1) return null
  const child = await context.rows.base(context.table, 'a')
  const values = key.rule.columns.map((c) => child?.[c] ?? 'null')
  return values.includes('null') ? null : Object.fromEntries(key.targetColumns.map((c, i) => [c, values[i]!]))
}

/** Both tables of a foreign key are altered with it. */
const settledBoth = (
  catalog: RuleContext['catalog'],
  table: string,
  name: string,
  statement: string,
): readonly string[] => {
  const target = referencesOf(catalog, table).find((one) => one.name === name)?.facts.target
  return [table, target].reduce<readonly string[]>(
    (ddl, id) => {
      const found = catalog.tables.get(id ?? '')
      return found ? settled(catalog, found, ddl) : ddl
    },
    [statement],
  )
}

/** More than any row has references to. */
const mostObstacles = 8

/**
 * Other foreign keys that refuse the statements before this one is heard, set aside in the case's given. They are
 * proven by rules of their own; here they would answer in its place.
 */
export const obstaclesTo = async (
  key: ForeignKey,
  context: RuleContext,
  world: World,
  given: readonly string[],
  when: readonly string[],
): Promise<readonly string[]> => {
  const aside: string[] = []
  while (aside.length < mostObstacles) {
    const fault = await tryOne(context.db, world, [...aside, ...given, ...when])
    if (!fault || !['23503', '23001'].includes(fault.sqlstate)) return aside
    if (fault.constraint === null || key.names.includes(fault.constraint) || fault.table === null)
      return aside
    const top = await foreignKeyAtTop(context.db, fault, world.statements)
    if (key.names.includes(top.name)) return aside
    const statement = `alter table ${qualified(top.table)} drop constraint if exists ${ident(top.name)}`
    if (aside.includes(statement)) return aside
    aside.push(...settledBoth(context.catalog, relationId(top.table), top.name, statement))
  }
  return aside
}
