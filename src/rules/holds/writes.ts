/** What presses against a rule over many rows: the user's own writes round after round, or inserts of one more solved row. */
import type { HoldsRule } from '../../architecture/kinds/holds.ts'
import { makeSeries } from '../../rows/series.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'

/** The writes one by one, in the order in which they press. */
export interface Pressure {
  readonly world: World
  readonly writes: readonly string[]
}

/** More writes than this are not tried: a rule that bears them needs writes of the user's that press harder. */
export const mostWrites = 64

/** `{n}` becomes the number of the round, from 1. */
const ownWrites = (rule: HoldsRule): readonly string[] => {
  const rounds = Math.ceil(mostWrites / rule.writes.length)
  return Array.from({ length: rounds }, (_, n) =>
    rule.writes.map((write) =>
      write
        .trim()
        .replace(/;$/u, '')
        .replaceAll('{n}', String(n + 1)),
    ),
  ).flat()
}

/** One after the other until one presses the rule into a violation; or why there is none. */
export const pressuresOf = async (
  rule: HoldsRule,
  context: RuleContext,
): Promise<readonly Pressure[] | { readonly problem: string }> => {
  const { rows, table } = context
  if (rule.writes.length > 0) {
    // The user's writes may change rows as well as make them; where rows that stand there already break the rule, none do.
    const worlds = [
      await rows.worldWith(table, ['a', 'b']),
      await rows.worldWith(table, ['a']),
      await rows.world(table),
    ]
    const ready: readonly World[] = worlds.filter((world) => world.problem === null)
    // A guard that refuses every single row leaves no row to stand on: then the writes bring all that they need.
    const bare: World = { id: `${table.id}+none`, statements: [] }
    const writes = ownWrites(rule)
    return [...ready, bare].map((world) => ({ world, writes }))
  }
  const world = await rows.world(table)
  if (world.problem !== null) return { problem: world.problem }
  const series = await makeSeries(table, context)
  return series.map((row) => ({
    world,
    writes: Array.from({ length: mostWrites }, (_, n) => {
      const { parents, row: next } = row(n + 1)
      return [...parents, rows.insert(table, next)].join(';\n')
    }),
  }))
}
