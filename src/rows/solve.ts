/** A row with pinned values, everything else as near to a family's base row as the row-level constraints allow. */
import { conjunctsOf } from '../catalog/expression/conjuncts.ts'
import { type DerivedValues, deriveValues } from './derived.ts'
import { evaluate } from './evaluate.ts'
import { followingRows } from './follow.ts'
import { mended, mendingsOf, takeEqual } from './mending.ts'
import type { TableFacts } from './facts.ts'
import { throughGenerated } from './generated-references.ts'
import { columnsFor } from './read-facts.ts'
import { constraintsOf, type RowConstraint, type RowGround, writableColumns } from './row-ground.ts'
import type { Row, Solved, SolveWish } from './rows.ts'
import { findRows, noneFalse, type Variable } from './search.ts'
import { type Surroundings, variablesAround } from './variables.ts'
import { families } from './world.ts'

type Constraint = RowConstraint & { readonly mustBeTrue: boolean }

/** Rounds of searching and deriving values anew. */
const mostRounds = 3

/** As CHECK reads it, or true outright where a wish asks for it. */
const asPredicate = (c: Constraint): string =>
  c.mustBeTrue ? `((${c.expression}\n) is true)` : noneFalse([c.expression])

const domainConstraints = (facts: TableFacts, pins: Row): Constraint[] =>
  facts.table.columns
    .filter((c) => pins[c.name] !== undefined && c.domainChecks.length > 0)
    .map((c) => ({
      expression: 'true',
      columns: [c.name],
      label: `the domain ${c.typeName} of ${c.name}`,
      mustBeTrue: false,
    }))

/** Which constraints each row breaks; those that cannot be asked because a pinned value is none of its type are left out. */
const brokenOfEach = async (
  ground: RowGround,
  facts: TableFacts,
  rows: readonly Row[],
  constraints: readonly Constraint[],
): Promise<readonly (readonly Constraint[])[]> => {
  const asked = constraints.filter((c) => c.expression !== 'true')
  const questions = asked.map((c) => {
    const columns = writableColumns(facts.table).filter((k) => c.columns.includes(k.name))
    return {
      frame: {
        facts,
        columns: columns.map((column) => ({
          column,
          options: rows.map((row) => valueIn(row, column.name, column.default)),
        })),
      },
      combinations: rows.map((_row, at) => columns.map(() => at)),
      expressions: [asPredicate(c)],
      fitsAnyway: true,
    }
  })
  const verdicts = await evaluate(ground.db, questions)
  return rows.map((_row, at) =>
    asked.filter((_c, i) => {
      const verdict = verdicts[i]![at]!
      return verdict.fits && verdict.of !== 't'
    }),
  )
}

const brokenOf = async (
  ground: RowGround,
  facts: TableFacts,
  row: Row,
  constraints: readonly Constraint[],
): Promise<readonly Constraint[]> => (await brokenOfEach(ground, facts, [row], constraints))[0]!

