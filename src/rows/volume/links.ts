/** Which row each link leads to: pure functions of the row's number, and back where others ask for a parent's children. */
import { besideRow, largestOf } from './circle.ts'
import { drawUntilMet, meetingLinks } from './meeting.ts'
import { makePermutation, saltOf, scramble, share } from './random.ts'
import { makeSpread, type Spread } from './spread.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'

interface CompiledLink {
  /** The row of the target; -1 for none. */
  readonly rowOf: (n: number) => number
  /** The row's place among those of its parent, from 0. */
  readonly rankOf: (n: number) => number
  readonly childCount: (parent: number) => number
  readonly childAt: (parent: number, rank: number) => number
}

export type Links = (table: string, link: number) => CompiledLink

/** Rows are asked column by column: the last answer is often the next one. */
const remembering = (rowOf: (n: number) => number): ((n: number) => number) => {
  let last = -1
  let found = -1
  return (n) => {
    if (n !== last) {
      found = rowOf(n)
      last = n
    }
    return found
  }
}

/** Of pair number `at`, when those are counted by their later row. */
const laterOf = (at: number): number => {
  const near = Math.floor((1 + Math.sqrt(1 + 8 * at)) / 2)
  return (near * (near - 1)) / 2 > at ? near - 1 : ((near + 1) * near) / 2 <= at ? near + 1 : near
}

const noChildren = (): never => {
  throw new Error('only a spread link knows the children of a row')
}

export const makeLinks = (plan: VolumePlan): Links => {
  const tables = new Map(plan.tables.map((table) => [table.id, table]))
  const made = new Map<string, CompiledLink>()
  const links: Links = (id, at) => {
    const key = `${at} ${id}`
    const found = made.get(key) ?? compile(tables.get(id)!, at)
    made.set(key, found)
    return found
  }

  const compile = (table: TableVolume, at: number): CompiledLink => {
    const { target, pick, nulls, name } = table.links[at]!
    const salt = saltOf(plan.seed, table.id, name)
    const parents = tables.get(target)?.count ?? 0
    const one = rowsOf(table, at, salt, parents)
    if (parents === 0) return { ...one, rowOf: () => -1 }
    if (nulls <= 0) return { ...one, rowOf: remembering(one.rowOf) }
    const nullSalt = saltOf(plan.seed, table.id, name, 'null')
    const rowOf = pick.kind === 'earlier' || pick.kind === 'sibling' ? one.rowOf : remembering(one.rowOf)
    return { ...one, rowOf: (n) => (share(n, nullSalt) < nulls ? -1 : rowOf(n)) }
  }

  /** A descendant of the row, drawn by the number; -1 where it has none. */
  const walkDown = (
    row: number,
    n: number,
    down: readonly { readonly table: string; readonly link: number }[],
    salt: number,
  ): number => {
    let found = row
    for (const [step, { table: id, link }] of down.entries()) {
      const { childCount, childAt } = links(id, link)
      const count = childCount(found)
      if (count === 0) return -1
      found = childAt(found, scramble(n, salt + step) % count)
    }
    return found
  }

  /** Where a link leads from the row that it is bound to. */
  const withinOf = (table: TableVolume, at: number, from: number, n: number): number => {
    const { pick, name } = table.links[at]!
    if (pick.kind !== 'within') return -1
    let row = from
    for (const { table: id, link } of pick.up) row = links(id, link).rowOf(row)
    return walkDown(row, n, pick.down, saltOf(plan.seed, table.id, name))
  }

  const rowsOf = (table: TableVolume, at: number, salt: number, parents: number): CompiledLink => {
    const { pick, nulls } = table.links[at]!
    const unknown = { rankOf: () => 0, childCount: noChildren, childAt: noChildren }
    switch (pick.kind) {
      case 'spread': {
        const spread: Spread = makeSpread(table.count, parents, pick.skew)
        if (pick.isOrdered) return { ...spread, rowOf: spread.parentOf }
        const order = makePermutation(table.count, salt)
        const own = (n: number): number => spread.parentOf(order.at(n))
        const met = meetingLinks(table, at, plan)
        const meets = (parent: number, n: number): boolean =>
          met.every((link) => withinOf(table, link, parent, n) >= 0)
        const draw = (n: number, times: number): number => own(scramble(n, salt + times) % table.count)
        return {
          rowOf: met.length === 0 ? own : drawUntilMet(own, draw, parents, meets),
          rankOf: (n) => spread.rankOf(order.at(n)),
          childCount: spread.childCount,
          childAt: (parent, rank) => order.back(spread.childAt(parent, rank)),
        }
      }
      case 'once':
        return { ...unknown, rowOf: makePermutation(parents, salt).at }
      case 'pair': {
        // Of as many pairs as there are each once: both links of the table draw the same.
        const pairs = makePermutation((parents * (parents - 1)) / 2, saltOf(plan.seed, table.id, 'pair'))
        return {
          ...unknown,
          rowOf: (n) => {
            const at = pairs.at(n)
            const high = laterOf(at)
            return pick.isHigh ? high : at - (high * (high - 1)) / 2
          },
        }
      }
      case 'ranked': {
        const first = links(table.id, pick.by)
        const order = makePermutation(parents, salt)
        return {
          ...unknown,
          rowOf: (n) => order.at((scramble(first.rowOf(n), salt) + first.rankOf(n)) % parents),
        }
      }
      case 'earlier':
        return {
          ...unknown,
          rowOf: (n) => {
            const within = Math.min(n % plan.chunk, n % (pick.block ?? Infinity))
            if (within === 0) return nulls > 0 ? -1 : n
            return n - within + Math.floor((within - 1) / pick.fan)
          },
        }
      case 'sibling': {
        const { rowOf, rankOf, childAt } = links(table.id, pick.by)
        return {
          ...unknown,
          rowOf: (n) => {
            const rank = rankOf(n)
            const start = n - (n % plan.chunk)
            // Behind the first child of each parent lie the others, side by side.
            const first = Math.max(start, n - rank + 1)
            if (rank > 0 && n > first) return first + Math.floor((n - first - 1) / pick.fan)
            const eldest = rank > 0 ? childAt(rowOf(n), 0) : -1
            return eldest >= start ? eldest : nulls > 0 ? -1 : n
          },
        }
      }
      case 'beside': {
        const largest = largestOf(plan, table)
        return { ...unknown, rowOf: (n) => besideRow(n, { from: table.count, to: parents, largest }) }
      }
      case 'below':
        return { ...unknown, rowOf: (n) => walkDown(n, n, pick.down, salt) }
      case 'within':
        return {
          ...unknown,
          rowOf: (n) => withinOf(table, at, links(table.id, pick.by).rowOf(n), n),
        }
    }
  }
  return links
}
