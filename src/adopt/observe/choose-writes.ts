/** Of many writes the few that tell a trigger from all of its broken forms that any of them tells apart. */
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { sequenceStepsOn, useSequenceSteps } from '../../rows/sequence-steps.ts'
import { isInconclusive } from '../../prove/judge.ts'
import { roundsOfOwn } from './candidate-writes.ts'
import type { Chosen } from './record.ts'
import { hangsOnSession, isNoticed, tryWrites, unsteadyOf } from './try-writes.ts'
import type { Candidate, Laboratory, Outcome, Unsteady } from './try-writes.ts'

export interface ChosenWrite extends Chosen {
  /** Ids of the mutants that it was chosen for. */
  readonly notices: readonly string[]
}

export interface Choice {
  readonly chosen: readonly ChosenWrite[]
  /** Ids of mutants that PostgreSQL refuses. */
  readonly stillborn: readonly string[]
  /** Ids of mutants under which a write did not come to its end in time. */
  readonly endless: readonly string[]
  readonly writes: number
}

/** Writes that the trigger changes, and writes that it leaves alone: the latter notice forms that act too often. */
interface Most {
  readonly effective: number
  readonly controls: number
}
const mostOf = (round: number): Most =>
  round < 6 ? { effective: 44, controls: roundsOfOwn.has(round) ? 48 : 28 } : { effective: 24, controls: 12 }

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

/** A write that hangs, or calls itself until the stack is full, is no evidence, and slow with each broken form. */
const comesToAnEnd = ({ fault }: Outcome): boolean => !isInconclusive(fault) && fault?.sqlstate !== '54001'

/** Where this many writes of one round hang the rest of them is left: each costs its time-out. */
const mostHanging = 3
const atOnce = 12

/** Two that the structure changes for each one that it leaves alone, so that the first few are of both kinds. */
const interleaved = (effective: readonly Seen[], controls: readonly Seen[]): readonly Seen[] => {
  const found: Seen[] = []
  for (let n = 0; n * 2 < effective.length || n < controls.length; n++)
    found.push(...effective.slice(n * 2, n * 2 + 2), ...controls.slice(n, n + 1))
  return found
}

/** As it is (twice) and without the structure: what is the same twice, and the tables in which anything happens. */
const look = async (
  lab: Laboratory & { readonly catalog: Catalog },
  structure: Structure,
  tables: readonly Table[],
  every: readonly Candidate[],
  most: Most,
): Promise<Kept> => {
  const without = { ddl: kindOfStructure(structure).drop(structure, lab.catalog) }
  const asItIs = { ddl: [] }
  const tried: { readonly candidate: Candidate; readonly outcome: Outcome }[] = []
  let hanging = 0
  for (let from = 0; from < every.length && hanging < mostHanging; from += atOnce) {
    const some = every.slice(from, from + atOnce)
    const [outcomes] = await tryWrites(lab, some, tables, [asItIs], 'short')
    some.forEach((candidate, i) => {
      if (comesToAnEnd(outcomes![i]!)) tried.push({ candidate, outcome: outcomes![i]! })
      else hanging++
    })
  }
  const candidates = tried.map(({ candidate }) => candidate)
  const steps = sequenceStepsOn(lab.db)
  // Numbers that a sequence gives are another time others.
  useSequenceSteps(lab.db, steps?.ahead ?? null)
  const [second, third] = await tryWrites(lab, candidates, tables, [asItIs, without], 'short')
  useSequenceSteps(lab.db, steps)
  const first = tried.map(({ outcome }) => outcome)
  const effective: Seen[] = []
  const controls: Seen[] = []
  for (const [i, candidate] of candidates.entries()) {
    const [seen, again, absent] = [first[i]!, second![i]!, third?.[i]]
    if (!seen.ran || !again.ran || seen.fault?.sqlstate !== again.fault?.sqlstate) continue
    if (hangsOnSession(seen)) continue
    const unsteady = unsteadyOf(seen, again, lab.day)
    if (unsteady === null) continue
    if (absent && isNoticed(seen, absent, unsteady)) effective.push({ candidate, seen, unsteady })
    // Refused by something else: no form of the trigger changes that.
    else if (seen.fault === null) controls.push({ candidate, seen, unsteady })
  }
  const indexes = [...tables.keys()].filter(
    (at) => at === 0 || [...first, ...(third ?? [])].some((outcome) => isTouched(outcome, at)),
  )
  const kept = interleaved(effective.slice(0, most.effective), controls.slice(0, most.controls))
  return {
    tables: only(tables, indexes),
    kept: kept.map(({ candidate, seen, unsteady }) => ({
      candidate,
      seen: { ...seen, tables: only(seen.tables, indexes) },
      unsteady: only(unsteady, indexes),
    })),
  }
}

