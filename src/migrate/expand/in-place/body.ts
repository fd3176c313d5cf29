/**
 * The body of the trigger that keeps two names of one value alike, each pair by itself. The column that stands draws its
 * numbers before any trigger: then what is written under the other name is right.
 */
import { ident } from '../../../postgres/quote.ts'
import { waitForSameKey } from '../same-instant.ts'
import { differs, type PlacedColumn, type Sides, type SyncWay } from '../sides.ts'

interface Pair {
  readonly old: PlacedColumn
  readonly young: PlacedColumn
}

const nameOf = ({ physical }: PlacedColumn, row = 'new.'): string => `${row}${ident(physical)}`

const take = (to: PlacedColumn, from: PlacedColumn): string => `${nameOf(to)} := ${nameOf(from)};`

/** Who inserts names the one or the other; where both are named the new name is right. */
const isInsertedByYoung = ({ old, young }: Pair, way: SyncWay): string => {
  if (young.default !== undefined) return differs([young], [nameOf(young)], [`(${young.default})`])
  return young.isDrawn === true && way !== 'from-old'
    ? `${nameOf(old)} is null`
    : `${nameOf(young)} is not null`
}

const isChanged = (column: PlacedColumn): string =>
  differs([column], [nameOf(column)], [nameOf(column, 'old.')])

const bothWays = (pair: Pair, way: SyncWay): string => {
  const { old, young } = pair
  return `  if tg_op = 'INSERT' then
    if ${isInsertedByYoung(pair, way)} then
      ${take(old, young)}
    else
      ${take(young, old)}
    end if;
  elsif ${isChanged(young)} then
    ${take(old, young)}
  elsif ${isChanged(old)} or ${nameOf(young)} is null then
    ${take(young, old)}
  end if;`
}

/** Under the names by which its expression calls them, whatever they are called at this stand. */
const rowOf = ({ shape, olds }: Sides): string => {
  const aside = olds.filter(({ name, physical }) => name !== physical)
  const also = aside.map((one) => `, ${nameOf(one)} as ${ident(one.name)}`).join('')
  return `(select new.*${also}) as ${ident(shape.table.name)}`
}

/** PostgreSQL computes the column that stands behind all triggers, and the other one is computed here. */
const computed = ({ old, young }: Pair, way: SyncWay, row: string): string =>
  `  select (${young.computed ?? 'null'})::${young.type} into ${nameOf(way === 'from-old' ? young : old)} from ${row};`

/** `from-old`: the old names are those of the columns that stand; otherwise the new ones are. */
export const inPlaceBody = (sides: Sides, way: SyncWay): string => {
  const pairs = sides.news.flatMap((young, i): readonly Pair[] => {
    const old = sides.olds[i]
    return old === undefined ? [] : [{ old, young }]
  })
  const isComputed = ({ young }: Pair): boolean => young.computed !== undefined
  const all = [
    ...pairs
      .filter((pair) => !isComputed(pair))
      .map((pair) => (way === 'aside' ? `  ${take(pair.old, pair.young)}` : bothWays(pair, way))),
    ...pairs.filter(isComputed).map((pair) => computed(pair, way, rowOf(sides))),
  ]
  return `begin\n${all.join('\n')}${waitForSameKey(sides, way)}\n  return new;\nend`
}
