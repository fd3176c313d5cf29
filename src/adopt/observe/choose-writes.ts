/** Of many writes the few that tell a trigger from all of its broken forms that any of them tells apart. */
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Chosen } from './record.ts'
import { isNoticed, tryWrites, unsteadyOf } from './try-writes.ts'
import type { Candidate, Laboratory, Outcome, Unsteady } from './try-writes.ts'

export interface ChosenWrite extends Chosen {
  /** Ids of the mutants that it was chosen for. */
  readonly notices: readonly string[]
}

export interface Choice {
  readonly chosen: readonly ChosenWrite[]
  /** Ids of mutants that PostgreSQL refuses. */
  readonly stillborn: readonly string[]
  readonly writes: number
}

/** Writes that the trigger changes, and writes that it leaves alone: the latter notice forms that act too often. */
interface Most {
  readonly effective: number
  readonly controls: number
}
const mostOf = (round: number): Most =>
  round < 3 ? { effective: 44, controls: 28 } : { effective: 24, controls: 12 }

interface Seen {
  readonly candidate: Candidate
  readonly seen: Outcome
  readonly unsteady: Unsteady
}

interface Kept {
  readonly kept: readonly Seen[]
  readonly tables: readonly Table[]
}

const isTouched = (outcome: Outcome | undefined, at: number): boolean => {
  const table = outcome?.tables[at]
  return table !== undefined && (table.rows.length > 0 || table.fewer !== 0)
}

const only = <T>(items: readonly T[], indexes: readonly number[]): readonly T[] =>
  items.length === 0 ? items : indexes.map((i) => items[i]!)

/** As it is (twice) and without the structure: what is the same twice, and the tables in which anything happens. */
const look = async (
  lab: Laboratory & { readonly catalog: Catalog },
  structure: Structure,
  tables: readonly Table[],
  candidates: readonly Candidate[],
  most: Most,
): Promise<Kept> => {
  const without = { ddl: kindOfStructure(structure).drop(structure, lab.catalog) }
  const [first, second, third] = await tryWrites(lab, candidates, tables, [{ ddl: [] }, { ddl: [] }, without])
  const effective: Seen[] = []
  const controls: Seen[] = []
  for (const [i, candidate] of candidates.entries()) {
    const [seen, again, absent] = [first![i]!, second![i]!, third?.[i]]
    if (!seen.ran || !again.ran || seen.fault?.sqlstate !== again.fault?.sqlstate) continue
    const unsteady = unsteadyOf(seen, again, lab.day)
    if (unsteady === null) continue
    if (absent && isNoticed(seen, absent, unsteady)) effective.push({ candidate, seen, unsteady })
    // Refused by something else: no form of the trigger changes that.
    else if (seen.fault === null) controls.push({ candidate, seen, unsteady })
  }
  const indexes = [...tables.keys()].filter(
    (at) => at === 0 || [...first!, ...(third ?? [])].some((outcome) => isTouched(outcome, at)),
  )
  const kept = [...effective.slice(0, most.effective), ...controls.slice(0, most.controls)]
  return {
    tables: only(tables, indexes),
    kept: kept.map(({ candidate, seen, unsteady }) => ({
      candidate,
      seen: { ...seen, tables: only(seen.tables, indexes) },
      unsteady: only(unsteady, indexes),
    })),
  }
}

/** The writes that notice most come first; of equals the earlier one. */
export const chooseWrites = async (
  lab: Laboratory & { readonly catalog: Catalog },
  structure: Structure,
  watched: readonly Table[],
  candidates: readonly Candidate[],
  mutants: readonly Mutant[],
  round: number,
): Promise<Choice> => {
  const { kept, tables } = await look(lab, structure, watched, candidates, mostOf(round))
  const broken = await tryWrites(
    lab,
    kept.map((one) => one.candidate),
    tables,
    mutants,
    'short',
  )
  const open = kept.map((one, i) => {
    const others = new Map<string, Outcome>()
    for (const [m, mutant] of mutants.entries()) {
      const other = broken[m]?.[i]
      if (other && isNoticed(one.seen, other, one.unsteady)) others.set(mutant.id, other)
    }
    return { ...one, others }
  })
  const left = new Set(mutants.map((mutant) => mutant.id))
  const chosen: ChosenWrite[] = []
  for (;;) {
    const counted = open.map((one) => ({
      one,
      notices: [...one.others.keys()].filter((id) => left.has(id)),
    }))
    const most = Math.max(0, ...counted.map(({ notices }) => notices.length))
    const best = counted.find(({ notices }) => notices.length === most)
    if (most === 0 || !best) break
    const { one, notices } = best
    for (const id of notices) left.delete(id)
    const others = notices.map((id) => one.others.get(id)!)
    chosen.push({ candidate: one.candidate, seen: one.seen, unsteady: one.unsteady, tables, notices, others })
  }
  const stillborn = mutants.filter((_, m) => broken[m] === null).map((mutant) => mutant.id)
  return { chosen, stillborn, writes: candidates.length }
}
