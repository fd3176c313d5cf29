/**
 * Rows of other tables that policies look at: one that every condition of their subqueries takes, and one for each
 * way in which a condition refuses it. A table whose rows stand already (a parent) is updated instead.
 */
import type { Table } from '../../catalog/table.ts'
import { expressionMutants } from '../../catalog/expressions.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import { columnsIn } from '../expression-columns.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { pictured } from '../sentence.ts'
import { selectEach } from '../trial.ts'
import { readReading, type LookedAt, type Reading } from './reading.ts'

export interface Surrounding {
  /** "with memberships where is_owner is false"; empty for how it usually is. */
  readonly title: string
  readonly statements: readonly string[]
}

export interface SurroundingTable {
  readonly table: Table
  /** Row a of the table, as policies want it. */
  readonly home: readonly string[]
  readonly homeOfB: readonly string[]
  /** Instead of `home`. */
  readonly others: readonly Surrounding[]
}

export interface Surroundings {
  readonly tables: readonly SurroundingTable[]
  readonly gaps: readonly { readonly summary: string; readonly tried: string }[]
}

/** Ways in which one table's row may differ, beside being absent. */
const mostOthers = 8

const updateTo = (context: RuleContext, table: Table, from: Row, to: Row): readonly string[] => {
  const changed = table.columns.filter(
    (c) => c.generated === null && to[c.name] !== undefined && to[c.name] !== from[c.name],
  )
  if (changed.length === 0) return []
  const sets = changed.map((c) => `${ident(c.name)} = ${to[c.name]!}`).join(', ')
  return [`update ${qualified(table)} set ${sets} where ${context.rows.where(table, from)}`]
}

/** Conditions that need nobody to ask: they are about the row alone. */
const steady = (context: RuleContext, conditions: readonly string[]): readonly string[] =>
  conditions.filter((sql) => {
    const reading = readReading(context.catalog, [sql])
    return reading.settings.length === 0 && !reading.readsRows
  })

/** What asks who it is compares a column with it: there has to be something to compare. */
const filled = async (
  table: Table,
  conditions: readonly string[],
  wanted: readonly string[],
): Promise<readonly string[]> => {
  const others = conditions.filter((sql) => !wanted.includes(sql))
  const columns = await Promise.all(others.map((sql) => columnsIn(table, sql)))
  return [...new Set(columns.flat())].map((name) => `${ident(name)} is not null`)
}

/** Row a as most conditions take it: those that contradict an earlier one are left out. */
const homeOf = async (
  { rows }: RuleContext,
  table: Table,
  conditions: readonly string[],
  wanted: readonly string[],
  a: Row,
): Promise<Row> => {
  const all = [...wanted, ...(await filled(table, conditions, wanted))]
  let home = a
  let taken: readonly string[] = []
  const take = async (more: readonly string[]): Promise<boolean> => {
    const solved = await rows.solve(table, { where: [...taken, ...more], family: 'a' })
    if (!('row' in solved)) return false
    home = solved.row
    taken = [...taken, ...more]
    return true
  }
  if (all.length > 0 && !(await take(all))) for (const one of all) await take([one])
  return home
}

interface Variant {
  readonly row: Row
  readonly differs: readonly string[]
}

const asCondition = (sql: string): string => `coalesce((${sql}\n), false)`

/** Rows of family a that the conditions tell apart, each named by what makes it differ. */
const variantsOf = async (
  context: RuleContext,
  table: Table,
  conditions: readonly string[],
): Promise<readonly Variant[]> => {
  const found: Variant[] = []
  for (const sql of conditions.slice(0, mostOthers)) {
    const others = expressionMutants(sql).map((m) => asCondition(m.sql))
    const { rows } = await context.rows.distinguish(table, asCondition(sql), others, { family: 'a' })
    found.push(...rows.map(({ row, differs }) => ({ row, differs })))
  }
  return found
}

/** Values of one column of the table. */
const mostCompared = 4

