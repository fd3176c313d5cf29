/**
 * MUTATE of many structures on several workplaces: first those that have every sort of mutant, then the others, whose
 * mutants are put first to the like of what noticed those.
 */
import type { Mutant, Structure } from '../catalog/structure.ts'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
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

/** So many at most are one workplace's, that the others are not left without work. */
const groupSize = 40

/** Those of one table together: a session knows it then. */
const groupsOf = (structures: readonly Structure[]): readonly (readonly Structure[])[] => {
  const ofTable = new Map<string | Structure, Structure[]>()
  for (const structure of structures) {
    const key = structure.table ?? structure
    const group = ofTable.get(key)
    if (group) group.push(structure)
    else ofTable.set(key, [structure])
  }
  return [...ofTable.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / groupSize) }, (_, i) =>
      group.slice(i * groupSize, (i + 1) * groupSize),
    ),
  )
}

/** In the order of the structures. */
export const mutateAll = async (
  places: readonly Workplace[],
  structures: readonly Structure[],
  parts: MutateAllParts,
): Promise<readonly (readonly MutantResult[])[]> => {
  const { catalog, witnesses, onDone } = parts
  const operators = parts.operators ?? null
  const mutants = new Map(
    structures.map((structure) => [structure, mutantsOf(structure, catalog, operators)] as const),
  )
  const made = (structure: Structure): readonly Mutant[] => mutants.get(structure)!
  const leaders = leadersAmong(structures, made)
  const labour = (structure: Structure): number => made(structure).length * witnesses.own(structure).length
  const first = structures.filter((structure) => leaders.has(structure))
  const others = structures.filter((structure) => !leaders.has(structure))
  const led = await shareOut(
    places,
    first,
    (workplace, structure) => mutateStructure(structure, { ...parts, workplace, made }),
    onDone,
    labour,
  )
  const judged = first.map((structure, i) => [structure, led[i]!] as const)
  const foresight = foreseeFrom(judged, parts.titleOf, catalog)
  const groups = groupsOf(others)
  let done = 0
  const rest = await shareOut(
    places,
    groups,
    async (workplace, group) => {
      const found: (readonly [Structure, readonly MutantResult[]])[] = []
      for (const structure of group) {
        found.push([structure, await mutateStructure(structure, { ...parts, workplace, foresight, made })])
        onDone(first.length + ++done)
      }
      return found
    },
    () => undefined,
    (group) => group.reduce((sum, structure) => sum + labour(structure), 0),
  )
  const found = new Map([...judged, ...rest.flat()])
  return structures.map((structure) => found.get(structure)!)
}
