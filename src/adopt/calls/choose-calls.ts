/** Of many calls the few that tell a function from all of its broken forms that any of them tells apart. */
import type { Mutant } from '../../catalog/structure.ts'
import { isNoticed, unsteadyOf } from '../observe/try-writes.ts'
import type { Outcome, Unsteady } from '../observe/try-writes.ts'
import { isOutOfTime, tryCalls, type CallLaboratory, type CallSetting, type CallShape } from './try-calls.ts'

export interface SeenCall {
  readonly setting: CallSetting
  readonly seen: Outcome
  readonly unsteady: Unsteady
}

export interface ChosenCall extends SeenCall {
  /** Mutants that it was chosen for. */
  readonly notices: readonly Mutant[]
  /** What it answers under them. */
  readonly others: readonly Outcome[]
}

/** How much a call shows: something answered or left before nothing, nothing before a refusal. */
export const promise = ({ seen }: SeenCall): number => {
  if (seen.fault) return 0
  const [answer, ...tables] = seen.tables
  const answers = (answer?.rows ?? []).flat().filter((value) => value !== null && value !== '').length
  const leaves = tables.filter((one) => one.rows.length > 0 || one.fewer !== 0).length
  return 1 + Math.min(answers, 4) + 4 * leaves
}

/** Calls of one round that are put to the broken forms, and statements that may take in all. */
const mostTried = 72
const leastTried = 6
const mostStatements = 2_500

/** Statements of one call: those that lay its rows, and those that call and look; a slow one counts for many. */
const weightOf = ({ given }: CallSetting, patience: number): number =>
  (4 + Object.values(given).flat().length) * patience

const sum = (calls: readonly CallSetting[], patience: number): number =>
  calls.reduce((all, one) => all + weightOf(one, patience), 0)

/** As many as take no more statements than this; the first ones in any case. */
export const within = <T>(
  items: readonly T[],
  settingOf: (item: T) => CallSetting,
  most: number,
  patience: number,
): readonly T[] => {
  let spent = 0
  return items.filter((item, i) => {
    spent += weightOf(settingOf(item), patience)
    return i < leastTried || spent <= most
  })
}

/** PostgreSQL could not even read the call: nothing of the function ran. */
const isMisspelt = ({ fault }: Outcome): boolean =>
  fault !== null && fault.context === null && /^(?:42(?!501)|22P02|22007)/u.test(fault.sqlstate)

/** Calls that are looked at before the time is. */
const lookedAtAtOnce = 12

/** What is the same twice, in turns: the first of all that are seen alike, the second of them, and so on. */
export const lookAtCalls = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
): Promise<readonly SeenCall[]> => {
  if (settings.length === 0) return []
  const first: (Outcome | null)[] = []
  const second: (Outcome | null)[] = []
  for (let from = 0; from < settings.length; from += lookedAtAtOnce) {
    if (from > 0 && isOutOfTime(lab)) break
    const some = settings.slice(from, from + lookedAtAtOnce)
    const [one, two] = await tryCalls(lab, some, shape, [{ ddl: [] }, { ddl: [] }], 'short')
    first.push(...(one ?? some.map(() => null)))
    second.push(...(two ?? some.map(() => null)))
  }
  const alike = new Map<string, number>()
  const found: { readonly call: SeenCall; readonly turn: number }[] = []
  for (const [i, setting] of settings.entries()) {
    const [seen, again] = [first[i], second[i]]
    if (!seen?.ran || !again?.ran || seen.fault?.sqlstate !== again.fault?.sqlstate) continue
    if (isMisspelt(seen)) continue
    const unsteady = unsteadyOf(seen, again, lab.day)
    if (unsteady === null) continue
    const key = JSON.stringify([seen.fault?.message ?? null, seen.tables])
    const turn = alike.get(key) ?? 0
    alike.set(key, turn + 1)
    found.push({ call: { setting, seen, unsteady }, turn })
  }
  return found
    .toSorted((a, b) => a.turn - b.turn || promise(b.call) - promise(a.call))
    .map(({ call }) => call)
}

export interface CallChoice {
  readonly chosen: readonly ChosenCall[]
  /** Ids of mutants that PostgreSQL refuses. */
  readonly stillborn: readonly string[]
  /** Statements, about. */
  readonly spent: number
}

/** The calls that notice most come first; of equals the earlier one. `patience`: how much a call costs beside a plain one. */
export const chooseCalls = async (
  lab: CallLaboratory,
  calls: readonly SeenCall[],
  shape: CallShape,
  mutants: readonly Mutant[],
  patience = 1,
): Promise<CallChoice> => {
  const most = mostStatements / Math.max(1, mutants.length)
  const tried = within(calls, (one) => one.setting, most, patience).slice(0, mostTried)
  const broken = await tryCalls(
    lab,
    tried.map((one) => one.setting),
    shape,
    mutants,
    'short',
  )
  const open = tried.map((one, i) => {
    const others = new Map<Mutant, Outcome>()
    for (const [m, mutant] of mutants.entries()) {
      const other = broken[m]?.[i]
      if (other && isNoticed(one.seen, other, one.unsteady)) others.set(mutant, other)
    }
    return { ...one, others }
  })
  const left = new Set(mutants)
  const chosen: ChosenCall[] = []
  for (;;) {
    const counted = open.map((one) => [...one.others.keys()].filter((mutant) => left.has(mutant)))
    const most = Math.max(0, ...counted.map((notices) => notices.length))
    const at = counted.findIndex((notices) => notices.length === most)
    if (most === 0 || at < 0) break
    const { others, ...one } = open[at]!
    const notices = counted[at]!
    for (const mutant of notices) left.delete(mutant)
    chosen.push({ ...one, notices, others: notices.map((mutant) => others.get(mutant)!) })
  }
  const spent = sum(
    tried.map((one) => one.setting),
    patience,
  )
  return {
    chosen,
    spent: spent * mutants.length,
    stillborn: mutants.filter((_, m) => broken[m] === null).map((mutant) => mutant.id),
  }
}
