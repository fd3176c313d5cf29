/**
 * MUTATE of many structures on several workplaces: first those that have every sort of mutant, then the others, whose
 * mutants are put first to the like of what noticed those.
 */
import type { Mutant, Structure } from '../catalog/structure.ts'
import { mutantsOf } from '../catalog/operator-set/sets.ts'
import { foreseeFrom, leadersAmong, type Foresight } from './foresight.ts'
import { sideBySide } from './gather.ts'
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
/** Those of every sort take longest, and nobody knows yet how long. */
const leadingGroupSize = 8

/** Those of one table together: a session knows it then. */
const groupsOf = (structures: readonly Structure[], size: number): readonly (readonly Structure[])[] => {
  const ofTable = new Map<string | Structure, Structure[]>()
  for (const structure of structures) {
    const key = structure.table ?? structure
    const group = ofTable.get(key)
    if (group) group.push(structure)
    else ofTable.set(key, [structure])
  }
  return [...ofTable.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / size) }, (_, i) => group.slice(i * size, (i + 1) * size)),
  )
}

type Judged = readonly [Structure, readonly MutantResult[]]

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
  let done = 0
  /** Of one table at the same time: their mutants stand on the same rows. */
  const judgeAll = async (
    groups: readonly (readonly Structure[])[],
    foresight?: Foresight,
  ): Promise<readonly Judged[]> => {
    const judgeOne = async (workplace: Workplace, structure: Structure): Promise<Judged> => {
      const known = foresight ? { foresight } : {}
      const results = await mutateStructure(structure, { ...parts, ...known, workplace, made })
      onDone(++done)
      return [structure, results]
    }
    const judged = await shareOut(
      places,
      groups,
      (workplace, group) => sideBySide(workplace, group, judgeOne),
      () => undefined,
      (group) => group.reduce((sum, structure) => sum + labour(structure), 0),
    )
    return judged.flat()
  }
  const found = new Map(await judgeAll(groupsOf(first, leadingGroupSize)))
  const led = first.map((structure) => [structure, found.get(structure)!] as const)
  const foresight = foreseeFrom(led, parts.titleOf, catalog)
  for (const [structure, results] of await judgeAll(groupsOf(others, groupSize), foresight))
    found.set(structure, results)
  return structures.map((structure) => found.get(structure)!)
}
