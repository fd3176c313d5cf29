/** Of many calls the few that tell a function from all of its broken forms that any of them tells apart. */
import type { Mutant } from '../../catalog/structure.ts'
import { isInconclusive } from '../../prove/judge.ts'
import { isNoticed, unsteadyOf } from '../observe/try-writes.ts'
import type { Outcome, Unsteady } from '../observe/try-writes.ts'
import type { Trace } from '../../catalog/function/trace-body.ts'
import {
  isOutOfTime,
  traceCalls,
  tryCalls,
  tryTrials,
  type CallLaboratory,
  type CallSetting,
  type CallShape,
  type TracedCall,
} from './try-calls.ts'

export interface SeenCall {
  readonly setting: CallSetting
  readonly seen: Outcome
  readonly unsteady: Unsteady
  /** Where it came in the body; null: not known. */
  readonly points: ReadonlySet<number> | null
}

export interface ChosenCall extends SeenCall {
  /** Mutants that it was chosen for. */
  readonly notices: readonly Mutant[]
  /** What it answers under them. */
  readonly others: readonly Outcome[]
}

/** A constraint of a table refuses for its own reason, not for one of the function. */
const isOfTable = (sqlstate: string): boolean => sqlstate.startsWith('23')

/** Whether a broken database answers otherwise: also where the function refuses for another reason. */
export const isOtherwise = ({ seen, unsteady }: SeenCall, other: Outcome): boolean =>
  isNoticed(seen, other, unsteady) ||
  (seen.fault !== null &&
    other.fault !== null &&
    seen.fault.sqlstate !== other.fault.sqlstate &&
    !isOfTable(seen.fault.sqlstate) &&
    !isInconclusive(other.fault))

/** How much a call shows: something answered or left before nothing, nothing before a refusal. */
export const promise = ({ seen }: SeenCall): number => {
  if (seen.fault) return 0
  const [answer, ...tables] = seen.tables
  const answers = (answer?.rows ?? []).flat().filter((value) => value !== null && value !== '').length
  const leaves = tables.filter((one) => one.rows.length > 0 || one.fewer !== 0).length
  return 1 + Math.min(answers, 4) + 4 * leaves
}

/** Calls of one round that each broken form is put to, and statements that may take in all. */
const mostTried = 72
const leastLooked = 6
const mostStatements = 2_500

/** Statements of one call: those that lay its rows, and those that call and look; a slow one counts for many. */
const weightOf = ({ given }: CallSetting, patience: number): number =>
  (4 + Object.values(given).flat().length) * patience

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
    return i < leastLooked || spent <= most
  })
}

/** PostgreSQL could not even read the call: nothing of the function ran. */
const isMisspelt = ({ fault }: Outcome): boolean =>
  fault !== null && fault.context === null && /^(?:42(?!501)|22P02|22007)/u.test(fault.sqlstate)

/** Calls that are looked at before the time is. */
const lookedAtAtOnce = 12

/** Once plainly, once telling where it came; once more plainly where telling changes what it answers. */
const lookTwice = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
  trace: Trace | null,
): Promise<readonly { readonly one: Outcome | null; readonly two: TracedCall | null }[]> => {
  const asItIs = { ddl: [] }
  if (trace === null) {
    const [one, two] = await tryCalls(lab, settings, shape, [asItIs, asItIs], 'short')
    return settings.map((_, i) => {
      const outcome = two?.[i] ?? null
      return { one: one?.[i] ?? null, two: outcome && { outcome, points: null } }
    })
  }
  const [one] = await tryCalls(lab, settings, shape, [asItIs], 'short')
  const traced = await traceCalls(lab, settings, shape, trace)
  const isOther = settings.map((_, i) => {
    const told = traced[i]
    return !told || told.outcome.fault?.sqlstate !== one?.[i]?.fault?.sqlstate
  })
  const others = settings.filter((_, i) => isOther[i])
  const [again] = others.length === 0 ? [] : await tryCalls(lab, others, shape, [asItIs], 'short')
  return settings.map((setting, i) => {
    const outcome = isOther[i] ? (again?.[others.indexOf(setting)] ?? null) : null
    return { one: one?.[i] ?? null, two: isOther[i] ? outcome && { outcome, points: null } : traced[i]! }
  })
}

