/**
 * What was found for conditions over such columns: another table with the same (created_at and updated_at, an e-mail
 * address) takes it over and asks PostgreSQL about few rows, instead of looking for it again.
 */
import { isTaken, type Component, type Judging } from './conditions.ts'
import type { DraftColumn, TableDraft } from './draft.ts'
import { setPool } from './pools.ts'
import type { Pool, Source } from './volume-plan.ts'

interface Settled {
  readonly sources: readonly (Source | null)[]
  readonly nulls: readonly number[]
  readonly pools: readonly Pool[]
}

interface SettledEntry {
  /** Null: nothing was found. */
  readonly found: Settled | null
  /** Tables for which PostgreSQL was asked. */
  readonly seenBy: Set<string>
}

/** By keyOf. */
export type SettledConditions = Map<string, SettledEntry>

const isAlone = ({ source }: DraftColumn): boolean =>
  source === null || source.kind === 'none' || source.kind === 'made'

const isCounted = ({ source }: DraftColumn): boolean => {
  if (source?.kind !== 'made') return false
  const number = source.number.kind === 'part' ? source.number.of : source.number
  return number.kind !== 'drawn' && number.kind !== 'after'
}

/** Null when other tables have a say in the values, too. */
export const keyOf = (draft: TableDraft, { columns, expressions }: Component): string | null => {
  if (!columns.every(isAlone)) return null
  const before = columns.flatMap(({ source }) =>
    source?.kind === 'made' && source.number.kind === 'after'
      ? (draft.columns.get(source.number.column) ?? [])
      : [],
  )
  if (!before.every(isAlone)) return null
  const all = [...columns, ...before]
  const told = all.map(({ making: { table: _table, ...making }, column, source, nulls, isFixed }) => [
    making,
    column.notNull,
    column.baseType,
    source,
    nulls,
    isFixed,
  ])
  return JSON.stringify([expressions, told, all.some(isCounted) ? draft.count : null])
}

export interface SettledPlace {
  readonly settled: SettledConditions
  readonly key: string
}

/** Undefined: nothing is known yet. Else whether PostgreSQL takes the values, as isTaken says. */
export const takeOver = async (
  draft: TableDraft,
  component: Component,
  { settled, key }: SettledPlace,
  judging: Judging,
): Promise<boolean | undefined> => {
  const entry = settled.get(key)
  if (entry === undefined) return undefined
  const { found: known, seenBy } = entry
  if (known === null) return false
  const { columns } = component
  const before = columns.map(({ source, nulls }) => ({ source, nulls }))
  for (const [at, column] of columns.entries()) {
    column.source = known.sources[at] ?? null
    column.nulls = known.nulls[at]!
  }
  for (const [at, pool] of known.pools.entries()) {
    const drawn = known.sources.flatMap((source, n) =>
      source?.kind === 'pool' && source.pool === at ? [{ column: columns[n]!, n, place: source.at }] : [],
    )
    const tuples = pool.tuples.map((tuple) => drawn.map(({ place }) => tuple[place] ?? null))
    setPool(
      draft,
      drawn.map(({ column }) => column),
      tuples,
      pool.by,
      pool.weights,
    )
    for (const { column, n } of drawn) column.nulls = known.nulls[n]!
  }
  const { id } = draft.facts.table
  if (seenBy.has(id) || (await isTaken(draft, component, judging, { few: true }))) {
    seenBy.add(id)
    return true
  }
  for (const [at, column] of columns.entries()) Object.assign(column, before[at])
  return undefined
}

/** What was found for a table of so many rows; undefined where it is this table's alone. */
export const settledOf = (draft: TableDraft, { columns }: Component, count: number): Settled | undefined => {
  if (draft.count !== count || columns.some(({ source }) => source?.kind === 'link')) return undefined
  const numbers = [
    ...new Set(columns.flatMap(({ source }) => (source?.kind === 'pool' ? [source.pool] : []))),
  ]
  const pools = numbers.map((at) => draft.pools[at]!)
  if (pools.some(({ by }) => typeof by === 'number')) return undefined
  return {
    pools,
    nulls: columns.map(({ nulls }) => nulls),
    sources: columns.map(({ source }) =>
      source?.kind === 'pool' ? { ...source, pool: numbers.indexOf(source.pool) } : source,
    ),
  }
}
