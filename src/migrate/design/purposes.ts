/**
 * Changes put together by what they are for: a new table with all that stands on it, or the rules of a table that ask
 * for the same structures. Each purpose becomes one migration; those that others stand on come first.
 */
import type { RuleResult } from '../../prove/result.ts'
import { isNewTable, type Change, type ChangeContext } from '../changes/change.ts'
import { isInPlaceOf, needsOf } from '../changes/needs.ts'

export interface Purpose {
  /** In the order in which they run. */
  readonly changes: readonly Change[]
  /** Red rules that it is to make green. */
  readonly rules: readonly RuleResult[]
}

/** Structure id → red rules that claim it, before or afterwards. */
export type ClaimedBy = ReadonlyMap<string, readonly string[]>

interface Sets {
  join(a: Change, b: Change): void
  of(change: Change): Change
}

/** Changes that belong together have one and the same first. */
const openSets = (changes: readonly Change[]): Sets => {
  const places = new Map(changes.map((change, i) => [change, i]))
  const parents = changes.map((_, i) => i)
  const root = (i: number): number => (parents[i] === i ? i : root(parents[i] ?? i))
  const at = (change: Change): number => root(places.get(change) ?? 0)
  return {
    join(a, b) {
      const [first, second] = [at(a), at(b)].toSorted((x, y) => x - y)
      parents[second ?? 0] = first ?? 0
    },
    of: (change) => changes[at(change)] ?? change,
  }
}

const claimants = (change: Change, claimedBy: ClaimedBy): readonly string[] =>
  change.covers.flatMap((id) => claimedBy.get(id) ?? [])

const isOwnColumn = (a: Change, b: Change): boolean =>
  a.table === b.table && b.kind === 'column' && b.does !== 'remove' && a.after?.name === b.after?.name

const joinAlike = (
  changes: readonly Change[],
  sets: Sets,
  context: ChangeContext,
  claimedBy: ClaimedBy,
  tableOfRule: (rule: string) => string,
) => {
  const firstOf = new Map<string, Change>()
  const joinBy = (key: string, change: Change): void => {
    const first = firstOf.get(key)
    if (first) sets.join(first, change)
    else firstOf.set(key, change)
  }
  for (const change of changes) {
    if (change.table === null) {
      // A right on a schema, a function that a trigger calls: for one table alone it is part of what that table gets.
      const rules = claimants(change, claimedBy)
      const tables = new Set(rules.map(tableOfRule))
      const [only] = tables
      if (only === undefined || tables.size > 1) continue
      const isNew = context.after.tables.has(only) && isNewTable(only, context)
      for (const key of isNew ? [`table ${only}`] : rules.map((rule) => `rule ${rule}`)) joinBy(key, change)
      continue
    }
    if (change.does === 'make' && isNewTable(change.table, context)) joinBy(`table ${change.table}`, change)
    if (change.does === 'remove' && claimants(change, claimedBy).length === 0)
      joinBy(`drop ${change.table}`, change)
    // A rule of another table that happens to need it does not draw both tables together.
    for (const rule of claimants(change, claimedBy))
      if (rule.startsWith(`${change.table}/`)) joinBy(`rule ${rule}`, change)
  }
}

/** What is made for one purpose alone is part of it: a new column's rules, a type or function of one table. */
const joinNeeds = (changes: readonly Change[], sets: Sets, needs: ReadonlyMap<Change, readonly Change[]>) => {
  for (const change of changes)
    for (const below of needs.get(change) ?? [])
      if (
        (below.kind === 'column' && below.table === change.table && below.does !== 'remove') ||
        // What stands around one is made again on the way: as it is before or after the other, never in between.
        (below.does === 'alter' && change.does === 'alter')
      )
        sets.join(below, change)
  for (const change of changes)
    for (const other of changes)
      if (change !== other && (isOwnColumn(change, other) || isInPlaceOf(change, other)))
        sets.join(other, change)
  // From the top down: a function that only a trigger calls, a type that only this function takes.
  for (const shared of changes
    .filter(({ table, does }) => table === null && does !== 'remove')
    .toReversed()) {
    const over = changes.filter((change) => needs.get(change)?.includes(shared))
    const first = over[0]
    if (first && new Set(over.map((change) => sets.of(change))).size === 1) sets.join(first, shared)
  }
  // What is on such a thing, such as a grant on a function, goes with it.
  for (const change of changes.filter(({ table }) => table === null)) {
    const on = (needs.get(change) ?? []).filter(({ table }) => table === null)
    if (['grant', 'comment'].includes(change.kind) && on[0]) sets.join(on[0], change)
  }
}

interface Group {
  changes: Change[]
}

/** Depth first in the order of the changes; groups that need each other become one. */
const inOrder = (
  groups: readonly Group[],
  needs: ReadonlyMap<Change, readonly Change[]>,
): readonly Group[] => {
  const groupOf = new Map(groups.flatMap((group) => group.changes.map((c) => [c, group] as const)))
  const below = (group: Group): readonly Group[] => [
    ...new Set(
      group.changes
        .flatMap((change) => needs.get(change) ?? [])
        .flatMap((c) => groupOf.get(c) ?? [])
        .filter((other) => other !== group),
    ),
  ]
  const path: Group[] = []
  const done: Group[] = []
  let circle: readonly Group[] | null = null
  const place = (group: Group): void => {
    if (circle !== null || done.includes(group)) return
    if (path.includes(group)) {
      circle = path.slice(path.indexOf(group))
      return
    }
    path.push(group)
    below(group).forEach(place)
    path.pop()
    done.push(group)
  }
  groups.forEach(place)
  const found = circle as readonly Group[] | null
  if (found === null) return done
  const one: Group = { changes: found.flatMap((group) => group.changes) }
  return inOrder([one, ...groups.filter((group) => !found.includes(group))], needs)
}

/** `changes` in the order in which they can run. */
export const purposesOf = (
  changes: readonly Change[],
  context: ChangeContext,
  claimedBy: ClaimedBy,
  red: readonly RuleResult[],
): readonly Purpose[] => {
  const sets = openSets(changes)
  const needs = needsOf(changes, context)
  const tables = new Map(red.map(({ id, table }) => [id, table]))
  joinAlike(changes, sets, context, claimedBy, (rule) => tables.get(rule) ?? rule)
  joinNeeds(changes, sets, needs)
  const groups = new Map<Change, Group>()
  for (const change of changes) {
    const first = sets.of(change)
    const group = groups.get(first)
    if (group) group.changes.push(change)
    else groups.set(first, { changes: [change] })
  }
  const place = new Map(changes.map((change, i) => [change, i]))
  const ordered = inOrder([...groups.values()], needs)
  const lastOf = new Map<string, Group>()
  for (const group of ordered) {
    for (const change of group.changes) {
      for (const id of claimants(change, claimedBy)) lastOf.set(id, group)
      if (change.kind !== 'table' || change.does !== 'make') continue
      for (const { id, table } of red) if (table === change.table) lastOf.set(id, group)
    }
  }
  return ordered.map((group) => ({
    changes: group.changes.toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)),
    // With the last of what it asks for a rule is green, not before.
    rules: red.filter(({ id }) => lastOf.get(id) === group),
  }))
}
