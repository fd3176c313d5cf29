/**
 * Which experiment will notice a mutant: the like of the one that noticed the like mutant of another structure. A few
 * structures are asked in full for all others, so that what is foreseen depends on no order of time.
 */
import type { Catalog, Mutant, Structure } from '../catalog/structure.ts'
import type { ExperimentResult, MutantResult } from './result.ts'

export interface Foresight {
  /** Of these experiments, the one that is likely to notice a mutant; null: nothing is known of such a mutant. */
  among(structure: Structure, own: readonly ExperimentResult[]): (mutant: Mutant) => ExperimentResult | null
}

/** What comes after the operator says to what it was changed: an action, a type, a column. */
const detailed = ({ id, structure, operator }: Mutant): string => `${operator} ${id.slice(structure.length)}`

const likenesses = (mutant: Mutant): readonly [string, string] => [detailed(mutant), mutant.operator]

/** A detail that so few structures have is a name of theirs. */
const fewAlike = 4

/** The first structures that between them have every sort of mutant that there is; `mutantsOf` in their order. */
export const leadersAmong = (
  structures: readonly Structure[],
  mutantsOf: (structure: Structure) => readonly Mutant[],
): ReadonlySet<Structure> => {
  const sorts = structures.map((one) => new Set(mutantsOf(one).flatMap(likenesses)))
  const count = new Map<string, number>()
  for (const own of sorts) for (const sort of own) count.set(sort, (count.get(sort) ?? 0) + 1)
  const covered = new Set<string>()
  const leaders = structures.filter((_, i) => {
    const own = [...sorts[i]!].filter((sort) => !sort.includes(' ') || count.get(sort)! >= fewAlike)
    if (own.every((sort) => covered.has(sort))) return false
    for (const sort of own) covered.add(sort)
    return true
  })
  return new Set(leaders)
}

/** A title without the names and numbers that are its own table's. */
const labelOf = (title: string, names: ReadonlySet<string>): string =>
  title.replaceAll(/[\p{L}\p{N}_$.]+/gu, (word) => (names.has(word) || /[\d_.]/u.test(word) ? '·' : word))

const namesAround = ({ id, table }: Structure, catalog: Pick<Catalog, 'tables'>): ReadonlySet<string> => {
  const columns = table === null ? [] : (catalog.tables.get(table)?.columns ?? [])
  return new Set([...id.split(/[^\p{L}\p{N}_$.]+/u), ...columns.map(({ name }) => name)])
}

/** What the leaders' mutants were noticed by, most often first. `titleOf`: an experiment's, by its id. */
export const foreseeFrom = (
  judged: readonly (readonly [Structure, readonly MutantResult[]])[],
  titleOf: (experiment: string) => string | undefined,
  catalog: Pick<Catalog, 'tables'>,
): Foresight => {
  const counts = new Map<string, Map<string, number>>()
  for (const [structure, mutants] of judged) {
    const names = namesAround(structure, catalog)
    for (const mutant of mutants) {
      const title = mutant.verdict === 'killed' ? titleOf(mutant.why) : undefined
      if (title === undefined) continue
      const label = labelOf(title, names)
      for (const sort of likenesses(mutant)) {
        const known = counts.get(sort) ?? new Map<string, number>()
        counts.set(sort, known.set(label, (known.get(label) ?? 0) + 1))
      }
    }
  }
  const labels = new Map(
    [...counts].map(([sort, known]) => [
      sort,
      [...known].toSorted(([, a], [, b]) => b - a).map(([label]) => label),
    ]),
  )
  return {
    among(structure, own) {
      const names = namesAround(structure, catalog)
      const byLabel = new Map<string, ExperimentResult>()
      for (const result of own) {
        const label = labelOf(result.experiment.title, names)
        if (!byLabel.has(label)) byLabel.set(label, result)
      }
      return (mutant) => {
        for (const sort of likenesses(mutant)) {
          for (const label of labels.get(sort) ?? []) {
            const found = byLabel.get(label)
            if (found) return found
          }
        }
        return null
      }
    },
  }
}
