/** A row with pinned values, everything else as near to a family's base row as the row-level constraints allow. */
import { deriveValues } from './derived.ts'
import { mendingSearch } from './draft.ts'
import { evaluate } from './evaluate.ts'
import type { TableFacts } from './facts.ts'
import { columnsFor } from './read-facts.ts'
import { constraintsOf, type RowGround, writableColumns } from './row-ground.ts'
import type { Row, Solved, SolveWish } from './rows.ts'
import { findRows, noneFalse } from './search.ts'
import { type Surroundings, variablesAround } from './variables.ts'

type Constraint = ReturnType<typeof constraintsOf>[number] & { readonly mustBeTrue: boolean }

const mostCombinations = 5_000

/** As CHECK reads it, or true outright where a wish asks for it. */
const asPredicate = (c: Constraint): string => (c.mustBeTrue ? `((${c.expression}\n) is true)` : noneFalse([c.expression]))

const domainConstraints = (facts: TableFacts, pins: Row): Constraint[] =>
  facts.table.columns
    .filter((c) => pins[c.name] !== undefined && c.domainChecks.length > 0)
    .map((c) => ({
      expression: 'true',
      columns: [c.name],
      label: `the domain ${c.typeName} of ${c.name}`,
      mustBeTrue: false,
    }))

/** Which constraints the row breaks; those that cannot be asked because a pinned value is none of its type are left out. */
const brokenOf = async (
  ground: RowGround,
  facts: TableFacts,
  row: Row,
  constraints: readonly Constraint[],
): Promise<readonly Constraint[]> => {
  const asked = constraints.filter((c) => c.expression !== 'true')
  const questions = asked.map((c) => {
    const columns = writableColumns(facts.table).filter((k) => c.columns.includes(k.name))
    return {
      frame: { facts, columns: columns.map((column) => ({ column, options: [valueIn(row, column.name, column.default)] })) },
      combinations: [columns.map(() => 0)],
      expressions: [asPredicate(c)],
      fitsAnyway: true,
    }
  })
  const verdicts = await evaluate(ground.db, questions)
  return asked.filter((_c, i) => {
    const verdict = verdicts[i]![0]!
    return verdict.fits && verdict.of !== 't'
  })
}

const valueIn = (row: Row, name: string, fallback: string | null): string => {
  const value = row[name]
  const sql = value === undefined || value === 'default' ? (fallback ?? 'null') : value
  // A sequence is never consumed for a question.
  return /\bnextval\s*\(/iu.test(sql) ? '1' : sql
}

export const solveRow = (
  ground: RowGround,
  around: Surroundings,
  wish: SolveWish,
): Promise<Solved> => {
  const ignored = new Set(wish.ignoreChecks ?? [])
  return solveUnder(ground, around, wish, constraintsOf(around.facts, (c) => c.name !== null && ignored.has(c.name)))
}

/** The same under these row-level constraints only. */
export const solveUnder = async (
  ground: RowGround,
  around: Surroundings,
  wish: Omit<SolveWish, 'ignoreChecks'>,
  rowLevel: ReturnType<typeof constraintsOf>,
): Promise<Solved> => {
  const { facts, bases } = around
  const pins = wish.pins ?? {}
  const pinned = new Set(Object.keys(pins))
  const start: Row = { ...bases[0], ...pins }
  const standing = rowLevel.map((c): Constraint => ({ ...c, mustBeTrue: false }))
  const wished = (wish.where ?? []).map(
    (expression): Constraint => ({
      expression,
      columns: columnsFor(facts, expression),
      label: expression,
      mustBeTrue: true,
    }),
  )
  const constraints = [...standing, ...wished, ...domainConstraints(facts, pins)]
  const broken = await brokenOf(ground, facts, start, constraints)
  if (broken.length === 0) return { row: start }

  const stuck = broken.filter((c) => c.columns.every((n) => pinned.has(n)))
  const first = stuck[0]
  if (first) return { unsolved: `the given values break ${first.label}`, tried: describe(pins) }

  const expressions = broken.map((c) => c.expression)
  const asked = constraints.map((c) => ({ ...c, expression: c.expression === 'true' ? 'true' : asPredicate(c) }))
  const variables = await variablesAround(
    ground,
    { ...around, bases: [start, ...bases.slice(1)] },
    { still: pinned, expressions: [...expressions, ...wished.map((c) => c.expression)], constraints: standing },
  )
  let row = start
  let count = 0
  for (let round = 0; round < 3; round++) {
    const [derived] = await deriveValues(ground.db, facts, [row], [...standing, ...wished].map((c) => c.expression))
    const search = mendingSearch(
      facts,
      row,
      variables,
      asked,
      asked.filter((_c, i) => broken.includes(constraints[i]!)),
      derived ?? new Map(),
      mostCombinations,
    )
    if (!search) break
    count += Math.min(mostCombinations, search.variables.reduce((n, v) => n * v.options.length, 1))
    const [found] = await findRows(ground.db, [search])
    if (found?.[0]) return { row: found[0] }
    const next = {
      ...row,
      ...Object.fromEntries(
        [...(derived ?? [])].flatMap(([name, values]) => (pinned.has(name) || !values[0] ? [] : [[name, values[0]]])),
      ),
    }
    if (JSON.stringify(next) === JSON.stringify(row)) break
    row = next
  }
  return {
    unsolved: `no row was found that obeys ${broken.map((c) => c.label).join(', ')}`,
    tried: `${count} combinations of values of ${[...new Set(variables.flatMap((v) => v.columns.map((c) => c.name)))].join(', ')}`,
  }
}

const describe = (row: Row): string =>
  Object.entries(row)
    .map(([name, sql]) => `${name} = ${sql}`)
    .join(', ')
