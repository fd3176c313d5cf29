/**
 * Rows so far down a tree as a table asks: where CHECKs tie a row to the row above it (`code like parent || '%'`,
 * `(level = 1) = (parent is null)`), a row of the fourth level needs one of each level before it. Each level points to
 * the one before, from the rows that stand.
 */
import { confirmRows, type Outcome } from './confirm.ts'
import { draftFamilies } from './draft.ts'
import type { CheckFact, ReferenceFact, TableFacts } from './facts.ts'
import { insertRows, unlessThere } from './insert.ts'
import type { ParentKeys } from './reference-groups.ts'
import { constraintsOf, type RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { firstRoot, keyValues } from './world.ts'

/** A number of a heading has up to ten digits, two for each level; a place in a company seven levels. */
const mostLevels = 7

export interface Descendants {
  /** By family, as PostgreSQL stores them. */
  readonly stored: ReadonlyMap<number, Row>
  /** Puts them and what is above them in place. */
  readonly statements: readonly string[]
}

export interface Tree {
  readonly facts: TableFacts
  /** What the rows have to satisfy beside the table's own constraints. */
  readonly asked: readonly CheckFact[]
  readonly keys: ParentKeys
  /** Rows of the table that stand in the world, by family. */
  readonly standing: ReadonlyMap<number, Row>
  readonly world: readonly string[]
}

/** References to the table itself that may be null and that its CHECKs speak of. */
const treesOf = (ground: RowGround, facts: TableFacts): readonly ReferenceFact[] => {
  const held = new Set(constraintsOf(facts).flatMap(({ columns }) => columns))
  const own = ground.parents.own(facts.table.id)
  return facts.references.filter(
    (one) =>
      one.target === facts.table.id && !own.includes(one) && one.columns.some((name) => held.has(name)),
  )
}

const descend = async (
  ground: RowGround,
  { facts, asked, keys, standing, world }: Tree,
  above: ReferenceFact,
  wanted: readonly number[],
): Promise<Descendants> => {
  const { id } = facts.table
  const { parents } = ground
  const pointing: RowGround = {
    ...ground,
    parents: { ...parents, hard: (table) => [...parents.hard(table), ...(table === id ? [above] : [])] },
  }
  const columns = facts.table.columns.map((one) =>
    above.columns.includes(one.name) ? { ...one, notNull: true } : one,
  )
  const lower = { ...facts, table: { ...facts.table, columns } }
  const lowest = { ...lower, checks: [...facts.checks, ...asked] }
  const stored = new Map<number, Row>()
  const statements: string[] = []
  let last = standing
  for (let level = 1; level <= mostLevels; level++) {
    const ownKeys: ParentKeys = (reference, family) => {
      const row = last.get(family % firstRoot)
      return reference === above ? (row ? keyValues(above, row) : null) : keys(reference, family)
    }
    const made = async (of: TableFacts): Promise<readonly (Outcome & { readonly family: number })[]> => {
      const left = wanted.filter((family) => !stored.has(family) && last.has(family))
      // Behind the families, which the rows of the level before have drafted already.
      const drafts = await draftFamilies(
        pointing,
        of,
        [...wanted, ...left.map((f) => f + firstRoot * level)],
        ownKeys,
      )
      const fresh = drafts.filter(({ family, broken }) => family >= firstRoot && broken.length === 0)
      const { outcomes } = await confirmRows(pointing, of, [...world, ...statements], fresh)
      return outcomes.map((outcome, i) => ({ ...outcome, family: fresh[i]!.family % firstRoot }))
    }
    const keep = (found: Awaited<ReturnType<typeof made>>): ReadonlyMap<number, Row> => {
      const taken = found.flatMap((one) => ('row' in one ? [one] : []))
      if (taken.length > 0)
        statements.push(
          `${insertRows(
            facts.table,
            taken.map(({ row }) => row),
          )}${unlessThere(facts)}`,
        )
      return new Map(taken.map((one) => [one.family, one.stored]))
    }
    for (const [family, row] of keep(await made(lowest))) stored.set(family, row)
    if (wanted.every((family) => stored.has(family))) break
    last = keep(await made(lower))
    if (last.size === 0) break
  }
  return { stored, statements }
}

/** Rows of these families that satisfy what is asked; null where no tree leads to any. */
export const descendants = async (
  ground: RowGround,
  tree: Tree,
  wanted: readonly number[],
): Promise<Descendants | null> => {
  for (const above of treesOf(ground, tree.facts)) {
    const found = await descend(ground, tree, above, wanted)
    if (found.stored.size > 0) return found
  }
  return null
}
