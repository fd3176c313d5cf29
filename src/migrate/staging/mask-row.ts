/** One row as it leaves for the copy, and the other forms of it that are tried when a constraint refuses the first. */
import type { ColumnMask, Family } from './mask-plan.ts'

export type Row = readonly (string | null)[]

const first = (columns: readonly ColumnMask[], row: Row): Row =>
  row.map((value, i) => {
    const mask = columns[i]?.mask ?? null
    return value === null || mask === null ? value : mask(value)
  })

const compare = (family: Family, a: string, b: string): number => {
  if (family === 'number') return Number(a) - Number(b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** The first is what the row is masked to; the others are less like it. */
export const maskRow = (columns: readonly ColumnMask[], row: Row): Row => first(columns, row)

/** The same stand-ins, in the order that the values had: what begins before it ends does so again. */
export const inOldOrder = (columns: readonly ColumnMask[], row: Row): Row => {
  const masked = first(columns, row)
  const found = [...masked]
  for (const family of ['number', 'time'] as const) {
    const places = columns.flatMap((column, i) =>
      column.family === family && !column.isLinked && column.mask !== null && row[i] != null ? [i] : [],
    )
    const old = places.toSorted((a, b) => compare(family, row[a] ?? '', row[b] ?? ''))
    const values = places.map((i) => masked[i] ?? '').toSorted((a, b) => compare(family, a, b))
    // Where two were alike, both get the stand-in that they had in common.
    old.forEach((place, n) => {
      const before = old[n - 1]
      found[place] =
        before !== undefined && row[before] === row[place] ? (found[before] ?? null) : (values[n] ?? null)
    })
  }
  return found
}

/** The values in these places are left out, where a row may be without. */
export const without = (columns: readonly ColumnMask[], row: Row, places: ReadonlySet<number>): Row =>
  row.map((value, i) => {
    const column = columns[i]
    return places.has(i) && column?.isNullable && !column.isLinked && column.mask !== null ? null : value
  })

export const withoutOptional = (columns: readonly ColumnMask[], row: Row): Row =>
  without(columns, row, new Set(row.keys()))
