/**
 * MUTATE of many structures on several workplaces: first those that have every sort of mutant, then the others, whose
 * mutants are put first to the like of what noticed those.
 */
import type { Structure } from '../catalog/structure.ts'
import { mutantsOf } from '../catalog/operator-sets.ts'
import { foreseeFrom, leadersAmong } from './foresight.ts'
import { mutateStructure, type MutateParts } from './mutate.ts'
import type { MutantResult } from './result.ts'
import { shareOut } from './share-out.ts'
import type { Workplace } from './workplace.ts'

export interface MutateAllParts extends Omit<MutateParts, 'workplace' | 'foresight'> {
  /** An experiment's, by its id. */
  readonly titleOf: (experiment: string) => string | undefined
  readonly onDone: (done: number) => void
}

/** In the order of the structures. */
export const mutateAll = async (
  places: readonly Workplace[],
  structures: readonly Structure[],
  parts: MutateAllParts,
): Promise<readonly (readonly MutantResult[])[]> => {
  const { catalog, witnesses, onDone } = parts
  const operators = parts.operators ?? null
  const counts = new Map<Structure, number>()
  const leaders = leadersAmong(structures, (structure) => {
    const mutants = mutantsOf(structure, catalog, operators)
    counts.set(structure, mutants.length)
    return mutants
  })
  const labour = (structure: Structure): number => counts.get(structure)! * witnesses.own(structure).length
  const first = structures.filter((structure) => leaders.has(structure))
  const others = structures.filter((structure) => !leaders.has(structure))
  const led = await shareOut(
    places,
    first,
    (workplace, structure) => mutateStructure(structure, { ...parts, workplace }),
    onDone,
    labour,
  )
  const judged = first.map((structure, i) => [structure, led[i]!] as const)
  const foresight = foreseeFrom(judged, parts.titleOf, catalog)
  const rest = await shareOut(
    places,
    others,
    (workplace, structure) => mutateStructure(structure, { ...parts, workplace, foresight }),
    (done) => onDone(first.length + done),
    labour,
  )
  const found = new Map([...judged, ...others.map((structure, i) => [structure, rest[i]!] as const)])
  return structures.map((structure) => found.get(structure)!)
}
