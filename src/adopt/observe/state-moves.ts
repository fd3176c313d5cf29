/**
 * Changes from each value of a column to each other one, as a state machine allows them or not; what is allowed may
 * stand in a table. The CHECKs that hang on the column (an invoice that is paid has its day) hold before and after.
 */
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { literal } from '../../postgres/quote.ts'
import { movedColumns } from './compared-columns.ts'
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

const standsOf = async (ground: Ground, name: string): Promise<readonly Stand[]> => {
  const { table, rows } = ground.context
  const stands: Stand[] = []
  for (const value of statesOf(ground, name)) {
    const solved = await rows.solve(table, { pins: { [name]: value } })
    if ('row' in solved) stands.push({ value, row: solved.row })
  }
  return stands
}

const move = ({ aged, base }: Ground, name: string, from: Stand, to: Stand): ObservedSetting => {
  const given = { ...aged, ...differing(from.row, base), [name]: from.value }
  return update(given, { ...differing(to.row, from.row), [name]: to.value })
}

export const stateMoves = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads } = ground
  if (!on(reads, 'update')) return []
  const isLabelled = (name: string): boolean =>
    context.table.columns.some((c) => c.name === name && c.labels !== null)
  const asked = ground.values
    .map(({ column }) => column)
    .filter((name) => reads.asked.has(name))
    .toSorted((a, b) => Number(isLabelled(b)) - Number(isLabelled(a)))
  const found: ObservedSetting[] = []
  for (const name of asked.slice(0, mostColumns)) {
    const stands = await standsOf(ground, name)
    found.push(...stands.flatMap((from) => stands.map((to) => move(ground, name, from, to))))
  }
  return found
}

/** Moves of which a table says that they are allowed, and moves of which it says so of their neighbours alone. */
export const listedMoves = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads } = ground
  if (!on(reads, 'update')) return []
  const found: ObservedSetting[] = []
  for (const other of reads.tables)
    for (const { own, from, to } of movedColumns(reads.bodies, other, context.table)) {
      const stands = await standsOf(ground, own)
      const middle = Math.floor(stands.length / 2)
      const tried = [
        [middle, middle - 1],
        [middle - 1, middle],
        [0, 1],
      ] as const
      for (const [before, after] of tried) {
        const [one, two] = [stands[before], stands[after]]
        if (!one || !two) continue
        const listed = (was: Stand | undefined, is: Stand | undefined): readonly Row[] =>
          was && is ? [{ [from]: was.value, [to]: is.value }] : []
        const rows = [
          ...listed(one, two),
          ...[-1, 1].flatMap((step) => [
            ...listed(stands[before + step], two),
            ...listed(one, stands[after + step]),
          ]),
        ]
        found.push(...rows.map((row) => ({ ...move(ground, own, one, two), beside: { [other.id]: [row] } })))
      }
    }
  return found
}
