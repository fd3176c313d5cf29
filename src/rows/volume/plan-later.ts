/**
 * Foreign keys that may be null and lead to a table that is filled later: their columns are null first, and set when
 * all rows are there. Where rows of the target belong to the row that points (answers of a question, members of a
 * tenant), it points to one of those. Pure.
 */
import type { ReferenceFact, TableFacts } from '../facts.ts'
import { makerColumn } from './makers/makers.ts'
import type { ColumnVolume, LaterVolume, Link, Pick, TableVolume } from './volume-plan.ts'

const usualNulls = 0.1
const usualSkew = 0.5
/** Longer ways between two tables are no belonging. */
const mostSteps = 3

type Planned = ReadonlyMap<string, TableVolume>

interface Step {
  readonly table: string
  readonly link: number
}

/** Columns by which a row is found again: a key of values that are known and never null. */
const keyOf = ({ table, keys }: TableFacts, volume: TableVolume): readonly string[] | null => {
  const isKnown = (name: string): boolean =>
    table.columns.some((column) => column.name === name && column.notNull) &&
    volume.columns.some(({ column, source }) => column.name === name && source.kind !== 'none')
  const found = keys
    .toSorted((a, b) => Number(b.primary) - Number(a.primary))
    .find(({ plain, predicate }) => plain !== null && predicate === null && plain.every(isKnown))
  return found?.plain ?? null
}

/** Links from the rows of `from` down to those of `target` that belong to them; the shortest way. */
const waysDown = (from: string, target: string, planned: Planned): readonly Step[] | null => {
  let ways: readonly (readonly [id: string, steps: readonly Step[]])[] = [[from, []]]
  const children = [...planned.values()].filter(({ stands }) => !stands)
  for (let length = 1; length <= mostSteps; length++) {
    ways = ways.flatMap(([above, steps]) =>
      children.flatMap(({ id, links }) =>
        links.flatMap(({ target: to, pick, nulls }, link) =>
          to === above && id !== above && pick.kind === 'spread' && nulls === 0
            ? [[id, [...steps, { table: id, link }]] as const]
            : [],
        ),
      ),
    )
    const found = ways.find(([id]) => id === target)
    if (found) return found[1]
  }
  return null
}

/** Two rows may not have the same there. */
const isUnique = ({ keys }: TableFacts, names: readonly string[]): boolean =>
  keys.some(({ columns }) => columns.some((name) => names.includes(name)))

const pickOf = (
  facts: TableFacts,
  ref: ReferenceFact,
  volume: TableVolume,
  open: readonly string[],
  planned: Planned,
): Pick | null => {
  const down = waysDown(volume.id, ref.target, planned)
  if (down !== null) return { kind: 'below', down }
  if (open.length < ref.columns.length) return null
  if (!isUnique(facts, open)) return { kind: 'spread', skew: usualSkew, isOrdered: false }
  return planned.get(ref.target)!.count >= volume.count ? { kind: 'once' } : null
}

export interface PlannedLater {
  readonly volume: TableVolume
  /** Foreign keys that stay null, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[]
}

/** `references`: those that lead to tables that are filled later. `planned` has all tables. */
export const planLater = (
  facts: TableFacts,
  volume: TableVolume,
  references: readonly ReferenceFact[],
  planned: Planned,
): PlannedLater => {
  const links: Link[] = [...volume.links]
  const later: LaterVolume[] = []
  const left: { name: string; why: string }[] = []
  const key = keyOf(facts, volume)
  for (const ref of references) {
    const target = planned.get(ref.target)
    const sourceOf = (name: string): ColumnVolume | undefined =>
      volume.columns.find(({ column }) => column.name === name)
    const open = ref.columns.filter((name) => sourceOf(name)?.source.kind === 'none')
    if (target === undefined || target.count === 0 || open.length === 0) continue
    const pick = key === null ? null : pickOf(facts, ref, volume, open, planned)
    if (key === null || pick === null) {
      const why =
        key === null
          ? 'no key that is never null finds its rows again'
          : `no rows of ${ref.target} were found that fit ${ref.columns.join(', ')}`
      left.push({ name: ref.name, why })
      continue
    }
    const link =
      links.push({ name: ref.name, target: ref.target, pick, nulls: usualNulls, isLater: true }) - 1
    const columns = open.flatMap((name): readonly ColumnVolume[] => {
      const column = facts.table.columns.find((one) => one.name === name)
      const from = ref.targetColumns[ref.columns.indexOf(name)]
      if (column === undefined || from === undefined) return []
      const source = { kind: 'link', link, column: from } as const
      return [{ column: makerColumn(column, facts.table.name), source, nulls: 0 }]
    })
    later.push({ link, key, columns })
  }
  return { volume: later.length === 0 ? volume : { ...volume, links, later }, left }
}
