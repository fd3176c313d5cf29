/**
 * A row with pinned values together with the parents that it needs beyond its table's world. Built by trying:
 * PostgreSQL names the foreign key whose parent is missing (then the parent is made) or the key that is taken
 * (then a column of it gets a fresh value), until the row goes in or nothing more can be done.
 */
import type { Column, Table } from '../catalog/table.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Family, Row, Solved, SolveWish } from '../rows/rows.ts'
import { functionsOf } from '../rows/trigger-faults.ts'
import { withComputedKey } from './computed-key.ts'
import { columnsIn } from './expression-columns.ts'
import { freshKeys } from './fresh-value.ts'
import { checksOf } from '../catalog/check.ts'
import { referencesOf } from '../catalog/references.ts'
import { cluesOfExpression } from '../rows/constants.ts'
import { foreignKeyNamed, keyColumnsNamed } from './named-structures.ts'
import type { RuleContext } from './rule-kind.ts'
import { tryOne } from './trial.ts'
import { quieted } from './quiet.ts'
import type { World } from './experiment.ts'

export interface RowWish {
  readonly pins: Row
  /** Whose base row fills the rest; `b` by default. */
  readonly family?: Family
  readonly where?: readonly string[]
  /** Statements that stand before the row: other rows of the case. */
  readonly before?: readonly string[]
  /** Constraints whose refusal is what the case is about: it ends the search as acceptance does. */
  readonly until?: readonly string[]
  /** The world it is tried in; the table's own by default. */
  readonly world?: World
}

export interface MadeRow {
  readonly row: Row
  /** Inserts of the parents, to stand before the row. */
  readonly given: readonly string[]
  /** The refusal that ended the search, when one of `until` did. */
  readonly refusedBy: string | null
}

export interface UnmadeRow {
  readonly unsolved: string
  readonly tried: string
}

/** Grandparents of grandparents are enough; a deeper chain is a cycle. */
const deepest = 4
/** Parents to make and keys to freshen for one row. */
const longestSearch = 12

interface MadeParent {
  readonly given: readonly string[]
  /** What the row points with, where the parent has a key of its own. */
  readonly pins: Row
}

type Pointer = NonNullable<Awaited<ReturnType<typeof foreignKeyNamed>>>

/**
 * A parent of which only that is asked for which is asked of the row, as the partition that both stand in: a key that
 * another parent has a part of may be taken.
 */
const parentOfItsOwn = async (
  context: RuleContext,
  { table, key, target }: { readonly table: Table; readonly key: Pointer; readonly target: Table },
  own: Row,
  wish: RowWish,
  depth: number,
): Promise<MadeParent | null> => {
  const spoken = await Promise.all((wish.where ?? []).map((sql) => columnsIn(table, sql)))
  const pairs = key.columns.map((column, i) => [column, key.targetColumns[i]!] as const)
  const within = (names: readonly string[]) => pairs.filter(([column]) => names.includes(column))
  const pinned = within(Object.keys(wish.pins))
  const all = within([...Object.keys(wish.pins), ...spoken.flat()])
  // What is merely said of a column, another value may satisfy as well.
  const fixed = all.length < pairs.length ? all : pinned
  if (fixed.length === 0 || fixed.length === pairs.length) return null
  const pins = Object.fromEntries(fixed.map(([column, of]) => [of, own[column] ?? 'null']))
  const made = await makeRowAt(context, target, { ...wish, pins, where: [], until: [] }, depth + 1)
  if ('unsolved' in made) return null
  const parent = await withComputedKey({ target, targetColumns: key.targetColumns }, context, made.row)
  const values = pairs.map(([column, of]) => [column, parent[of] ?? 'default'] as const)
  if (values.some(([, sql]) => sql === 'default' || sql === 'null')) return null
  return { given: [...made.given, context.rows.insert(target, made.row)], pins: Object.fromEntries(values) }
}

/** The parent that a foreign key misses, or why it cannot be made. */
const makeParent = async (
  context: RuleContext,
  table: Table,
  row: Row,
  fault: PgFault,
  wish: RowWish,
  depth: number,
): Promise<MadeParent | UnmadeRow> => {
  const key = await foreignKeyNamed(context, fault, table)
  const target = key && context.catalog.tables.get(key.target)
  if (!key || !target || depth >= deepest) {
    return {
      unsolved: `the parent that ${fault.constraint} asks for could not be made`,
      tried: fault.message,
    }
  }
  const own = await withComputedKey({ target: table, targetColumns: key.columns }, context, row)
  const pins = Object.fromEntries(key.targetColumns.map((c, i) => [c, own[key.columns[i]!] ?? 'null']))
  const made = await makeRowAt(context, target, { ...wish, pins, where: [], until: [] }, depth + 1)
  if ('row' in made) return { given: [...made.given, context.rows.insert(target, made.row)], pins: {} }
  return (await parentOfItsOwn(context, { table, key, target }, own, wish, depth)) ?? made
}

