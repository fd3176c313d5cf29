/** Where the values of a key are drawn, and through which rows all that points to it looks them up. */
import type { KeyFacts } from '../../../../catalog/key/key.ts'
import type { ReferencesFacts } from '../../../../catalog/foreign-key.ts'
import type { Catalog } from '../../../../catalog/structure.ts'
import { relationOfId } from '../../../../rules/ddl.ts'
import type { DrawnHead, Follower, KeyPair } from '../../shape.ts'
import { typeIn, type ColumnPlace, type KeyGroup } from '../groups.ts'

const isSame = (a: ColumnPlace, b: ColumnPlace): boolean => a.table === b.table && a.column === b.column

const has = (all: readonly ColumnPlace[], place: ColumnPlace): boolean =>
  all.some((one) => isSame(one, place))

interface Pointing {
  readonly table: string
  readonly facts: ReferencesFacts
}

/** Those with the fewest columns first: they ask for less. */
const pointingIn = (catalog: Catalog): readonly Pointing[] =>
  [...catalog.structures.values()]
    .filter(({ kind }) => kind === 'references')
    .map(({ table, facts }) => ({ table: table ?? '', facts: facts as ReferencesFacts }))
    .toSorted((a, b) => a.facts.columns.length - b.facts.columns.length)

/** Pairs of a column that points and the one that it points to, of this very foreign key. */
const pairsOf = ({ table, facts }: Pointing) =>
  facts.columns.map((own, i) => ({
    from: { table, column: own },
    to: { table: facts.target, column: facts.targetColumns[i] ?? '' },
  }))

/** Columns that tell the rows of a table apart, among these, with this one: the fewest. */
const smallestKey = (
  catalog: Catalog,
  place: ColumnPlace,
  among: readonly string[],
): readonly string[] | null => {
  const keys = [...catalog.of(place.table, 'primaryKey'), ...catalog.of(place.table, 'unique')]
    .map(({ facts }) => facts as KeyFacts)
    .filter(({ predicate }) => predicate === null)
    .map(({ keys: parts }) => parts.map(({ column }) => column ?? ''))
    .filter((columns) => columns.includes(place.column) && columns.every((name) => among.includes(name)))
  return keys.toSorted((a, b) => a.length - b.length)[0] ?? null
}

const relationIn = (catalog: Catalog, id: string) => {
  const { schema, name } = catalog.tables.get(id) ?? relationOfId(id)
  return { schema, name }
}

const typesOf = (catalog: Catalog, group: KeyGroup, place: ColumnPlace): Pick<KeyPair, 'olds' | 'news'> => {
  const standing = catalog.tables.get(place.table)?.columns.find(({ name }) => name === place.column)?.type
  const olds = standing ?? 'text'
  return { olds, news: has(group.places, place) ? typeIn(group, place) : olds }
}

export interface FoundDrawn {
  readonly heads: readonly ColumnPlace[]
  readonly followers: readonly Follower[]
  /** Columns of the group that no drawn value leads to. */
  readonly others: readonly ColumnPlace[]
}

/** `isDrawn`: nothing tells the new value of this column from its old one. */
export const findDrawn = (
  catalog: Catalog,
  group: KeyGroup,
  isDrawn: (place: ColumnPlace) => boolean,
): FoundDrawn => {
  const all = pointingIn(catalog)
  const follows = (place: ColumnPlace): boolean =>
    all.some((one) =>
      pairsOf(one).some(
        ({ from, to }) => isSame(from, place) && !isSame(from, to) && has(group.places, to) && isDrawn(to),
      ),
    )
  const drawn = group.places.filter(isDrawn)
  const free = drawn.filter((place) => !follows(place))
  // Tables that point to each other in a circle: one of them begins.
  const heads = free.length > 0 ? free : drawn.slice(0, 1)
  const found = new Map<string, Follower>()
  const nameOf = ({ table, column }: ColumnPlace): string => JSON.stringify([table, column])
  const reached: ColumnPlace[] = [...heads]
  for (const place of reached)
    for (const one of all) {
      const pairs = pairsOf(one)
      const pair = pairs.find(({ to }) => isSame(to, place))
      if (pair === undefined || has(reached, pair.from) || !has(group.places, pair.from)) continue
      reached.push(pair.from)
      found.set(nameOf(pair.from), followerOf(catalog, group, one, pair, found.get(nameOf(place)) ?? null))
    }
  return {
    heads,
    followers: [...found.values()].toSorted((a, b) => a.step - b.step),
    others: group.places.filter((place) => !has(reached, place)),
  }
}

/** Past a row that only follows itself, where the same columns say which row that follows: it need not be there yet. */
const followerOf = (
  catalog: Catalog,
  group: KeyGroup,
  pointing: Pointing,
  { from, to }: { readonly from: ColumnPlace; readonly to: ColumnPlace },
  through: Follower | null,
): Follower => {
  const { facts } = pointing
  const ownOf = (target: string): string | undefined => facts.columns[facts.targetColumns.indexOf(target)]
  const common = {
    table: relationIn(catalog, from.table),
    column: from.column,
    pointing: facts.notEnforced ? [] : facts.columns,
  }
  const composed = through?.by.map((pair) => ({ ...pair, own: ownOf(pair.own) }))
  if (through !== null && composed?.every((pair): pair is KeyPair => pair.own !== undefined) === true)
    return { ...common, target: through.target, says: through.says, by: composed, step: through.step }
  const key = smallestKey(catalog, to, facts.targetColumns) ?? facts.targetColumns
  return {
    ...common,
    target: relationIn(catalog, to.table),
    says: to.column,
    by: key.map((target) => ({
      own: ownOf(target) ?? target,
      target,
      ...typesOf(catalog, group, { table: to.table, column: target }),
    })),
    step: (through?.step ?? 0) + 1,
  }
}

/** What the head of a key draws, on either side. */
export const headOf = (
  catalog: Catalog,
  { table, column }: ColumnPlace,
  draws: Pick<DrawnHead, 'olds' | 'news' | 'preset'>,
): DrawnHead => ({ table: relationIn(catalog, table), column, ...draws })