/** Row a as it is at home, and another value in one column that is compared with who asks, or with the policy's own row. */
const comparedVariants = async (
  { rows }: RuleContext,
  on: {
    readonly table: Table
    readonly columns: readonly string[]
    readonly constants: readonly string[]
    readonly wanted: readonly string[]
    readonly home: Row
    readonly b: Row | null
  },
): Promise<readonly Variant[]> => {
  const { table, wanted, home, b } = on
  const held = await Promise.all(wanted.map((sql) => columnsIn(table, sql)))
  const compared = table.columns.filter(
    (c) => on.columns.includes(c.name) && !held.flat().includes(c.name) && c.generated === null,
  )
  const found: Variant[] = []
  for (const { name, labels, baseType } of compared) {
    const texts =
      (labels ?? []).length > 0 ? labels! : /^(?:text|character)/u.test(baseType) ? on.constants : []
    const values = [...(b?.[name] === undefined ? [] : [b[name]]), ...texts.map((text) => literal(text))]
    for (const value of values.filter((one) => one !== home[name]).slice(0, mostCompared)) {
      const pins = {
        ...Object.fromEntries(held.flat().flatMap((c) => (home[c] === undefined ? [] : [[c, home[c]]]))),
        [name]: value,
      }
      const solved = await rows.solve(table, { pins, family: 'a' })
      if ('row' in solved) found.push({ row: solved.row, differs: Object.keys(pins) })
    }
  }
  return found
}

interface Placing {
  readonly context: RuleContext
  readonly world: World
  readonly table: Table
  readonly stands: boolean
  readonly base: Row
}

/** Statements that bring a row of the table in beside the table's own row; null when PostgreSQL takes none. */
const placed = async (
  { context, world, table, stands, base }: Placing,
  family: Family,
  row: Row,
  differs: readonly string[],
  beside: string,
): Promise<readonly string[] | null> => {
  if (stands) return updateTo(context, table, base, row)
  const pins = Object.fromEntries(differs.flatMap((c) => (row[c] === undefined ? [] : [[c, row[c]]])))
  const made = await makeRow(context, table, { pins, family, world, before: [beside] })
  return 'row' in made ? [...made.given, context.rows.insert(table, made.row)] : null
}

const surroundingOf = async (
  context: RuleContext,
  world: World,
  { table, conditions, columns }: LookedAt,
  constants: readonly string[],
  inserts: { readonly a: string; readonly b: string },
): Promise<SurroundingTable | { readonly summary: string; readonly tried: string }> => {
  const { rows, db } = context
  const [a, b] = [await rows.base(table, 'a'), await rows.base(table, 'b')]
  const gap = (tried: string) => ({
    summary: `no row of ${table.id}, which policies look at, was found beside a row of ${context.table.id}`,
    tried,
  })
  if (!a) return gap((await rows.world(table)).problem ?? 'the base row of family a')
  const [standing] = await selectEach(db, world.statements, [
    `select count(*) from ${qualified(table)} where ${rows.where(table, a)}`,
  ])
  const placing = { context, world, table, stands: standing?.[0]?.[0] === '1', base: a }
  const wanted = steady(context, conditions)
  const home = await homeOf(context, table, conditions, wanted, a)
  const differs = Object.keys(home).filter((c) => home[c] !== a[c])
  const atHome = await placed(placing, 'a', home, differs, inserts.a)
  if (!atHome) return gap('its base row with the parents that it needs')
  const others: Surrounding[] = []
  const known = new Set([atHome.join(';')])
  const varied = [
    ...(await variantsOf(context, table, wanted)),
    ...(await comparedVariants(context, { table, columns, constants, wanted, home, b })),
  ]
  for (const variant of varied) {
    const names = Object.keys({ ...home, ...variant.row }).filter((c) => variant.row[c] !== home[c])
    const statements = await placed(placing, 'a', variant.row, variant.differs, inserts.a)
    if (!statements || known.has(statements.join(';')) || others.length === mostOthers) continue
    known.add(statements.join(';'))
    others.push({ title: ` beside ${table.name} with ${pictured(variant.row, names)}`, statements })
  }
  if (!placing.stands) others.push({ title: ` beside no ${table.name}`, statements: [] })
  const ofB =
    b && !placing.stands
      ? await placed(
          placing,
          'b',
          { ...b, ...Object.fromEntries(differs.map((c) => [c, home[c]!])) },
          differs,
          inserts.b,
        )
      : null
  return { table, home: atHome, homeOfB: ofB ?? [], others }
}

/** `inserts`: the table's own rows a and b, beside which the others have to stand. */
export const readSurroundingRows = async (
  context: RuleContext,
  world: World,
  { tables: looked, constants }: Pick<Reading, 'tables' | 'constants'>,
  inserts: { readonly a: string; readonly b: string },
): Promise<Surroundings> => {
  const tables: SurroundingTable[] = []
  const gaps: { readonly summary: string; readonly tried: string }[] = []
  for (const one of looked.filter(({ table }) => table.id !== context.table.id)) {
    const found = await surroundingOf(context, world, one, constants, inserts)
    if ('summary' in found) gaps.push(found)
    else tables.push(found)
  }
  return { tables, gaps }
}
