/** Where two tables differ: ranges of the key are divided until single rows can be named. */
import type { Session } from '../../postgres/session.ts'
import {
  boundsSql,
  hashesSql,
  isEqual,
  rangeSql,
  readSum,
  type Key,
  type KeyRange,
  type SentTable,
} from './checksum.ts'

export interface Mismatch {
  /** First and last key of the rows that differ, as far as they were looked at; null: the table has no key. */
  readonly from: Key | null
  readonly to: Key | null
  /** Keys of single rows, the first of them. */
  readonly missing: readonly Key[]
  readonly surplus: readonly Key[]
  readonly changed: readonly Key[]
}

const noKey: Mismatch = { from: null, to: null, missing: [], surplus: [], changed: [] }

const parts = 32
/** So few rows are compared one by one. */
const fewRows = 2000
const mostNamed = 10

interface Hashed {
  readonly key: Key
  readonly hash: string
}

interface Differing {
  readonly missing: readonly Key[]
  readonly surplus: readonly Key[]
  readonly changed: readonly Key[]
}

const compareRows = (active: readonly Hashed[], standby: readonly Hashed[]): Differing => {
  const textOf = ({ key }: Hashed): string => JSON.stringify(key)
  const there = new Map(standby.map((row) => [textOf(row), row.hash]))
  const here = new Set(active.map(textOf))
  return {
    missing: active.filter((row) => !there.has(textOf(row))).map(({ key }) => key),
    changed: active
      .filter((row) => there.has(textOf(row)) && there.get(textOf(row)) !== row.hash)
      .map(({ key }) => key),
    surplus: standby.filter((row) => !here.has(textOf(row))).map(({ key }) => key),
  }
}

interface Sides {
  readonly active: Session
  readonly standby: Session
}

/** The parts of a range that differ; null: it is small enough to be compared row by row. */
const differingParts = async (
  { active, standby }: Sides,
  table: SentTable,
  range: KeyRange,
): Promise<readonly KeyRange[] | null> => {
  const where = rangeSql(table, range)
  const [a, b] = await Promise.all([readSum(active, table, where), readSum(standby, table, where)])
  if (Math.max(a.rows, b.rows) <= fewRows) return null
  // Where the one has none, its bounds say nothing.
  const by = a.rows >= b.rows ? active : standby
  const bounds = (await by.json<{ readonly key: Key }>(boundsSql(table, range, parts))).map(({ key }) => key)
  if (bounds.length === 0) return null
  const ends = [range.from, ...bounds, range.to]
  const found: KeyRange[] = []
  for (const [i, from] of ends.slice(0, -1).entries()) {
    const part: KeyRange = { from, to: ends[i + 1] ?? null }
    const within = rangeSql(table, part)
    const [x, y] = await Promise.all([readSum(active, table, within), readSum(standby, table, within)])
    if (!isEqual(x, y)) found.push(part)
  }
  return found
}

/** The two sessions see one moment each, that of the comparison. It ends when enough rows can be named. */
export const narrow = async (active: Session, standby: Session, table: SentTable): Promise<Mismatch> => {
  if (table.key.length === 0) return noKey
  const open: KeyRange[] = [{ from: null, to: null }]
  let found: Differing = { missing: [], surplus: [], changed: [] }
  const all = (): readonly Key[] => [...found.missing, ...found.changed, ...found.surplus]
  for (let range = open.shift(); range !== undefined && all().length < mostNamed; range = open.shift()) {
    const smaller = await differingParts({ active, standby }, table, range)
    if (smaller !== null) {
      open.unshift(...smaller)
      continue
    }
    const [x, y] = await Promise.all([
      active.json<Hashed>(hashesSql(table, range)),
      standby.json<Hashed>(hashesSql(table, range)),
    ])
    const more = compareRows(x, y)
    found = {
      missing: [...found.missing, ...more.missing],
      surplus: [...found.surplus, ...more.surplus],
      changed: [...found.changed, ...more.changed],
    }
  }
  const { missing, surplus, changed } = found
  return {
    from: all()[0] ?? null,
    to: all().at(-1) ?? null,
    missing: missing.slice(0, mostNamed),
    surplus: surplus.slice(0, mostNamed),
    changed: changed.slice(0, mostNamed),
  }
}
