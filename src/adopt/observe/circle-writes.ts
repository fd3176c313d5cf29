/**
 * Writes after which rows of one table point to one another in a circle, which a trigger may forbid: a row to itself, to
 * one that points to it, and to one further off; and one that only makes the way longer.
 */
import { referencesOf } from '../../catalog/references.ts'
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { insert, on, update, type Ground } from './write-settings.ts'

/** What a row has to have to point to this one; null where it lacks a part of what is pointed to. */
const pointingTo = (row: Row, columns: readonly string[], targets: readonly string[]): Row | null => {
  const pairs = columns.map((column, i) => [column, row[targets[i]!]] as const)
  return pairs.every(([, value]) => value !== undefined && value !== 'null' && value !== 'default')
    ? (Object.fromEntries(pairs) as Row)
    : null
}

export const circleWrites = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads, aged, base } = ground
  const { catalog, rows, table } = context
  const own = referencesOf(catalog, table.id).filter((s) => s.facts.target === table.id)
  if (own.length === 0 || !reads.names.has(table.name)) return []
  const [second, third] = [await rows.base(table, 'b'), await rows.base(table, 'c')]
  return own.flatMap(({ facts: { columns, targetColumns } }): readonly ObservedSetting[] => {
    // What both have alike (a tenant) stays as it is.
    const moved = columns.filter((column, i) => column !== targetColumns[i])
    const key = targetColumns.filter((column, i) => column !== columns[i])
    const tenant = Object.fromEntries(
      columns.filter((c) => !moved.includes(c)).flatMap((c) => (base[c] === undefined ? [] : [[c, base[c]]])),
    )
    const to = (row: Row | null): Row | null =>
      row && pointingTo({ ...row, ...tenant }, columns, targetColumns)
    const [toFirst, toSecond, toThird] = [to({ ...base, ...aged }), to(second), to(third)]
    const alone = Object.fromEntries(moved.map((c) => [c, 'null']))
    const moveTo = (target: Row): Row => Object.fromEntries(moved.map((c) => [c, target[c]!]))
    const keyed = (row: Row | null): Row =>
      Object.fromEntries(key.flatMap((c) => (row?.[c] === undefined ? [] : [[c, row[c]]])))
    const between = (target: Row | null, beside: readonly Row[]): readonly ObservedSetting[] =>
      target && on(reads, 'update')
        ? [{ ...update({ ...aged, ...alone }, moveTo(target)), beside: { [table.id]: beside } }]
        : []
    const b = { ...keyed(second), ...tenant }
    const c = { ...keyed(third), ...tenant }
    return [
      ...(toFirst ? between(toSecond, [{ ...b, ...toFirst }]) : []),
      ...(toFirst && toSecond
        ? between(toThird, [
            { ...b, ...toFirst },
            { ...c, ...toSecond },
          ])
        : []),
      ...(toThird
        ? between(toSecond, [
            { ...b, ...toThird },
            { ...c, ...alone },
          ])
        : []),
      ...(toFirst && on(reads, 'update') ? [update({ ...aged, ...alone }, moveTo(toFirst))] : []),
      ...(toFirst && on(reads, 'insert') ? [insert({ ...aged, ...keyed(base), ...toFirst })] : []),
    ]
  })
}
