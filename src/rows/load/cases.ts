/**
 * Values of columns that conditions are about (the predicates of partial indexes, the bounds of partitions): found by
 * PostgreSQL among candidates, so that among the loaded rows every condition is true of some and untrue of others.
 */
import type { Table } from '../../catalog/table.ts'
import { cluesOfExpression } from '../constants.ts'
import { saidOfColumn } from '../domain-value.ts'
import type { Row, Rows } from '../rows.ts'

/** Conditions that share columns, and the rows of those columns that tell them apart. */
export interface Cases {
  readonly columns: readonly string[]
  /** To be taken in turn: each combination of truths comes equally often. */
  readonly rows: readonly Row[]
}

export interface Condition {
  readonly sql: string
  /** `all`: one condition of this group must be true of every row (a row needs a partition). */
  readonly mustHold: boolean
}

/** More combinations than this are not put to PostgreSQL. */
const mostCombinations = 4_000
/** Rows kept of each combination of truths: about as many distinct values as a leading key has. */
const keptOfEach = 24

const columnsOfCondition = (table: Table, sql: string): readonly string[] => {
  const clues = cluesOfExpression(sql)
  const named = clues === null || clues.wholeRow ? table.columns.map((c) => c.name) : clues.columns
  return table.columns.filter((c) => c.generated === null && named.includes(c.name)).map((c) => c.name)
}

interface Component {
  readonly columns: readonly string[]
  readonly conditions: readonly Condition[]
}

/** Conditions that share a column, directly or through others, are solved together. */
const componentsOf = (table: Table, conditions: readonly Condition[]): readonly Component[] => {
  let components: readonly Component[] = []
  for (const condition of conditions) {
    const columns = columnsOfCondition(table, condition.sql)
    if (columns.length === 0) continue
    const touching = components.filter((c) => c.columns.some((name) => columns.includes(name)))
    const merged: Component = {
      columns: [...new Set([...touching.flatMap((c) => c.columns), ...columns])],
      conditions: [...touching.flatMap((c) => c.conditions), condition],
    }
    components = [...components.filter((c) => !touching.includes(c)), merged]
  }
  return components
}

const combine = (columns: readonly string[], candidates: readonly (readonly string[])[]): readonly Row[] => {
  let rows: readonly Row[] = [{}]
  columns.forEach((column, at) => {
    rows = candidates[at]!.flatMap((value) => rows.map((row) => ({ ...row, [column]: value })))
  })
  return rows
}

/** Takes one of each group in turn, as long as the longest group lasts; shorter groups start again. */
const inTurn = (groups: readonly (readonly Row[])[]): readonly Row[] => {
  const longest = Math.max(0, ...groups.map((g) => g.length))
  return Array.from({ length: longest }, (_, n) => groups.map((g) => g[n % g.length]!)).flat()
}

/** Another value at another time: statistics, and with them plans, would depend on the day. */
const ofTheDay =
  /\b(?:now\s*\(|current_|localtime|statement_timestamp|clock_timestamp|transaction_timestamp)/iu

/** Values that stay what they are, as long as there are any. */
const steady = (candidates: readonly string[]): readonly string[] => {
  const found = candidates.filter((value) => !ofTheDay.test(value))
  return found.length > 0 ? found : candidates
}

const solve = async (
  table: Table,
  rows: Pick<Rows, 'candidates' | 'judge'>,
  component: Component,
): Promise<Cases> => {
  const { columns, conditions } = component
  const perColumn = Math.floor(mostCombinations ** (1 / columns.length))
  const candidates: (readonly string[])[] = []
  for (const name of columns) {
    const found = await rows.candidates(
      table,
      name,
      conditions.map((c) => c.sql),
    )
    const isOptional = !table.columns.some((c) => c.name === name && c.notNull)
    candidates.push(
      [...new Set([...(isOptional ? ['null'] : []), ...steady(found)])].slice(0, Math.max(2, perColumn)),
    )
  }
  const combinations = combine(columns, candidates)
  // A candidate may stand just outside of what its domain takes.
  const demands = table.columns
    .filter(({ name }) => columns.includes(name))
    .flatMap(({ name, domainChecks }) => domainChecks.flatMap((check) => saidOfColumn(check, name) ?? []))
  const judged = await rows.judge(table, combinations, [...conditions.map((c) => c.sql), ...demands])
  const groups = new Map<string, Row[]>()
  combinations.forEach((row, n) => {
    const truths = judged[n]!.slice(0, conditions.length)
    const taken = judged[n]!.slice(conditions.length)
    if (truths.includes('error') || taken.includes('error') || taken.includes('f')) return
    const bounds = conditions.flatMap((c, i) => (c.mustHold ? [truths[i]] : []))
    if (bounds.length > 0 && !bounds.includes('t')) return
    const key = truths.map((t) => (t === 't' ? 't' : 'f')).join('')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else if (group.length < keptOfEach) group.push(row)
  })
  return { columns, rows: inTurn([...groups.values()]) }
}

/** Cases for every group of conditions; a group for which no row was found is left out. */
export const solveCases = async (
  table: Table,
  rows: Pick<Rows, 'candidates' | 'judge'>,
  conditions: readonly Condition[],
): Promise<readonly Cases[]> => {
  const solved: Cases[] = []
  for (const component of componentsOf(table, conditions)) solved.push(await solve(table, rows, component))
  return solved.filter((cases) => cases.rows.length > 0)
}
