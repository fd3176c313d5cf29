/** Rows of the table itself that its policies' own subqueries, or functions that they call, find beside row a. */
import { literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { comparedVariants, fittingOf, homeOf, variantsOf, type Variant } from './fitted-rows.ts'
import type { Links } from './links.ts'
import type { Reading } from './reading.ts'

export interface Sibling {
  readonly row: Row
  /** What brings it in, with what it needs. */
  readonly statements: readonly string[]
}

/** Ways in which such a row may differ. */
const mostSiblings = 6

/** Row b tied to row a as the conditions of the subqueries want it, and those that they tell from it. */
export const siblingsOf = async (
  context: RuleContext,
  world: World,
  { tables, constants }: Pick<Reading, 'tables' | 'constants'>,
  links: Links,
  { a, b }: { readonly a: Row; readonly b: Row | null },
): Promise<readonly Sibling[]> => {
  const { rows, table } = context
  const looked = tables.find((one) => one.table.id === table.id)
  if (!looked) return []
  const pins = links.pinsOf(table, a, new Map([[table.id, a]]))
  if (Object.keys(pins).length === 0) return []
  const solved = await rows.solve(table, { pins, family: 'b' })
  if (!('row' in solved)) return []
  const fitting = fittingOf(context, looked, 'b', b ?? solved.row)
  const home = await homeOf(context, fitting, pins)
  const tied = Object.fromEntries(
    Object.keys(pins).flatMap((c) => (home[c] === undefined ? [] : [[c, home[c]]])),
  )
  const { columns } = looked
  const variants = [
    ...(await comparedVariants(context, fitting, { columns, constants, home, other: null, tied })),
    ...(await variantsOf(context, fitting)).map(({ row, differs }) => {
      const others = Object.entries(tied).filter(([c]) => !differs.includes(c))
      return { row: { ...row, ...Object.fromEntries(others) } }
    }),
  ]
  const all = [home, solved.row, ...variants.map(({ row }) => row)]
  const distinct = new Map<string, Sibling>()
  for (const row of all.slice(0, mostSiblings)) {
    const changed = Object.entries(row).filter(([c, value]) => value !== fitting.base[c])
    const wish = {
      pins: Object.fromEntries(changed),
      family: 'b',
      world,
      before: [rows.insert(table, a)],
    } as const
    const made = await makeRow(context, table, wish)
    if (!('row' in made)) continue
    const statements = [...made.given, rows.insert(table, made.row)]
    distinct.set(statements.join(';'), { row: made.row, statements })
  }
  return [...distinct.values()]
}

/** Rows a that are mixed of a condition and a label. */
const mostMixed = 8

/** Row a as the conditions of the table's own subqueries refuse it, and so with each label that policies look at. */
export const refusedByOwn = async (
  context: RuleContext,
  { tables }: Pick<Reading, 'tables'>,
  looked: readonly string[],
  a: Row,
): Promise<readonly Variant[]> => {
  const { rows, table } = context
  const own = tables.find((one) => one.table.id === table.id)
  if (!own) return []
  const found = await variantsOf(context, fittingOf(context, own, 'a', a))
  const labelled = table.columns.flatMap(({ name, labels }) =>
    looked.includes(name) ? (labels ?? []).map((label) => [name, literal(label)] as const) : [],
  )
  const mixed: Variant[] = []
  for (const { row, differs } of found)
    for (const [name, value] of labelled) {
      if (mixed.length === mostMixed || differs.includes(name) || a[name] === value) continue
      const pins = { ...Object.fromEntries(differs.map((c) => [c, row[c] ?? 'null'])), [name]: value }
      const solved = await rows.solve(table, { pins, family: 'a' })
      if ('row' in solved) mixed.push({ row: solved.row, differs: Object.keys(pins) })
    }
  return [...found, ...mixed]
}