const valueIn = (row: Row, name: string, fallback: string | null): string => {
  const value = row[name]
  const sql = value === undefined || value === 'default' ? (fallback ?? 'null') : value
  // A sequence is never consumed for a question.
  return /\bnextval\s*\(/iu.test(sql) ? '1' : sql
}

/** What is wished of a computed column is asked of the columns that it is computed from. */
const withoutComputed = ({ table }: TableFacts, wish: SolveWish): SolveWish => {
  const pins = Object.entries(wish.pins ?? {})
  const computed = pins.flatMap(([name, sql]) => {
    const column = table.columns.find((c) => c.name === name)
    if (!column || column.generated === null || column.default === null) return []
    return [{ name, where: `(${column.default}) is not distinct from cast(${sql} as ${column.type})` }]
  })
  if (computed.length === 0) return wish
  const isWritten = ([name]: readonly [string, string]): boolean => !computed.some((one) => one.name === name)
  return {
    ...wish,
    pins: Object.fromEntries(pins.filter(isWritten)),
    where: [...(wish.where ?? []), ...computed.map(({ where }) => where)],
  }
}

export const solveRow = async (
  ground: RowGround,
  around: Surroundings,
  asked: SolveWish,
): Promise<Solved> => {
  const ignored = new Set(asked.ignoreChecks ?? [])
  const within = asked.anywhere ? { ...around.facts, partition: null } : around.facts
  const facts = asked.parentless ? { ...within, references: [] } : within
  const wish = withoutComputed(facts, asked)
  const under = (constraints: readonly RowConstraint[]): Promise<Solved> =>
    solveUnder(ground, { ...around, facts }, wish, constraints)
  const pinned = new Set(Object.keys(wish.pins ?? {}))
  // A key that is given whole is meant as it is given.
  const constraints = constraintsOf(within, {
    check: (c) => ignored.has(c.name ?? c.expression),
    reference: ({ columns }) => columns.every((name) => pinned.has(name)),
  })
  const references = (asked.parentless ? [] : ground.parents.hard(facts.table.id)).filter(({ columns }) =>
    columns.every((name) => asked.pins?.[name] === undefined || wish.pins?.[name]),
  )
  const bound = throughGenerated(facts, references, families, around.keys)
  const pointing = bound.length === 0 ? null : await under([...constraints, ...bound])
  // Where no parent stands for it, whoever asked puts one there, or wants it to be missing.
  return pointing && 'row' in pointing ? pointing : under(constraints)
}

/** The same under these row-level constraints only. */
export const solveUnder = async (
  ground: RowGround,
  around: Surroundings,
  wish: Omit<SolveWish, 'ignoreChecks'>,
  rowLevel: readonly RowConstraint[],
): Promise<Solved> => {
  const { facts, bases } = around
  const pins = wish.pins ?? {}
  const pinned = new Set(Object.keys(pins))
  const start: Row = { ...bases[0], ...pins }
  const standing = rowLevel.map((c): Constraint => ({ ...c, mustBeTrue: false }))
  const wished = (wish.where ?? []).flatMap((label) =>
    conjunctsOf(label).map((expression): Constraint => ({
      expression,
      columns: columnsFor(facts, expression),
      label,
      mustBeTrue: true,
    })),
  )
  const constraints = [...standing, ...wished, ...domainConstraints(facts, pins)]
  const broken = await brokenOf(ground, facts, start, constraints)
  if (broken.length === 0) return { row: start }

  const stuck = broken.filter((c) => c.columns.every((n) => pinned.has(n)))
  const first = stuck[0]
  if (first) return { unsolved: `the given values break ${first.label}`, tried: describe(pins) }

  const expressions = broken.map((c) => c.expression)
  const asked = constraints.map((c) => ({
    ...c,
    expression: c.expression === 'true' ? 'true' : asPredicate(c),
  }))
  const variables = await variablesAround(
    ground,
    { ...around, bases: [start, ...bases.slice(1)] },
    {
      still: pinned,
      expressions: [...expressions, ...wished.map((c) => c.expression)],
      constraints: standing,
    },
  )
  let row = start
  let left = broken
  let count = 0
  for (let round = 0; round < mostRounds && left.length > 0; round++) {
    const expressions = [...standing, ...wished].map((c) => c.expression)
    const [derived = new Map() as DerivedValues] = await deriveValues(ground, facts, [row], expressions)
    const unpinned = new Map([...derived].filter(([name]) => !pinned.has(name)))
    const about = asked.filter((_c, n) => left.includes(constraints[n]!))
    const mendings = mendingsOf(facts, row, variables, asked, about, unpinned)
    if (mendings.length === 0) break
    const found = await findRows(
      ground.db,
      mendings.map((m) => m.search),
    )
    const before = row
    for (const [at, { search, broken: those }] of mendings.entries()) {
      count += Math.min(
        search.limit,
        search.variables.reduce((n, v) => n * v.options.length, 1),
      )
      const best = found[at]![0]
      row = best ? mended(row, best, search) : takeEqual({ row, variables }, unpinned, those)
    }
    if (JSON.stringify(row) === JSON.stringify(before)) break
    left = await brokenOf(ground, facts, row, constraints)
  }
  if (left.length === 0) return { row }
  const each = { ...wish, where: wished.map((c) => c.expression) }
  // What holds already, or any value will do for, may still have to follow the others.
  const loose = wished.filter((c) => !broken.includes(c) || isNotNull.test(c.expression))
  const stays = loose.map((c) => c.expression)
  for (const of of stays.length > 0 ? [stays, []] : [[]]) {
    const apart = await solveApart(ground, around, each, rowLevel, { start, variables }, of)
    if (apart) return apart
  }
  const following = await followingRows(ground, facts, start, {
    pinned,
    variables,
    expressions: standing.map((c) => c.expression),
  })
  if (following.length > 0) {
    const breaking = await brokenOfEach(ground, facts, following, constraints)
    const at = breaking.findIndex((some) => some.length === 0)
    if (at >= 0) return { row: following[at]! }
  }
  const below = await belowAnother(ground, around, wish, rowLevel, { start, variables, left })
  if (below) return below
  return {
    unsolved: `no row was found that obeys ${[...new Set(left.map((c) => c.label))].join(', ')}`,
    tried: `${count} combinations of values of ${[...new Set(variables.flatMap((v) => v.columns.map((c) => c.name)))].join(', ')}`,
  }
}

const isNotNull = /^[^()]*\(?"?[^()]*\)?\s+is not null$/iu

/** How a row is looked for once more: from what it is made of, and with what is still broken. */
interface Remaining {
  readonly start: Row
  readonly variables: readonly Variable[]
  readonly left: readonly Constraint[]
}

/** What is wished of single columns is given first, and stays; the others follow it. */
const solveApart = async (
  ground: RowGround,
  around: Surroundings,
  wish: Omit<SolveWish, 'ignoreChecks'> & { readonly where: readonly string[] },
  rowLevel: readonly RowConstraint[],
  { start, variables }: Omit<Remaining, 'left'>,
  /** Wishes that nothing is given for: they are to hold in the end. */
  stays: readonly string[] = [],
): Promise<{ readonly row: Row } | null> => {
  const { facts } = around
  const isGiven = (sql: string): boolean => !stays.includes(sql)
  const columnOfWish = (sql: string): string | null => {
    const columns = columnsFor(facts, sql)
    return columns.length === 1 && isGiven(sql) ? columns[0]! : null
  }
  const single = new Set(wish.where.flatMap((sql) => columnOfWish(sql) ?? []))
  const apart = variables.filter((v) => v.columns.length === 1 && single.has(v.columns[0]!.name))
  if (apart.length === 0) return null
  const searches = apart.map((v) => {
    const [column] = v.columns
    const own = rowLevel.filter((c) => c.columns.length === 1 && c.columns[0] === column!.name)
    const wishes = wish.where.filter((sql) => columnOfWish(sql) === column!.name)
    return {
      facts,
      row: start,
      variables: [v],
      fixed: [],
      expressions: [...own.map((c) => c.expression), ...wishes.map((sql) => `(${sql}\n) is true`)],
      limit: v.options.length,
    }
  })
  const found = await findRows(ground.db, searches)
  const pins: Record<string, string> = { ...wish.pins }
  for (const [i, v] of apart.entries()) {
    const name = v.columns[0]!.name
    const value = found[i]![0]?.[name]
    if (value === undefined) return null
    pins[name] = value
  }
  const where = wish.where.filter((sql) => columnOfWish(sql) === null)
  const solved = await solveUnder(ground, around, { ...wish, pins, where }, rowLevel)
  return 'row' in solved ? solved : null
}

/** Rows of its own table that a row is tried to point to. */
const mostAbove = 3

/**
 * A row that points to none of its own table, where one is wanted that does: what else it has may follow from the row
 * above it (`no like parent || '-%'`), and is looked for below each of some.
 */
const belowAnother = async (
  ground: RowGround,
  around: Surroundings,
  wish: Omit<SolveWish, 'ignoreChecks'>,
  rowLevel: readonly RowConstraint[],
  { start, variables, left }: Remaining,
): Promise<{ readonly row: Row } | null> => {
  const above = variables.filter(
    ({ isOwnKey, columns }) =>
      isOwnKey &&
      columns.every(({ name }) => (start[name] ?? 'null') === 'null') &&
      columns.some(({ name }) => left.some((c) => c.columns.includes(name))),
  )
  for (const { columns, options } of above)
    for (const option of options.filter((o) => o.every((sql) => sql !== 'null')).slice(0, mostAbove)) {
      const pins = { ...wish.pins, ...Object.fromEntries(columns.map(({ name }, i) => [name, option[i]!])) }
      const found = await solveUnder(ground, around, { ...wish, pins }, rowLevel)
      if ('row' in found) return found
    }
  return null
}

const describe = (row: Row): string =>
  Object.entries(row)
    .map(([name, sql]) => `${name} = ${sql}`)
    .join(', ')