/** Most broken forms are noticed by the first writes: the other writes are tried on what is left. */
const portions = [1, 4, 12, 32]

const portionsOf = (kept: readonly Seen[]): readonly (readonly Seen[])[] => {
  const cuts = [0, ...portions.filter((end) => end < kept.length), kept.length]
  return cuts.slice(1).map((end, i) => kept.slice(cuts[i], end))
}

interface Told {
  readonly one: Seen
  /** Outcomes of the broken forms that it tells apart, by mutant id. */
  readonly others: ReadonlyMap<string, Outcome>
}

interface Tellings {
  readonly told: readonly Told[]
  readonly stillborn: ReadonlySet<string>
  readonly endless: ReadonlySet<string>
}

const tellApart = async (
  lab: Laboratory,
  { kept, tables }: Kept,
  mutants: readonly Mutant[],
): Promise<Tellings> => {
  const told: Told[] = []
  const closed = new Set<string>()
  const stillborn = new Set<string>()
  const endless = new Set<string>()
  for (const portion of portionsOf(kept)) {
    const open = mutants.filter(({ id }) => !closed.has(id))
    if (open.length === 0 || portion.length === 0) break
    const writes = portion.map((one) => one.candidate)
    const broken = await tryWrites(lab, writes, tables, open, 'short')
    const others = portion.map(() => new Map<string, Outcome>())
    for (const [m, { id }] of open.entries()) {
      const outcomes = broken[m]
      if (!outcomes) {
        stillborn.add(id)
        closed.add(id)
      }
      for (const [i, one] of portion.entries()) {
        const other = outcomes?.[i]
        if (!other || !isNoticed(one.seen, other, one.unsteady)) continue
        others[i]!.set(id, other)
        closed.add(id)
      }
      // What hangs is tried no further.
      if (closed.has(id) || !outcomes?.some(({ fault }) => isInconclusive(fault))) continue
      endless.add(id)
      closed.add(id)
    }
    told.push(...portion.map((one, i) => ({ one, others: others[i]! })))
  }
  return { told, stillborn, endless }
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
  const seen = await look(lab, structure, watched, candidates, mostOf(round))
  const { told, stillborn, endless } = await tellApart(lab, seen, mutants)
  const left = new Set(mutants.map((mutant) => mutant.id))
  const chosen: ChosenWrite[] = []
  for (;;) {
    const counted = told.map(({ one, others }) => ({
      one,
      others,
      notices: [...others.keys()].filter((id) => left.has(id)),
    }))
    const most = Math.max(0, ...counted.map(({ notices }) => notices.length))
    const best = counted.find(({ notices }) => notices.length === most)
    if (most === 0 || !best) break
    const { one, notices } = best
    for (const id of notices) left.delete(id)
    const others = notices.map((id) => best.others.get(id)!)
    chosen.push({ ...one, tables: seen.tables, notices, others })
  }
  return { chosen, stillborn: [...stillborn], endless: [...endless], writes: candidates.length }
}
