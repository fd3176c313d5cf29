/**
 * What follows from a column that is null in the base row is nothing: it is given other values, and what follows from
 * those comes first. `no like parent || '-%'` says something of `no` only where there is a parent.
 */
import { comparisonsIn, deriveValues } from './derived.ts'
import { judgeColumns } from './judge-columns.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import type { Variable } from './search.ts'
import type { Surroundings } from './variables.ts'

/** Of a column that is null, and what follows from each. */
const mostValues = 2
const mostFollowing = 6

const isPresent = (sql: string): boolean => sql !== 'null'

/** The variables with such values ahead; as they are where nothing follows from a null. */
export const followingNulls = async (
  ground: RowGround,
  { facts, bases }: Surroundings,
  variables: readonly Variable[],
  expressions: readonly string[],
): Promise<readonly Variable[]> => {
  const base = bases[0] ?? {}
  const sources = new Set(comparisonsIn(expressions).flatMap((c) => c.columns))
  const empty = variables.filter(
    ({ columns: [column, ...more] }) =>
      column !== undefined && more.length === 0 && sources.has(column.name) && base[column.name] === 'null',
  )
  if (empty.length === 0) return variables
  const filled = await Promise.all(
    empty.map(async (v) => {
      const column = v.columns[0]!
      const values = v.options.map(([sql]) => sql!).filter(isPresent)
      return { column, values: [...new Set([...(await keysOf(ground, facts, column.name)), ...values])] }
    }),
  )
  const changes = filled.flatMap(({ column, values }) =>
    values.slice(0, 2 * mostValues).map((value): Row => ({ ...base, [column.name]: value })),
  )
  const derived = await deriveValues(ground, facts, changes, expressions)
  const ahead = new Map<string, string[]>()
  const add = (name: string, values: readonly string[]): void => {
    ahead.set(name, [...(ahead.get(name) ?? []), ...values])
  }
  for (const { column, values } of filled) add(column.name, values.slice(0, 2 * mostValues))
  for (const values of derived)
    for (const [name, { direct, solved }] of values)
      if (base[name] !== 'null') add(name, [...direct, ...solved].slice(0, mostFollowing))
  return variables.map((v) => {
    const first = v.columns.length === 1 ? (ahead.get(v.columns[0]!.name) ?? []) : []
    const options = [...first.map((sql) => [sql]), ...v.options]
    return { columns: v.columns, options: [...new Map(options.map((o) => [JSON.stringify(o), o])).values()] }
  })
}

/** Where it points to rows of its own table: the shortest keys that these take, since what is beneath is often longer. */
const keysOf = async (
  ground: RowGround,
  facts: Surroundings['facts'],
  column: string,
): Promise<readonly string[]> => {
  const own = facts.references.find((r) => r.target === facts.table.id && r.columns.includes(column))
  const name = own?.targetColumns[own.columns.indexOf(column)]
  const target = facts.table.columns.find((c) => c.name === name)
  if (!target) return []
  const judged = await judgeColumns(ground, facts, [target])
  const accepted = (judged.get(target.name)?.accepted ?? []).filter(isPresent)
  return accepted.toSorted((a, b) => a.length - b.length).slice(0, mostValues)
}
