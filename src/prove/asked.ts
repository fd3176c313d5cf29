/** What a run is asked to look at: all, or the rules and structures that ids name, with the rules that these need. */
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Binding, BoundRule } from './bind.ts'
import { isLeftAlone, statedBy, type Others } from './left-alone.ts'
import { makeTablesTouched } from './witness-tables.ts'

/** Whether an id is asked for: itself, its table, or a part before it (`products/unique`). */
export const isAskedFor = (id: string, table: string | null, only: readonly string[]): boolean =>
  only.length === 0 ||
  only.some(
    (o) =>
      o === id || o === table || id.startsWith(`${o}/`) || id.startsWith(`${o}:`) || id.startsWith(`${o}#`),
  )

export interface Asked {
  /** Ids of the rules that are reported. */
  readonly rules: ReadonlySet<string>
  /** Those that are reported and mutated: named, or claimed by a rule that is. */
  readonly structures: readonly Structure[]
  /** Rules to write tests of: the reported ones, and those that may notice a mutant of a reported structure. */
  readonly tested: readonly BoundRule[]
}

export const askFor = (
  binding: Binding,
  catalog: Catalog,
  wish: {
    readonly only: readonly string[]
    readonly mutates: boolean
    readonly others?: Others
  },
): Asked => {
  const { only, mutates, others = {} } = wish
  const reported = binding.rules.filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
  const rules = new Set(reported.map(({ rule }) => rule.id))
  const claimants = (structure: Structure): readonly string[] => binding.claimedBy.get(structure.id) ?? []
  const stated = statedBy(binding.rules)
  const structures = [...catalog.structures.values()].filter(
    (s) =>
      !isLeftAlone(s, catalog, others, stated) &&
      (isAskedFor(s.id, s.table, only) || claimants(s).some((rule) => rules.has(rule))),
  )
  if (only.length === 0 || !mutates) return { rules, structures, tested: reported }
  const tablesTouched = makeTablesTouched(catalog)
  // Without its witnesses a structure that is named alone would seem to be missed by nobody.
  const named = structures.filter((s) => isAskedFor(s.id, s.table, only))
  const tables = new Set(named.flatMap((s) => [...tablesTouched(s)]))
  const witnesses = new Set(structures.flatMap(claimants))
  const tested = binding.rules.filter(
    ({ rule }) => rules.has(rule.id) || witnesses.has(rule.id) || tables.has(rule.table),
  )
  return { rules, structures, tested }
}
