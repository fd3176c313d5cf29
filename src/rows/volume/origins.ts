/** Where the values of a column come from, up its links, and whether they differ from row to row. Pure. */
import type { Link, NumberSource, Source, TableVolume } from './volume-plan.ts'

/** Tables by relation id. */
export type Planned = ReadonlyMap<string, TableVolume>

interface Step {
  readonly table: string
  readonly link: number
}

interface Place {
  readonly table: string
  readonly column: string
  /** Links that lead to it. */
  readonly steps: readonly Step[]
}

/** The column itself, then that of the row it is taken from, and so on. */
export const originsOf = (table: string, column: string, planned: Planned): readonly Place[] => {
  const found: Place[] = [{ table, column, steps: [] }]
  for (let place = found[0]!; ;) {
    const volume = planned.get(place.table)
    const source = volume?.columns.find((one) => one.column.name === place.column)?.source
    if (source?.kind !== 'link' || found.length > 8) return found
    place = {
      table: volume!.links[source.link]!.target,
      column: source.column,
      steps: [...place.steps, { table: place.table, link: source.link }],
    }
    found.push(place)
  }
}

/** Distinct only together with others. */
const isPartial = (number: NumberSource): boolean =>
  number.kind === 'digit' || number.kind === 'rank' || (number.kind === 'comb' && isPartial(number.of))

/** No two rows have the same value. `links`: of the table whose column it is. */
export const isDistinct = (source: Source | null, links: readonly Link[], planned: Planned): boolean => {
  if (source?.kind === 'made') return source.isDistinct && !isPartial(source.number)
  if (source?.kind !== 'link') return source?.kind === 'numbered' || source?.kind === 'lettered'
  const link = links[source.link]!
  const target = planned.get(link.target)
  const of = target?.columns.find(({ column }) => column.name === source.column)?.source ?? null
  return link.pick.kind === 'once' && target !== undefined && isDistinct(of, target.links, planned)
}
