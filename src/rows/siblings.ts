/**
 * Rows beside the base rows of a table that have the same parents: a transfer from one account to another needs two
 * accounts of one tenant, where every family has a tenant of its own.
 */
import { confirmRows } from './confirm.ts'
import { draftFamilies } from './draft.ts'
import type { ReferenceFact, TableFacts } from './facts.ts'
import type { ParentKeys } from './reference-groups.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { families, firstRoot } from './world.ts'

/** Tables to which references point that share some of their columns, not all: `(tenant, source)` and `(tenant, target)`. */
export const pointedToTwice = (references: readonly ReferenceFact[]): readonly string[] => {
  const isTwin = (one: ReferenceFact): boolean =>
    references.some(
      (other) =>
        other !== one &&
        other.target === one.target &&
        other.columns.some((c) => one.columns.includes(c)) &&
        other.columns.some((c) => !one.columns.includes(c)),
    )
  return [...new Set(references.filter(isTwin).map((r) => r.target))]
}

/** By family, as PostgreSQL stores them. `world`: the table's parents and its base rows. */
export const siblingsOf = async (
  ground: RowGround,
  facts: TableFacts,
  keys: ParentKeys,
  world: readonly string[],
): Promise<ReadonlyMap<number, { readonly row: Row; readonly stored: Row }>> => {
  const roots = families.map((f) => f + firstRoot)
  const drafts = await draftFamilies(ground, facts, [...families, ...roots], keys)
  const wanted = drafts.filter(({ family }) => roots.includes(family))
  const { outcomes } = await confirmRows(ground, facts, world, wanted)
  return new Map(
    outcomes.flatMap((outcome, i) =>
      'row' in outcome ? [[wanted[i]!.family - firstRoot, outcome] as const] : [],
    ),
  )
}
