/**
 * Values for the parameters of a projected statement, named by their place among the others instead of by themselves:
 * real values would mean nothing among stand-ins or stretched keys.
 */
import { AssayError } from '../../ground/errors.ts'
import { relationId } from '../../ground/names.ts'
import type { DatabaseStatistics, Spread } from './statistics.ts'

/** The share of rows (of those that are in no list of common values) that are below it; or which common one it is, from 1. */
export type ValuePlace = { readonly below: number } | { readonly common: number }

const noValue = (of: string, asked: string, found: string): AssayError =>
  new AssayError(`There is no value of ${of} at that place.`, {
    code: 'projection.value',
    exit: 2,
    asked,
    found,
    mend: 'Name a column with statistics: @orders.ordered_at:0.95 (95 % of its rows are below), @orders.status:#1 (the commonest).',
  })

const spreadAt = (statistics: DatabaseStatistics, of: string): Spread | null => {
  for (const table of statistics.tables) {
    const id = relationId(table)
    const column = table.columns.find(({ name }) => of === `${id}.${name}`)
    if (column) return column.whole ?? column.own
  }
  return null
}

/** `of` is `table.column`. Throws AssayError. */
export const valueAt = (statistics: DatabaseStatistics, of: string, place: ValuePlace): string => {
  const spread = spreadAt(statistics, of)
  const asked = 'below' in place ? `${of}@${place.below}` : `the ${place.common}. common value of ${of}`
  if (spread === null) throw noValue(of, asked, 'no such column, or one without statistics')
  const list = 'below' in place ? spread.bounds : spread.common
  if (list === null || list.length === 0)
    throw noValue(of, asked, 'below' in place ? 'all its values are common ones' : 'no value is common')
  const at =
    'below' in place
      ? Math.round(Math.min(1, Math.max(0, place.below)) * (list.length - 1))
      : place.common - 1
  const value = list[at]
  if (value === undefined) throw noValue(of, asked, `${list.length} common values`)
  return value
}
