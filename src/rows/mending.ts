/** How a row that breaks constraints over several columns may be mended: one search for each set of columns that hang together. */
import type { Column } from '../catalog/table.ts'
import { literal } from '../postgres/quote.ts'
import { comparisonsIn, type DerivedValues } from './derived.ts'
import { saidOfColumn } from './domain-value.ts'
import type { TableFacts } from './facts.ts'
import type { Row } from './rows.ts'
import type { Search, Variable } from './search.ts'

interface Constraint {
  readonly expression: string
  readonly columns: readonly string[]
}

const mostCombinations = 4_000
/** Where values that follow only indirectly stand: whole numbers read better. */
const solvedAt = 3
const nothing = { direct: [], solved: [] }
/** Where null stands among the options of a search. */
const nullsAt = 6

/** Whether the value depends on the day. */
export const isRelative = (sql: string | undefined): boolean => /now\(\)|current_|localtime/iu.test(sql ?? '')

/** Days of the years, months and days that other columns have as whole numbers: 2024, 202403, 20240317. */
const datesNamedIn = (row: Row, { baseType }: Column): readonly string[] =>
  /^(?:date|timestamp)/u.test(baseType)
    ? [...new Set(Object.values(row))].flatMap((value) => {
        const [, year, month = '01', day = '01'] =
          /^(19\d\d|2\d{3})(?:(0[1-9]|1[0-2])(0[1-9]|[12]\d)?)?$/u.exec(value) ?? []
        return year === undefined ? [] : [literal(`${year}-${month}-${day}`)]
      })
    : []

/** The variables that a set of broken constraints reaches through all constraints they share columns with. */
const reached = (
  variables: readonly Variable[],
  constraints: readonly Constraint[],
  broken: readonly Constraint[],
): { readonly variables: readonly Variable[]; readonly constraints: readonly Constraint[] } => {
  const columns = new Set(broken.flatMap((c) => c.columns))
  const taken = new Set<Constraint>(broken)
  for (let grew = true; grew;) {
    grew = false
    for (const v of variables) {
      if (v.columns.some((c) => columns.has(c.name))) for (const c of v.columns) columns.add(c.name)
    }
    for (const c of constraints) {
      if (!taken.has(c) && c.columns.length > 1 && c.columns.some((n) => columns.has(n))) {
        taken.add(c)
        for (const n of c.columns) columns.add(n)
        grew = true
      }
    }
  }
  return {
    variables: variables.filter((v) => v.columns.some((c) => columns.has(c.name))),
    constraints: constraints.filter((c) => taken.has(c) || c.columns.some((n) => columns.has(n))),
  }
}

/** Puts `first` first, then the rest, each once. */
const startingWith = (
  first: readonly string[],
  rest: readonly (readonly string[])[],
): readonly (readonly string[])[] => {
  const all = [...new Map([first, ...rest].map((o) => [JSON.stringify(o), o])).values()]
  // A value's absence often decides: it is not left to the end of a long list.
  const isNull = (option: readonly string[]): boolean => option.every((sql) => sql === 'null')
  const later = all.slice(nullsAt)
  return [...all.slice(0, nullsAt), ...later.filter(isNull), ...later.filter((o) => !isNull(o))]
}

/** What is derived from other columns has to be a value of the column's domain, too. */
const domainsOf = (variables: readonly Variable[]): readonly string[] =>
  variables.flatMap((v) =>
    v.columns.flatMap((c) => c.domainChecks.flatMap((check) => saidOfColumn(check, c.name) ?? [])),
  )

export interface Mending<C extends Constraint> {
  readonly search: Search
  /** The broken constraints that it is about. */
  readonly broken: readonly C[]
}

/** Searches that do not share a column; broken constraints over columns that cannot vary have none. */
export const mendingsOf = <C extends Constraint>(
  facts: TableFacts,
  row: Row,
  variables: readonly Variable[],
  constraints: readonly Constraint[],
  broken: readonly C[],
  derived: DerivedValues,
): readonly Mending<C>[] => {
  const open = new Set(broken)
  const found: Mending<C>[] = []
  for (const first of broken) {
    if (!open.has(first)) continue
    const part = reached(variables, constraints, [first])
    const about = broken.filter((c) => c === first || part.constraints.includes(c))
    for (const c of about) open.delete(c)
    if (part.variables.length === 0) continue
    const names = new Set(part.constraints.flatMap((c) => c.columns))
    const options = (v: Variable): Variable['options'] => {
      const moving = v.options.every((o) => o.every((sql) => sql === 'null' || isRelative(sql)))
      const [column] = v.columns
      const isFree = v.columns.length === 1 && !v.points
      const { direct, solved } = (isFree ? derived.get(column!.name) : null) ?? nothing
      const lasting = (values: readonly string[]): readonly (readonly string[])[] =>
        values.filter((d) => !moving || isRelative(d)).map((d) => [d])
      return startingWith(
        v.columns.map((c) => row[c.name] ?? 'null'),
        [
          ...lasting(direct),
          ...v.options.slice(0, solvedAt),
          ...lasting([...solved, ...(isFree ? datesNamedIn(row, column!) : [])]),
          ...v.options.slice(solvedAt),
        ],
      )
    }
    const search: Search = {
      facts,
      row,
      variables: part.variables.map((v) => ({ columns: v.columns, options: options(v) })),
      fixed: facts.table.columns.filter((c) => c.generated === null && names.has(c.name)),
      expressions: [...part.constraints.map((c) => c.expression), ...domainsOf(part.variables)],
      limit: mostCombinations,
    }
    found.push({ search, broken: about })
  }
  return found
}

/** The row with what a search has found for its columns. */
export const mended = (row: Row, found: Row, search: Search): Row => ({
  ...row,
  ...Object.fromEntries(
    search.variables.flatMap((v) => v.columns.map((c) => [c.name, found[c.name] ?? 'null'] as const)),
  ),
})

/** When no search helps, the values that equalities ask for are taken as they are, for the next round to build on. */
export const takeEqual = (
  { row, variables }: { readonly row: Row; readonly variables: readonly Variable[] },
  derived: DerivedValues,
  broken: readonly Constraint[],
): Row => {
  const pointing = new Set(variables.flatMap((v) => (v.points ? v.columns.map((c) => c.name) : [])))
  const equal = comparisonsIn(broken.map((c) => c.expression)).filter(
    (c) => c.equality && c.direct && !pointing.has(c.column),
  )
  const taken = equal.flatMap(({ column }) => {
    const value = derived.get(column)?.direct[0]
    return value === undefined ? [] : [[column, value] as const]
  })
  return { ...row, ...Object.fromEntries(taken) }
}