const families = ['a', 'b', 'c'] as const

/**
 * A key of several columns of which some are given: what a parent that stands has in the others. Another parent with
 * these values might be a second one with a smaller key of its own.
 */
const standingParent = async (
  context: RuleContext,
  table: Table,
  fault: PgFault,
  pins: Row,
): Promise<Row | null> => {
  const key = await foreignKeyNamed(context, fault, table)
  const target = key && context.catalog.tables.get(key.target)
  if (!key || !target || target.id === table.id) return null
  const pairs = key.columns.map((column, i) => [column, key.targetColumns[i]!] as const)
  const free = pairs.filter(([column]) => pins[column] === undefined)
  if (free.length === 0 || free.length === pairs.length) return null
  for (const family of families) {
    const parent = await context.rows.base(target, family)
    const isIt = pairs.every(([column, of]) => pins[column] === undefined || pins[column] === parent?.[of])
    if (parent && isIt) return Object.fromEntries(free.map(([column, of]) => [column, parent[of] ?? 'null']))
  }
  return null
}

const solveWish = ({ family = 'b', where }: RowWish, pins: Row): SolveWish => ({
  pins,
  family,
  ...(where ? { where } : {}),
})

/** Pointing to parents that stand; where none of them has what is wished of the row, to parents that are to be made. */
const solvedRow = async (
  { rows, catalog }: RuleContext,
  table: Table,
  wish: RowWish,
  pins: Row,
): Promise<Solved> => {
  const solved = await rows.solve(table, solveWish(wish, pins))
  const isBound = (wish.where ?? []).length > 0 && referencesOf(catalog, table.id).length > 0
  if ('row' in solved || !isBound) return solved
  const alone = await rows.solve(table, { ...solveWish(wish, pins), parentless: true })
  return 'row' in alone ? alone : solved
}

/** Fresh values that the row may take in one column before the next column of the key has its turn. */
const mostFresh = 8
/** Values of a column that are looked at for them: many are of what a trigger's function says, and the table refuses them. */
const mostLookedAt = 64

interface Freshened {
  /** Where to go on among the column's values. */
  readonly next: number
  readonly given: number
  /** Values that a key was refused for. */
  readonly refused: readonly string[]
}

/** Where the first ones are taken by rows that were made before: a number that grows with these. */
const firstTried = 5
const firstNumber = 3001

const withNumber = (
  values: readonly string[],
  column: Column | undefined,
  count: number,
): readonly string[] =>
  column !== undefined && /^(?:smallint|integer|bigint|numeric)/u.test(column.type)
    ? [...values.slice(0, firstTried), String(firstNumber + count), ...values.slice(firstTried)]
    : values

/** Columns that CHECKs compute a column from: `digest = encode(sha256(body), 'hex')` of a new body is a new digest. */
const sourcesOf = (context: RuleContext, table: Table, column: string): readonly string[] =>
  checksOf(context.catalog, table.id).flatMap(({ facts }) =>
    (cluesOfExpression(facts.expression)?.comparisons ?? []).flatMap((one) =>
      one.column === column && one.equality && one.direct ? one.columns : [],
    ),
  )

