/**
 * Rows that point to two tables of one ancestor: (org, room) and (org, member). Not every ancestor has rows of both; who
 * has none of the second is passed over.
 */
import type { NumberSource, Source, TableVolume, VolumePlan } from './volume-plan.ts'

const countsRank = (number: NumberSource, at: number): boolean =>
  number.kind === 'rank'
    ? number.link === at
    : number.kind === 'comb' && number.of.kind === 'rank' && number.of.link === at

const ranksBy = (source: Source, at: number): boolean =>
  source.kind === 'rank' ? source.link === at : source.kind === 'made' && countsRank(source.number, at)

/** Somebody counts the children of a parent by this link: they have to be those that it was spread over. */
const isCounted = (table: TableVolume, at: number, { tables }: VolumePlan): boolean =>
  table.links.some(({ pick }) => (pick.kind === 'ranked' || pick.kind === 'sibling') && pick.by === at) ||
  table.pools.some(({ by }) => by === at) ||
  table.columns.some(({ source }) => ranksBy(source, at)) ||
  tables.some(({ links }) =>
    links.some(
      ({ pick }) =>
        (pick.kind === 'within' || pick.kind === 'below') &&
        pick.down.some((step) => step.table === table.id && step.link === at),
    ),
  )

/** Links that are to be met from where this one leads; [] where it may lead nowhere else. */
export const meetingLinks = (table: TableVolume, at: number, plan: VolumePlan): readonly number[] =>
  isCounted(table, at, plan)
    ? []
    : table.links.flatMap(({ pick }, i) => (pick.kind === 'within' && pick.by === at ? [i] : []))

const mostDraws = 32

/**
 * A row's parent, drawn until `meets` says that all is met there; then the first of all that does. Rows for which none
 * does keep their own.
 */
export const drawUntilMet = (
  rowOf: (n: number) => number,
  draw: (n: number, times: number) => number,
  parents: number,
  meets: (parent: number, n: number) => boolean,
): ((n: number) => number) => {
  let next = 0
  let known = -1
  return (n) => {
    const own = rowOf(n)
    if (own < 0 || meets(own, n)) return own
    for (let times = 1; times <= mostDraws; times += 1) {
      const other = draw(n, times)
      if (meets(other, n)) return other
    }
    if (known >= 0 && meets(known, n)) return known
    for (; next < parents; next += 1)
      if (meets(next, n)) {
        known = next
        return known
      }
    return own
  }
}
