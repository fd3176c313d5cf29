/**
 * All changes that lead from one catalog to another, in the order in which they can run: what gives way first, then
 * what is made or altered after everything that it stands on, then what is dropped.
 */
import { difference } from '../../catalog/difference.ts'
import { structureKinds } from '../../catalog/kinds.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { structureId } from '../../ground/names.ts'
import { isNewTable, type Change, type ChangeContext } from './change.ts'
import { waitsForRows } from './column.ts'
import { changeKindOf } from './kinds.ts'
import { afterNeeds } from './needs.ts'
import { inColumn, isInTable } from './table.ts'

const registry = structureKinds.map(({ kind }) => kind)

/** Table and columns before what the registry lists ahead of them only because it is read so. */
const rank = ({ kind }: Change): number => registry.indexOf(kind)

const toChange = (before: Structure | null, after: Structure | null): Change => {
  const { id, kind, table } = (after ?? before)!
  const does = before === null ? 'make' : after === null ? 'remove' : 'alter'
  return { id, kind, table, does, before, after, covers: [id] }
}

const onOther: ReadonlySet<string> = new Set(['grant', 'comment'])

/** The structure in whose statement this one is made or goes: its table, or its column. */
const hostOf = (change: Change, context: ChangeContext): string | null => {
  const structure = change.after ?? change.before
  if (structure === null || change.does === 'alter') return null
  // Rights and comments go with what they are on.
  if (change.does === 'remove' && onOther.has(structure.kind) && structure.table === null)
    return structure.dependsOn.find((id) => !context.after.structures.has(id)) ?? null
  if (structure.table === null) return null
  const { table, name, kind } = structure
  const other = change.does === 'make' ? context.before : context.after
  const host = structureId(table, 'table')
  // Tables that need each other are let go of each other first.
  const target = kind === 'references' ? (structure.facts as ReferencesFacts).target : table
  if (change.does === 'remove' && target !== table && !other.tables.has(target)) return null
  if (kind !== 'table' && !other.tables.has(table))
    return change.does === 'remove' || isInTable(structure) ? host : null
  if (!inColumn.has(kind)) return null
  const id = structureId(table, 'column', name)
  if (other.tables.get(table)?.columns.some((column) => column.name === name)) return null
  if (change.does === 'remove') return id
  const column = context.after.structures.get(id)
  return column && waitsForRows(column, context).has(kind) ? null : id
}

/** Changes with those that their statements carry out as well. */
const withGuests = (changes: readonly Change[], context: ChangeContext): readonly Change[] => {
  const hosts = new Map(changes.map((change) => [change, hostOf(change, context)]))
  const byId = new Map(changes.map((change) => [change.id, change]))
  const hosted = (change: Change): boolean => {
    const host = hosts.get(change) ?? null
    return host !== null && byId.get(host)?.does === change.does
  }
  return changes
    .filter((change) => !hosted(change))
    .map((change) => ({
      ...change,
      covers: [
        ...change.covers,
        ...changes.filter((c) => hosted(c) && hosts.get(c) === change.id).map(({ id }) => id),
      ],
    }))
}

/** A type of a column is part of what makes its dependents: these have to be altered after it. */
const standsOn = (change: Change, catalog: Catalog): readonly string[] =>
  change.covers.flatMap((id) => catalog.structures.get(id)?.dependsOn ?? [])

/** Each after all that it stands on, as the catalog has it; circles end where they began. */
const inOrder = (changes: readonly Change[], catalog: Catalog): readonly Change[] => {
  const carriedBy = new Map(changes.flatMap((c) => c.covers.map((id) => [id, c] as const)))
  const ordered = new Set<Change>()
  const open = new Set<Change>()
  const place = (change: Change): void => {
    if (ordered.has(change) || open.has(change)) return
    open.add(change)
    // What it stands on may itself be unchanged, and stand on something that is.
    const seen = new Set<string>()
    const visit = (id: string): void => {
      if (seen.has(id)) return
      seen.add(id)
      const below = carriedBy.get(id)
      if (below && below !== change) place(below)
      else if (!below) catalog.structures.get(id)?.dependsOn.forEach(visit)
    }
    for (const id of standsOn(change, catalog)) visit(id)
    ordered.add(change)
  }
  for (const change of changes.toSorted((a, b) => rank(a) - rank(b))) place(change)
  return [...ordered]
}

/** Whether it stands on something that is altered, and may forbid that. */
const isInTheWay = (change: Change, made: readonly Change[]): boolean =>
  made.some(
    ({ covers, does }) => does === 'alter' && covers.some((id) => change.before?.dependsOn.includes(id)),
  )

const waits = (change: Change, made: readonly Change[]): boolean =>
  changeKindOf(change.kind)?.isGround === true ||
  (changeKindOf(change.kind)?.mayOverlap === true &&
    !isInTheWay(change, made) &&
    !made.some((c) => c.table === change.table && c.after?.name === change.before?.name))

/** What a table has one of is altered where an old one goes and a new one comes. */
const withOneForTheOther = (changes: readonly Change[], context: ChangeContext): readonly Change[] => {
  const taken = new Map<Change, Change>()
  for (const gone of changes.filter(({ does }) => does === 'remove')) {
    if (gone.before === null || !changeKindOf(gone.kind)?.changesPlace?.(gone.before, context)) continue
    const made = changes.find((c) => c.does === 'make' && c.kind === gone.kind && c.table === gone.table)
    if (made) taken.set(gone, made)
  }
  const olds = new Map([...taken].map(([gone, made]) => [made, gone]))
  return changes
    .filter((change) => !taken.has(change))
    .map((change) => {
      const gone = olds.get(change)
      return gone ? { ...change, does: 'alter', before: gone.before, covers: [change.id, gone.id] } : change
    })
}

export const changesBetween = (context: ChangeContext): readonly Change[] => {
  const { before, after } = context
  const found = difference(before, after)
  const all = [
    ...found.made.map(({ id }) => toChange(null, after.structures.get(id)!)),
    ...found.changed.map(({ id }) => toChange(before.structures.get(id)!, after.structures.get(id)!)),
    ...found.gone.map(({ id }) => toChange(before.structures.get(id)!, null)),
  ]
  const changes = withGuests(withOneForTheOther(all, context), context)
  const made = inOrder(
    changes.filter(({ does }) => does !== 'remove'),
    after,
  )
  const gone = inOrder(
    changes.filter(({ does }) => does === 'remove'),
    before,
  ).toReversed()
  const ordered = [...gone.filter((c) => !waits(c, made)), ...made, ...gone.filter((c) => waits(c, made))]
  return afterNeeds(ordered, context)
}

/** Whether writers may wait for it: a table that is made here has no rows. */
export const isOnline = ({ table }: Change, context: ChangeContext): boolean =>
  context.online && !isNewTable(table, context)

/** Whether a change drops rows or values: a table, a column. */
export const losesRows = ({ kind, does }: Change): boolean =>
  does === 'remove' && (kind === 'table' || kind === 'column')
