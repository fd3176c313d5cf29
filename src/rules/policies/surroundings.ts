/**
 * Rows of other tables that policies look at: one that every condition of their subqueries takes, and one for each
 * way in which a condition refuses it. A table whose rows stand already (a parent) is updated instead.
 */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { pictured } from '../sentence.ts'
import { selectEach } from '../trial.ts'
import { comparedVariants, fittingOf, homeOf, variantsOf, type Variant } from './fitted-rows.ts'
import type { Links } from './links.ts'
import type { LookedAt, Reading } from './reading.ts'

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

/** The policy's own rows, and what stands beside them already, by table id. */
interface Beside {
  readonly own: Readonly<Record<'a' | 'b', Row>>
  readonly links: Links
  readonly placed: Readonly<Record<'a' | 'b', Map<string, Row>>>
}

/** Surroundings with such a row. */
const mostNear = 8

/**
 * Row b tied to the policy's row in all that ties row a to it but one column, beside the other rows that may stand in
 * row a's place: a subquery that asks for less takes the one for the other.
 */
const besideNear = async (
  placing: Placing,
  looked: LookedAt,
  tied: Row,
  others: readonly Surrounding[],
  beside: string,
): Promise<readonly Surrounding[]> => {
  const { context, table, base } = placing
  const names = Object.keys(tied)
  if (names.length < 2) return []
  const found: Surrounding[] = []
  for (const free of names) {
    const pins = Object.fromEntries(Object.entries(tied).filter(([c]) => c !== free))
    const row = await homeOf(context, fittingOf(context, looked, 'b', base), pins)
    const isNear = names.every((c) => (row[c] === tied[c]) === (c !== free))
    const changed = Object.keys(row).filter((c) => row[c] !== base[c])
    const statements = isNear ? await placed(placing, 'b', row, changed, beside) : null
    if (!statements) continue
    const title = `another one with ${pictured(row, names)}`
    for (const other of others)
      if (found.length < mostNear)
        found.push({
          title:
            other.statements.length === 0
              ? ` beside ${title} of ${table.name}`
              : `${other.title}, and ${title}`,
          statements: [...other.statements, ...statements],
        })
  }
  return found
}

const surroundingOf = async (
  context: RuleContext,
  world: World,
  looked: LookedAt,
  constants: readonly string[],
  { own, links, placed: standingRows }: Beside,
): Promise<SurroundingTable | { readonly summary: string; readonly tried: string }> => {
  const { rows, db } = context
  const { table, columns } = looked
  const inserts = { a: rows.insert(context.table, own.a), b: rows.insert(context.table, own.b) }
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
  const fitting = fittingOf(context, looked, 'a', a)
  const fitted = async (pins: Row) => {
    const row = await homeOf(context, fitting, pins)
    const changed = Object.keys(row).filter((c) => row[c] !== a[c])
    return { pins, row, changed, statements: await placed(placing, 'a', row, changed, inserts.a) }
  }
  // What ties it to the policy's row may be what no row can be.
  const tiedHome = await fitted(links.pinsOf(table, own.a, standingRows.a))
  const at = tiedHome.statements ? tiedHome : await fitted({})
  const { pins, row: home, changed: differs, statements: atHome } = at
  standingRows.a.set(table.id, home)
  const tied = Object.fromEntries(
    Object.keys(pins).flatMap((c) => (home[c] === undefined ? [] : [[c, home[c]]])),
  )
  if (!atHome) return gap('its base row with the parents that it needs')
  const others: Surrounding[] = []
  const known = new Set([atHome.join(';')])
  const varied = [
    ...(await variantsOf(context, fitting)).map(({ row, differs: changed }): Variant => {
      const others = Object.entries(tied).filter(([c]) => !changed.includes(c))
      return {
        row: { ...row, ...Object.fromEntries(others) },
        differs: [...changed, ...others.map(([c]) => c)],
      }
    }),
    ...(await comparedVariants(context, fitting, { columns, constants, home, other: b, tied })),
  ]
  for (const variant of varied) {
    const names = Object.keys({ ...home, ...variant.row }).filter((c) => variant.row[c] !== home[c])
    const statements = await placed(placing, 'a', variant.row, variant.differs, inserts.a)
    if (!statements || known.has(statements.join(';')) || others.length === mostOthers) continue
    known.add(statements.join(';'))
    others.push({ title: ` beside ${table.name} with ${pictured(variant.row, names)}`, statements })
  }
  if (!placing.stands) others.push({ title: ` beside no ${table.name}`, statements: [] })
  if (b) others.push(...(await besideNear({ ...placing, base: b }, looked, tied, others, inserts.a)))
  const tiedToB = links.pinsOf(table, own.b, standingRows.b)
  const homeOfB = b && {
    ...b,
    ...Object.fromEntries(differs.filter((c) => tied[c] === undefined).map((c) => [c, home[c]!])),
    ...tiedToB,
  }
  if (homeOfB) standingRows.b.set(table.id, homeOfB)
  const ofB =
    homeOfB && !placing.stands
      ? await placed(placing, 'b', homeOfB, [...differs, ...Object.keys(tiedToB)], inserts.b)
      : null
  return { table, home: atHome, homeOfB: ofB ?? [], others }
}

/** Rows that stand already (parents) first: others are made to fit them. */
const inOrder = async (
  { rows, db }: RuleContext,
  world: World,
  looked: readonly LookedAt[],
): Promise<readonly LookedAt[]> => {
  const bases = await Promise.all(looked.map(({ table }) => rows.base(table, 'a')))
  const counts = await selectEach(
    db,
    world.statements,
    looked.map(({ table }, i) => {
      const base = bases[i]
      return `select count(*) from ${qualified(table)} where ${base ? rows.where(table, base) : 'false'}`
    }),
  )
  const stands = (i: number): boolean => counts[i]?.[0]?.[0] === '1'
  return [...looked.filter((_, i) => stands(i)), ...looked.filter((_, i) => !stands(i))]
}

/** `own`: the table's own rows a and b, beside which the others have to stand. */
export const readSurroundingRows = async (
  context: RuleContext,
  world: World,
  { tables: looked, constants }: Pick<Reading, 'tables' | 'constants'>,
  links: Links,
  own: { readonly a: Row; readonly b: Row },
): Promise<Surroundings> => {
  const tables: SurroundingTable[] = []
  const gaps: { readonly summary: string; readonly tried: string }[] = []
  const beside: Beside = { own, links, placed: { a: new Map(), b: new Map() } }
  const others = looked.filter(({ table }) => table.id !== context.table.id)
  for (const one of await inOrder(context, world, others)) {
    const found = await surroundingOf(context, world, one, constants, beside)
    if ('summary' in found) gaps.push(found)
    else tables.push(found)
  }
  return { tables, gaps }
}