/** A value that no row of the table's families has, for a column of the key that a refusal names; other columns may follow it. */
const freshen = async (
  context: RuleContext,
  table: Table,
  refused: { readonly row: Row; readonly fault: PgFault },
  wish: RowWish,
  tried: Map<string, Freshened>,
): Promise<Row | null> => {
  const { row, fault } = refused
  const named = await keyColumnsNamed(context, fault, table)
  const sources = named.flatMap((column) => sourcesOf(context, table, column))
  for (const column of new Set([...named, ...sources])) {
    if (column in wish.pins) continue
    const own = table.columns.find((c) => c.name === column)
    const mayBeNull = own?.notNull === false
    // Few values pass some CHECKs; a key takes null as often as it is asked to.
    const keys = (await freshKeys(context, table, column)).slice(0, mostLookedAt)
    const found = withNumber(keys, own, wish.before?.length ?? 0)
    const values = mayBeNull ? [...found.slice(0, mostLookedAt - 1), 'null'] : found
    const { next, given, refused: before } = tried.get(column) ?? { next: 0, given: 0, refused: [] }
    if (given === mostFresh) continue
    const taken = [...before, row[column] ?? 'null'].filter((value) => value !== 'default')
    for (let turn = next; turn < values.length; turn++) {
      const fresh = { [column]: values[turn]! }
      const solved = await context.rows.solve(table, solveWish(wish, { ...wish.pins, ...fresh }))
      tried.set(column, { next: turn + 1, given: given + ('row' in solved ? 1 : 0), refused: taken })
      if ('row' in solved) return fresh
    }
    // What it has to be may follow from the rest of the row: only the solver knows another one.
    const name = ident(column)
    const where = [...(wish.where ?? []), ...taken.map((value) => `${name} is distinct from ${value}`)]
    const another = await context.rows.solve(table, solveWish({ ...wish, where }, wish.pins))
    tried.set(column, { next: values.length, given: given + 1, refused: taken })
    if ('row' in another && another.row[column] !== undefined) return { [column]: another.row[column] }
  }
  return null
}

/**
 * What a function raised, or what refused a row that it wrote elsewhere; not a constraint of the table, which the
 * function of a CHECK comes through as well.
 */
const isTriggers = (fault: PgFault, table: Table): boolean => {
  if (/^(?:40|42501|57)/u.test(fault.sqlstate) || functionsOf(fault).length === 0) return false
  const isElsewhere =
    fault.table !== null && qualified({ schema: fault.schema ?? '', name: fault.table }) !== qualified(table)
  return !fault.sqlstate.startsWith('23') || fault.table === null || isElsewhere
}

/** A rule about what a write does is not about a write without its triggers. */
const heedsTriggers = ({ heedsTriggers: isTold = false, claims, catalog }: RuleContext): boolean =>
  isTold || claims.some((id) => catalog.structures.get(id)?.kind === 'trigger')

const makeRowAt = async (
  context: RuleContext,
  table: Table,
  wish: RowWish,
  depth: number,
): Promise<MadeRow | UnmadeRow> => {
  const { rows, db } = context
  const world = wish.world ?? (await rows.world(context.table))
  let pins = wish.pins
  let given: readonly string[] = []
  let tried = ''
  let isQuiet = false
  const freshened = new Map<string, Freshened>()
  for (let step = 0; step < longestSearch; step++) {
    const solved = await solvedRow(context, table, wish, pins)
    if ('unsolved' in solved) return solved
    const before = [...(wish.before ?? []), ...given]
    const fault = await tryOne(db, world, [...before, rows.insert(table, solved.row)])
    if (!fault) return { row: solved.row, given, refusedBy: null }
    if (fault.constraint !== null && wish.until?.includes(fault.constraint)) {
      return { row: solved.row, given, refusedBy: fault.constraint }
    }
    tried = `${fault.message} (SQLSTATE ${fault.sqlstate})`
    if (isTriggers(fault, table) && !isQuiet && !heedsTriggers(context)) {
      // A trigger has the last word on every value: the case is about the rule, so it stands aside for this row.
      isQuiet = true
      given = [...quieted(context, [table]), ...given]
      continue
    }
    if (fault.sqlstate === '23503') {
      const standing = await standingParent(context, table, fault, pins)
      const along = standing && { ...pins, ...standing }
      // What is wished of the row may ask for another parent.
      if (along && 'row' in (await rows.solve(table, solveWish(wish, along)))) {
        pins = along
        continue
      }
      const parent = await makeParent(context, table, solved.row, fault, { ...wish, world, before }, depth)
      if ('unsolved' in parent) return parent
      given = [...given, ...parent.given]
      pins = { ...pins, ...parent.pins }
      continue
    }
    if (fault.sqlstate !== '23505' && fault.sqlstate !== '23P01') break
    const fresh = await freshen(context, table, { row: solved.row, fault }, wish, freshened)
    if (!fresh) break
    pins = { ...pins, ...fresh }
  }
  return { unsolved: `PostgreSQL refuses every row that was tried`, tried }
}

/** A row of the table (by default the rule's own) as wished, accepted by PostgreSQL. */
export const makeRow = (context: RuleContext, table: Table, wish: RowWish): Promise<MadeRow | UnmadeRow> =>
  makeRowAt(context, table, wish, 0)
