/** What became of rows between two moments: which are gone, which values are gone or others, which sequences went back. */
import type { ColumnRows, Digest, RowFingerprint, SequencePlace, TableRows } from './row-fingerprint.ts'

export interface RowDifference {
  readonly table: string
  /** null: the rows themselves. */
  readonly column: string | null
  /** `lost`: fewer than before. `added`: more. `filled`: as many rows, and values where there were none. `changed`: other values. */
  readonly does: 'lost' | 'added' | 'filled' | 'changed'
  /** Rows, or rows in which the column had a value. null: too many to be counted one by one. */
  readonly count: number | null
  /** Of how many. */
  readonly of: number
  /** The table or column itself is gone. */
  readonly isGone: boolean
}

/** Those of the first that are not in the second, as often as they are not. */
const minus = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const left = new Map<string, number>()
  for (const one of after) left.set(one, (left.get(one) ?? 0) + 1)
  return before.filter((one) => {
    const there = left.get(one) ?? 0
    if (there > 0) left.set(one, there - 1)
    return there === 0
  })
}

/** How many of the first are not in the second; null where only sums are known. */
const missing = (before: Digest, after: Digest): number | null =>
  typeof before === 'string' || typeof after === 'string' ? null : minus(before, after).length

const isSameDigest = (a: Digest, b: Digest): boolean =>
  typeof a === 'string' || typeof b === 'string' ? a === b : a.length === b.length && missing(a, b) === 0

const columnDifference = (
  at: { readonly table: string; readonly column: string },
  before: ColumnRows,
  after: ColumnRows | undefined,
  comparesValues: boolean,
): readonly RowDifference[] => {
  if (after === undefined) {
    return before.filled === 0
      ? []
      : [{ ...at, does: 'lost', count: before.filled, of: before.filled, isGone: true }]
  }
  if (after.filled < before.filled) {
    const count = before.filled - after.filled
    return [{ ...at, does: 'lost', count, of: before.filled, isGone: false }]
  }
  if (!comparesValues || before.type !== after.type || isSameDigest(before.digest, after.digest)) return []
  const count = missing(before.digest, after.digest)
  const gained = after.filled - before.filled
  return gained > 0 && (count === null || count === gained)
    ? [{ ...at, does: 'filled', count: gained, of: gained, isGone: false }]
    : [{ ...at, does: 'changed', count, of: before.filled, isGone: false }]
}

const tableDifference = (
  table: string,
  before: TableRows,
  after: TableRows | undefined,
): readonly RowDifference[] => {
  const { rows } = before
  if (after === undefined) {
    return rows === 0 ? [] : [{ table, column: null, does: 'lost', count: rows, of: rows, isGone: true }]
  }
  const own: readonly RowDifference[] =
    after.rows === rows
      ? []
      : [
          {
            table,
            column: null,
            does: after.rows < rows ? 'lost' : 'added',
            count: Math.abs(rows - after.rows),
            of: rows,
            isGone: false,
          },
        ]
  const isSameNumber = own.length === 0
  const columns = [...before.columns].flatMap(([column, values]) => {
    const now = after.columns.get(column)
    // With fewer or more rows every column differs: that is told once.
    return isSameNumber || now === undefined
      ? columnDifference({ table, column }, values, now, isSameNumber)
      : []
  })
  const isSwapped =
    isSameNumber &&
    columns.length === 0 &&
    before.columns.size === after.columns.size &&
    [...before.columns].every(([column, { type }]) => after.columns.get(column)?.type === type) &&
    !isSameDigest(before.whole, after.whole)
  const swapped: RowDifference = {
    table,
    column: null,
    does: 'changed',
    count: missing(before.whole, after.whole),
    of: rows,
    isGone: false,
  }
  return [...own, ...columns, ...(isSwapped ? [swapped] : [])]
}

/** Of what there was before; tables and columns that are new say nothing. Values of a column with another type are only counted. */
export const rowDifference = (before: RowFingerprint, after: RowFingerprint): readonly RowDifference[] =>
  [...before.tables].flatMap(([table, rows]) => tableDifference(table, rows, after.tables.get(table)))

/** What was added to a digest and is not in a later one. */
const addedAndLost = (before: Digest | undefined, written: Digest, end: Digest): number => {
  if (typeof written === 'string' || typeof end === 'string' || typeof before === 'string') return 0
  return minus(minus(written, before ?? []), end).length
}

/**
 * What is lost of rows that were written between `before` and `written`, when `end` comes after them. Rows that were
 * there before may be changed on the way: that is another matter.
 */
export const newRowsDifference = (
  before: RowFingerprint,
  written: RowFingerprint,
  end: RowFingerprint,
): readonly RowDifference[] =>
  rowDifference(written, end).flatMap((one): readonly RowDifference[] => {
    if ((one.does !== 'changed' && one.does !== 'filled') || one.column === null) return [one]
    const columnIn = (of: RowFingerprint) => of.tables.get(one.table)?.columns.get(one.column ?? '')
    const [was, is, now] = [before, written, end].map(columnIn)
    const count = is && now ? addedAndLost(was?.digest, is.digest, now.digest) : 0
    return count === 0 ? [] : [{ ...one, count }]
  })

export interface SequenceBack {
  readonly sequence: string
  readonly before: bigint
  readonly after: bigint
}

const wentBack = (before: SequencePlace, after: SequencePlace): boolean =>
  before.increment > 0n ? after.value < before.value : after.value > before.value

/** Sequences that would give out again what they have given out already. Going on is what sequences do. */
export const sequencesBack = (before: RowFingerprint, after: RowFingerprint): readonly SequenceBack[] =>
  [...before.sequences].flatMap(([sequence, was]) => {
    const now = after.sequences.get(sequence)
    return now && wentBack(was, now) ? [{ sequence, before: was.value, after: now.value }] : []
  })
