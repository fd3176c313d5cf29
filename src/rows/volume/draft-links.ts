/** Which rows of other tables a table's rows point to, where foreign keys share columns too. Pure. */
import { groupReferences } from '../reference-groups.ts'
import type { ReferenceFact } from '../facts.ts'
import { makerFor, type DraftColumn, type TableDraft } from './draft.ts'
import { originsOf } from './origins.ts'
import type { Link, Pick, TableVolume } from './volume-plan.ts'

/** Some parents have many more children than others. */
const usualSkew = 0.5
const usualNulls = 0.1
/** Children of one row of the same table. */
const fan = 8

const columnsOfPairs = (ref: ReferenceFact): readonly (readonly [string, string])[] =>
  ref.columns.map((name, at) => [name, ref.targetColumns[at]!])

/** A row with the ancestor that the row of an earlier link has; null when they have none in common. */
const pickWithin = (
  draft: TableDraft,
  ref: ReferenceFact,
  planned: ReadonlyMap<string, TableVolume>,
): Pick | null => {
  for (const [name, targetName] of columnsOfPairs(ref)) {
    const source = draft.columns.get(name)?.source
    if (source?.kind !== 'link') continue
    const anchor = draft.links[source.link]!
    const ups = originsOf(anchor.target, source.column, planned)
    const downs = originsOf(ref.target, targetName, planned)
    for (const up of ups) {
      const down = downs.find((one) => one.table === up.table && one.column === up.column)
      const isWalkable = down?.steps.every(
        ({ table, link }) => planned.get(table)?.links[link]?.pick.kind === 'spread',
      )
      if (down === undefined || !isWalkable || down.steps.length === 0) continue
      return { kind: 'within', by: source.link, up: up.steps, down: down.steps.toReversed() }
    }
  }
  return null
}

/** Rows of one table that belong together in it, where nothing else says which. */
const block = 100
/** So seldom that no row has it by chance, only those that have no earlier one. */
const onlyFirst = 1e-12

const isSame = ([name, target]: readonly [string, string]): boolean => name === target

/**
 * A foreign key of a table to itself, some of whose columns are the same in both rows: (tenant, parent) to (tenant, id).
 * An earlier row is taken that has the same; without another link for them, the rows of a block do.
 */
const addSelfLink = (draft: TableDraft, ref: ReferenceFact): boolean => {
  const pairs = columnsOfPairs(ref)
  const same = pairs.filter(isSame).flatMap(([name]) => draft.columns.get(name) ?? [])
  const others = pairs.filter((pair) => !isSame(pair)).flatMap(([name]) => draft.columns.get(name) ?? [])
  if (same.length === 0 || others.length === 0 || others.some(({ source }) => source !== null)) return false
  const by = new Set(same.map(({ source }) => (source?.kind === 'link' ? source.link : null)))
  const [link] = by
  const nulls = others.some(({ column }) => !column.notNull) ? onlyFirst : 0
  const { name, target } = ref
  if (by.size > 1 || link === undefined) return false
  if (link === null) {
    if (same.some(({ source }) => source !== null)) return false
    for (const column of same) {
      const maker = makerFor(column, true)
      if (maker === null) return false
      const number = { kind: 'digit', unit: block, base: maker.capacity } as const
      column.source = { kind: 'made', isDistinct: true, number }
      column.isFixed = true
    }
    addLink(draft, ref, { name, target, pick: { kind: 'earlier', fan, block }, nulls })
    return true
  }
  const { pick, nulls: none, target: above } = draft.links[link]!
  if (pick.kind !== 'spread' || none > 0 || above === target) return false
  draft.links[link] = { ...draft.links[link]!, pick: { ...pick, isOrdered: true } }
  addLink(draft, ref, { name, target, pick: { kind: 'sibling', by: link, fan }, nulls })
  return true
}

const isNullable = (draft: TableDraft, name: string): boolean => !draft.columns.get(name)?.column.notNull

const leaveNull = (column: DraftColumn): void => {
  if (column.column.notNull || column.source !== null) return
  column.source = { kind: 'none' }
  column.isFixed = true
}

const addLink = (draft: TableDraft, ref: ReferenceFact, link: Link): void => {
  const at = draft.links.push(link) - 1
  for (const [name, column] of columnsOfPairs(ref)) {
    const own = draft.columns.get(name)
    if (!own || own.source !== null) continue
    own.source = { kind: 'link', link: at, column }
    own.isFixed = true
  }
}

export interface Followed {
  readonly references: readonly ReferenceFact[]
  /** Those that lead to a table of the same circle. */
  readonly beside: readonly ReferenceFact[]
  /** Those that are null at first. */
  readonly later: readonly ReferenceFact[]
}

const isPointedTo = (
  { target }: ReferenceFact,
  own: string,
  planned: ReadonlyMap<string, TableVolume>,
): boolean => target === own || (planned.get(target)?.count ?? 0) > 0

/** `planned`: the tables before this one. References that no row can be found for leave their columns null. */
export const draftLinks = (
  draft: TableDraft,
  { references, beside, later }: Followed,
  planned: ReadonlyMap<string, TableVolume>,
): void => {
  const own = draft.facts.table.id
  const isBeside = (ref: ReferenceFact): boolean =>
    beside.includes(ref) && planned.get(ref.target)?.stands !== true
  const filled = [...references, ...beside].filter((ref) => isBeside(ref) || isPointedTo(ref, own, planned))
  for (const group of groupReferences(draft.facts, filled)) {
    const widestFirst = group.references.toSorted(
      (a, b) =>
        Number(a.target === own) - Number(b.target === own) ||
        b.columns.length - a.columns.length ||
        Number(b.columns.every((c) => !isNullable(draft, c))) -
          Number(a.columns.every((c) => !isNullable(draft, c))),
    )
    for (const ref of widestFirst) {
      const { name, target } = ref
      const columns = ref.columns.flatMap((one) => draft.columns.get(one) ?? [])
      const open = columns.filter(({ source }) => source === null)
      if (open.length === 0) continue
      if (target === own && addSelfLink(draft, ref)) continue
      const isShared = open.length < columns.length
      const canBeNull = group.references.length === 1 && ref.columns.every((c) => isNullable(draft, c))
      const nulls = canBeNull ? usualNulls : 0
      if (isShared) {
        const pick = target === own ? null : pickWithin(draft, ref, planned)
        if (pick !== null) addLink(draft, ref, { name, target, pick, nulls: 0 })
        else for (const column of open) leaveNull(column)
        continue
      }
      const spread: Pick = { kind: 'spread', skew: usualSkew, isOrdered: false }
      const pick: Pick =
        target === own ? { kind: 'earlier', fan } : isBeside(ref) ? { kind: 'beside' } : spread
      addLink(draft, ref, { name, target, pick, nulls })
    }
  }
  for (const ref of draft.facts.references.filter((one) => !filled.includes(one))) {
    const columns = ref.columns.flatMap((name) => draft.columns.get(name) ?? [])
    if (columns.every(({ source }) => source !== null)) continue
    const open = columns.filter(({ source, column }) => source === null && !column.notNull)
    for (const column of later.includes(ref) ? open : open.slice(0, 1)) leaveNull(column)
  }
}
