/**
 * Changes from each value of a column to each other one, as a state machine allows them or not. The CHECKs that hang on
 * the column (an invoice that is paid has its day) hold before and after.
 */
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { literal } from '../../postgres/quote.ts'
import { on, update, type Ground } from './write-settings.ts'
import { differing } from './written-values.ts'

const mostColumns = 2
const mostStates = 8
const mostValues = 4

interface Stand {
  readonly value: string
  readonly row: Row
}

const statesOf = ({ context, values }: Ground, name: string): readonly string[] => {
  const labels = context.table.columns.find((c) => c.name === name)?.labels ?? []
  if (labels.length > 0) return labels.slice(0, mostStates).map(literal)
  const known = values.find(({ column }) => column === name)?.values ?? []
  return known.filter((value) => value !== 'null').slice(0, mostValues)
}

export const stateMoves = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads, base, aged } = ground
  if (!on(reads, 'update')) return []
  const { table, rows } = context
  const isLabelled = (name: string): boolean =>
    table.columns.some((c) => c.name === name && c.labels !== null)
  const asked = ground.values
    .map(({ column }) => column)
    .filter((name) => reads.asked.has(name))
    .toSorted((a, b) => Number(isLabelled(b)) - Number(isLabelled(a)))
  const found: ObservedSetting[] = []
  for (const name of asked.slice(0, mostColumns)) {
    const stands: Stand[] = []
    for (const value of statesOf(ground, name)) {
      const solved = await rows.solve(table, { pins: { [name]: value } })
      if ('row' in solved) stands.push({ value, row: solved.row })
    }
    for (const from of stands)
      for (const to of stands) {
        const given = { ...aged, ...differing(from.row, base), [name]: from.value }
        found.push(update(given, { ...differing(to.row, from.row), [name]: to.value }))
      }
  }
  return found
}