/** What is the same twice, in turns: the first of all that are seen alike, the second of them, and so on. */
export const lookAtCalls = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
  trace: Trace | null = null,
): Promise<readonly SeenCall[]> => {
  const looked: Awaited<ReturnType<typeof lookTwice>>[number][] = []
  for (let from = 0; from < settings.length; from += lookedAtAtOnce) {
    if (from > 0 && isOutOfTime(lab)) break
    looked.push(...(await lookTwice(lab, settings.slice(from, from + lookedAtAtOnce), shape, trace)))
  }
  const alike = new Map<string, number>()
  const found: { readonly call: SeenCall; readonly turn: number }[] = []
  for (const [i, { one: seen, two }] of looked.entries()) {
    if (!seen?.ran || !two?.outcome.ran || seen.fault?.sqlstate !== two.outcome.fault?.sqlstate) continue
    if (isMisspelt(seen)) continue
    const unsteady = unsteadyOf(seen, two.outcome, lab.day)
    if (unsteady === null) continue
    const { points } = two
    const key = JSON.stringify([
      seen.fault?.message ?? null,
      seen.tables,
      points && [...points].toSorted((a, b) => a - b),
    ])
    const turn = alike.get(key) ?? 0
    alike.set(key, turn + 1)
    found.push({ call: { setting: settings[i]!, seen, unsteady, points }, turn })
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

/** Most broken forms are noticed by the first calls that come where they are broken: each is put to a few at a time. */
const slices = [1, 2, 4, 8, 16, mostTried]

/** The calls that notice most come first; of equals the earlier one. `patience`: how much a call costs beside a plain one. */
export const chooseCalls = async (
  lab: CallLaboratory,
  calls: readonly SeenCall[],
  shape: CallShape,
  mutants: readonly Mutant[],
  { patience = 1, trace = null }: { readonly patience?: number; readonly trace?: Trace | null } = {},
): Promise<CallChoice> => {
  const settings = calls.map((one) => one.setting)
  const tells = calls.map(() => new Map<Mutant, Outcome>())
  const stillborn = new Set<Mutant>()
  let spent = 0
  let open = mutants.map((mutant) => ({ mutant, calls: reaching(calls, mutant, trace).slice(0, mostTried) }))
  for (const slice of slices) {
    const trials = open.flatMap((one) => {
      const now = one.calls.slice(0, slice)
      return now.length === 0 ? [] : [{ mutant: one.mutant, ddl: one.mutant.ddl, calls: now }]
    })
    if (trials.length === 0 || (slice > slices[0]! && (spent > mostStatements || isOutOfTime(lab)))) break
    const outcomes = await tryTrials(lab, settings, shape, trials, 'short')
    const noticed = new Set<Mutant>()
    for (const [t, trial] of trials.entries()) {
      const answers = outcomes[t]
      if (!answers) {
        stillborn.add(trial.mutant)
        continue
      }
      for (const [i, n] of trial.calls.entries()) {
        const [one, other] = [calls[n]!, answers[i]]
        spent += weightOf(one.setting, patience)
        if (!other || !isOtherwise(one, other)) continue
        tells[n]!.set(trial.mutant, other)
        noticed.add(trial.mutant)
      }
    }
    open = open
      .filter(({ mutant }) => !noticed.has(mutant) && !stillborn.has(mutant))
      .map((one) => ({ ...one, calls: one.calls.slice(slice) }))
  }
  return { chosen: cover(calls, tells), spent, stillborn: [...stillborn].map(({ id }) => id) }
}

/** Calls that come where it is broken: in turns one of those under which it goes this way there, and that way. */
const reaching = (calls: readonly SeenCall[], mutant: Mutant, trace: Trace | null): readonly number[] => {
  const place = trace?.placeOf(mutant) ?? null
  if (place === null || place.reached.length === 0) return calls.map((_, n) => n)
  const ways = new Map<string, number>()
  const found: { readonly n: number; readonly turn: number }[] = []
  for (const [n, { points }] of calls.entries()) {
    if (points !== null && !place.reached.some((point) => points.has(point))) continue
    const way = points === null ? '' : place.points.filter((point) => points.has(point)).join(' ')
    const turn = ways.get(way) ?? 0
    ways.set(way, turn + 1)
    found.push({ n, turn })
  }
  return found.toSorted((a, b) => a.turn - b.turn).map(({ n }) => n)
}

const cover = (
  calls: readonly SeenCall[],
  tells: readonly ReadonlyMap<Mutant, Outcome>[],
): readonly ChosenCall[] => {
  const left = new Set(tells.flatMap((told) => [...told.keys()]))
  const chosen: ChosenCall[] = []
  while (left.size > 0) {
    const counted = tells.map((told) => [...told.keys()].filter((mutant) => left.has(mutant)))
    const most = Math.max(...counted.map((notices) => notices.length))
    const at = counted.findIndex((notices) => notices.length === most)
    const notices = counted[at]!
    for (const mutant of notices) left.delete(mutant)
    chosen.push({ ...calls[at]!, notices, others: notices.map((mutant) => tells[at]!.get(mutant)!) })
  }
  return chosen
}
