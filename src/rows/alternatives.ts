/** Rows to try when PostgreSQL has refused one: near it, first in the columns that the refusal is about. Pure. */
import type { PgFault } from '../postgres/fault.ts'
import { combinationsOf } from './combinations.ts'
import { cluesOfExpression } from './constants.ts'
import type { Draft } from './draft.ts'
import type { TableFacts } from './facts.ts'
import type { Row } from './rows.ts'
import type { Variable } from './search.ts'

const mostTrials = 600

/** Columns that the refusal is about, or all of them. */
export const suspects = (
  facts: TableFacts,
  fault: PgFault | null | undefined,
): ReadonlySet<string> | null => {
  if (!fault) return null
  const named = fault.constraint
  const columns = [
    ...facts.keys
      .filter((k) => k.name === named)
      .flatMap((k) => [
        ...k.columns,
        ...(k.predicate === null ? [] : (cluesOfExpression(k.predicate)?.columns ?? [])),
      ]),
    ...facts.exclusions.filter((x) => x.name === named).flatMap((x) => x.columns),
    ...facts.checks.filter((c) => c.name !== null && c.name === named).flatMap((c) => c.columns),
    ...facts.references.filter((r) => r.name === named).flatMap((r) => r.columns),
    ...(fault.column === null ? [] : [fault.column]),
  ]
  if (columns.length > 0) return new Set(columns)
  // A partition reports its own constraint's name, a trigger none: then it may be any column.
  return null
}

/** Rows near the draft: first those that differ in the suspected columns only. */
export const alternatives = (
  facts: TableFacts,
  draft: Draft,
  suspected: ReadonlySet<string> | null,
): Row[] => {
  const keys = new Set(facts.keys.filter((k) => k.primary).flatMap((k) => k.columns))
  const about = draft.variables.filter((v) =>
    v.columns.some((c) => (suspected === null ? !keys.has(c.name) : suspected.has(c.name))),
  )
  const omitting = (v: Variable): Variable =>
    v.columns.length === 1 && v.columns[0]!.default !== null && v.columns[0]!.identity === null
      ? { ...v, options: [...v.options.slice(0, 1), ['default'], ...v.options.slice(1)] }
      : v
  // The row may have moved on from the draft's first options.
  const present = (v: Variable): Variable => {
    const now = v.columns.map((c) => draft.row[c.name] ?? 'null')
    return { ...v, options: [now, ...v.options.filter((o) => o.some((sql, i) => sql !== now[i]))] }
  }
  const variables = (about.length > 0 ? about : draft.variables).map(present).map(omitting)
  const { rows } = combinationsOf(
    variables.map((v) => Math.min(v.options.length, suspected === null ? 60 : 200)),
    mostTrials,
  )
  return rows.slice(1).map((combination) => ({
    ...draft.row,
    ...Object.fromEntries(
      variables.flatMap((v, i) =>
        v.columns.map((c, k) => [c.name, v.options[combination[i]!]![k]!] as const),
      ),
    ),
  }))
}

/** Only what must be given: a trigger may fill in the rest. */
export const barest = (facts: TableFacts, row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).filter(([name]) => {
      const column = facts.table.columns.find((c) => c.name === name)
      return (
        column !== undefined &&
        (column.notNull || facts.references.some((r) => r.columns.includes(name))) &&
        (column.default === null || column.identity !== null)
      )
    }),
  )

/** In how many columns the row has a value that one of the others has. */
export const sharedValues = (row: Row, others: readonly Row[]): number =>
  Object.entries(row).filter(([name, sql]) => sql !== 'null' && others.some((o) => o[name] === sql)).length

/** Single columns whose value was changed until the row was accepted, keys aside. */
export const changes = ({ row, variables }: Draft, accepted: Row): Row =>
  Object.fromEntries(
    variables.flatMap((v) => {
      const [column, ...others] = v.columns
      if (column === undefined || others.length > 0) return []
      const value = accepted[column.name]
      return value === undefined || value === row[column.name] ? [] : [[column.name, value]]
    }),
  )

/** Values that rows before have taken are tried last. */
export const freshFirst = (draft: Draft, taken: readonly Row[]): Draft => ({
  ...draft,
  variables: draft.variables.map((v) => {
    if (v.columns.length !== 1) return v
    const [first, ...rest] = v.options
    const isTaken = (option: readonly string[]): boolean =>
      option[0] !== 'null' && taken.some((row) => row[v.columns[0]!.name] === option[0])
    const options = [...rest.filter((o) => !isTaken(o)), ...rest.filter(isTaken)]
    return { ...v, options: first ? [first, ...options] : options }
  }),
})
