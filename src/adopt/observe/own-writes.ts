/** Writes beside rows of their own table: as many as are counted, in the groups before and behind, just touching. */
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { OwnRows } from './own-rows.ts'
import { shifted } from './stepped-values.ts'
import { again, insert, on, remove, update, type Ground } from './write-settings.ts'

const mostOthers = 2

const crowd = (count: number, row: Row): readonly Row[] => Array.from({ length: count }, () => row)

export const beside = (
  { context }: Ground,
  rows: readonly Row[],
  writes: readonly ObservedSetting[],
): readonly ObservedSetting[] => writes.map((one) => ({ ...one, beside: { [context.table.id]: rows } }))

/** From one state to another: only what differs is set. */
const change = (base: Row, from: Row, to: Row): Row =>
  Object.fromEntries(
    [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name) => {
      const [before, after] = [from[name] ?? base[name], to[name] ?? base[name]]
      return after === undefined || before === after ? [] : [[name, after] as const]
    }),
  )

/** Each way in which a row may come into the group in this state, stay there, or leave it. */
const writesInto = (
  ground: Ground,
  { group, neighbours, states }: OwnRows,
  state: Row,
): ObservedSetting[] => {
  const { reads, aged, base, changes } = ground
  const row = { ...aged, ...group, ...state }
  const others = states.filter((other) => other !== state).slice(0, mostOthers)
  const [elsewhere] = neighbours
  const untouched = Object.entries(changes).find(([name]) => !(name in group) && !(name in state))
  return [
    ...(on(reads, 'insert') ? [insert(row)] : []),
    ...(on(reads, 'update')
      ? [
          ...others.flatMap((other) => {
            const set = change(base, other, state)
            return Object.keys(set).length === 0 ? [] : [update({ ...aged, ...group, ...other }, set)]
          }),
          ...(elsewhere ? [update({ ...row, ...elsewhere }, change({}, elsewhere, group))] : []),
          ...(untouched ? [update(row, { [untouched[0]]: untouched[1] })] : []),
          ...others.slice(0, 1).flatMap((other) => {
            const set = change(base, state, other)
            return Object.keys(set).length === 0 ? [] : [update(row, set)]
          }),
        ]
      : []),
    ...(on(reads, 'insert')
      ? others.slice(0, 1).map((other) => insert({ ...aged, ...group, ...other }))
      : []),
    ...(on(reads, 'insert') ? [again(row)] : []),
    ...(on(reads, 'delete') ? [remove(row)] : []),
  ]
}

/** Beside so many rows of the group, in this state and in others. */
export const countedWrites = (ground: Ground, own: OwnRows): readonly ObservedSetting[] =>
  own.counts.flatMap((count) =>
    own.states.flatMap((state) => {
      const into = writesInto(ground, own, state)
      const others = own.states.filter((other) => other !== state).slice(0, mostOthers)
      return [
        ...beside(ground, crowd(count, { ...own.alike, ...state }), into),
        ...others.flatMap((other) =>
          beside(ground, crowd(count, { ...own.alike, ...other }), into.slice(0, 2)),
        ),
      ]
    }),
  )

/** Higher than the keys of the rows beside, which come behind those of the family that is written otherwise. */
const highKey = ({ context, base }: Ground, name: string): string | null => {
  const column = context.table.columns.find((c) => c.name === name)
  const value = base[name]
  if (!column || value === undefined) return null
  if (column.baseType === 'uuid') return `'ffffffff-ffff-4fff-8fff-ffffffffffff'`
  return shifted(column, value, column.baseType === 'smallint' ? 100 : 5_000)
}

/** A row of another group is not counted, be it before or behind; nor is the row itself, whatever its key. */
export const placedWrites = (ground: Ground, own: OwnRows): readonly ObservedSetting[] => {
  const { alike, neighbours, states, counts, keys } = own
  const [most = 1] = counts
  const [key, ...more] = keys
  const high = key === undefined || more.length > 0 ? null : highKey(ground, key)
  return states.flatMap((state) => {
    const into = writesInto(ground, own, state)
    const [first, ...rest] = into
    const around = neighbours.map((one) => crowd(most, { ...alike, ...one, ...state }))
    const counted = crowd(most, { ...alike, ...state })
    const keyed = (one: ObservedSetting): ObservedSetting => {
      const [write] = one.writes
      const set = { [key!]: high! }
      return write!.does === 'insert'
        ? { ...one, writes: [{ ...write!, row: { ...write!.row, ...set } }] }
        : { ...one, given: { ...one.given, ...set } }
    }
    return [
      ...around.flatMap((rows) => beside(ground, rows, into.slice(0, 2))),
      ...(high === null || !first ? [] : beside(ground, counted, [first, ...rest].slice(0, 3).map(keyed))),
      ...boundaryWrites(ground, own, state),
    ]
  })
}

/** Where a value that stands is asked with an order (`s.starts < new.ends`): the same value, and one step to each side. */
const boundaryWrites = (ground: Ground, own: OwnRows, state: Row): readonly ObservedSetting[] => {
  const { context, base, aged } = ground
  const into = writesInto(ground, own, state)
  const ordered = own.compared.filter(
    ({ is, theirs, own: name }) => is !== '=' && (is !== '<>' || theirs !== name),
  )
  return ordered.flatMap(({ theirs, own: name }) => {
    const column = context.table.columns.find((c) => c.name === theirs)
    const value = { ...base, ...aged, ...own.group, ...state }[name]
    if (!column || value === undefined) return []
    return [0, -1, 1].flatMap((steps) => {
      const other = steps === 0 ? value : shifted(column, value, steps)
      return other === null
        ? []
        : beside(ground, [{ ...own.group, ...state, [theirs]: other }], into.slice(0, 2))
    })
  })
}
