/** Which tables the board shows, and in what order. */
import type { SiteArchitecture, SiteState, SiteTable } from '../report/site-model.ts'

export interface BoardWish {
  /** Part of a table's name. */
  readonly name: string
  readonly state: SiteState | ''
  /** A kind of rule. */
  readonly kind: string
  /** `declared`, `name`, `worst`, `rules` or a kind of rule, before it a `-` for the other way round. */
  readonly sort: string
}

const badness: Readonly<Record<SiteState, number>> = { red: 4, unsolved: 3, awaited: 2, green: 1, unseen: 0 }

const worstOf = (counts: readonly (readonly [SiteState, number])[]): number =>
  counts.reduce((worst, [state]) => Math.max(worst, badness[state]), 0)

const troubles = (table: SiteTable): number =>
  table.cells.reduce(
    (sum, { counts }) =>
      sum + counts.reduce((n, [state, c]) => (state === 'green' ? n : n + c * badness[state]), 0),
    0,
  )

const rulesOf = (table: SiteTable): number =>
  table.cells.reduce((sum, { counts }) => sum + counts.reduce((n, [, c]) => n + c, 0), 0)

const compareNames = new Intl.Collator('en', { numeric: true }).compare

export const nameOfTable = ({ id }: SiteTable): string => id ?? 'the database'

const isWanted = (table: SiteTable, kind: number, { name, state }: BoardWish): boolean => {
  if (name !== '' && !nameOfTable(table).toLowerCase().includes(name.toLowerCase())) return false
  const cells = kind < 0 ? table.cells : table.cells.filter((cell) => cell.kind === kind)
  if (kind >= 0 && cells.length === 0) return false
  if (state === '') return true
  if (state === 'unseen') return cells.length === 0
  return cells.some(({ counts }) => counts.some(([own]) => own === state))
}

type Comparison = (a: SiteTable, b: SiteTable) => number

const orders: Readonly<Record<string, Comparison>> = {
  name: (a, b) => compareNames(nameOfTable(a), nameOfTable(b)),
  worst: (a, b) => troubles(b) - troubles(a),
  rules: (a, b) => rulesOf(b) - rulesOf(a),
}

const byKind = (kind: number): Comparison => {
  const rank = (table: SiteTable): number => {
    const cell = table.cells.find((own) => own.kind === kind)
    return cell ? worstOf(cell.counts) + 1 : 0
  }
  return (a, b) => rank(b) - rank(a)
}

/** Sorting is stable: tables that are alike stay in the order of the declaration. */
export const boardRows = (architecture: SiteArchitecture, wish: BoardWish): readonly SiteTable[] => {
  const { kinds, tables } = architecture
  // What belongs to no table has structures and no rules.
  const wanted = tables.filter(
    (table) => table.id !== null && isWanted(table, kinds.indexOf(wish.kind), wish),
  )
  const back = wish.sort.startsWith('-')
  const sort = back ? wish.sort.slice(1) : wish.sort
  const order = orders[sort] ?? (kinds.includes(sort) ? byKind(kinds.indexOf(sort)) : null)
  if (order === null) return back ? wanted.toReversed() : wanted
  return wanted.toSorted((a, b) => (back ? order(b, a) : order(a, b)))
}
