/**
 * Runs experiments in rolled-back transactions, many messages in one write (trial-messages.ts). What was cut short by a
 * machine that stood still is asked once more.
 */
import type { PgFault } from '../postgres/fault.ts'
import type { Session } from '../postgres/session.ts'
import { sequenceStepsOn } from '../rows/sequence-steps.ts'
import type { Experiment } from '../rules/experiment.ts'
import { isInconclusive } from './judge.ts'
import { shutOutRoles } from './shut-out.ts'
import { sharedDdl, type SharedDdl } from './shared-ddl.ts'
import {
  layingMessage,
  messagesApart,
  messagesOf,
  messagesOnLaid,
  sharedMessage,
  type MessageWishes,
  type Trial,
  type TrialMessages,
  type TrialOutcome,
} from './trial-messages.ts'

export { type Trial, type TrialOutcome } from './trial-messages.ts'

/** A trial's messages and its place; null: what they stand on. */
interface Asked {
  readonly at: number | null
  readonly messages: TrialMessages
}

const ask = async (db: Session, all: readonly Asked[]): Promise<ReadonlyMap<number, TrialOutcome>> => {
  const replies = await db.batch([...all.flatMap(({ messages }) => messages.texts), 'rollback'])
  const outcomes = new Map<number, TrialOutcome>()
  let from = 0
  for (const { at, messages } of all) {
    const own = replies.slice(from, (from += messages.texts.length))
    const outcome = at === null ? null : messages.read(own)
    if (at !== null && outcome !== null) outcomes.set(at, outcome)
  }
  return outcomes
}

/** Trials that may stand on one laid world, by its statements; a world that serves one alone is laid as ever. */
const onOneWorld = (trials: readonly Trial[]): readonly (readonly number[])[] => {
  const groups = new Map<readonly string[], number[]>()
  for (const [at, { laidFirst }] of trials.entries()) {
    if (!laidFirst) continue
    const group = groups.get(laidFirst.statements)
    if (group) group.push(at)
    else groups.set(laidFirst.statements, [at])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

const standing = (text: string): Asked => ({ at: null, messages: { texts: [text], read: () => null } })

const messagesOfAll = (trials: readonly Trial[], wishes: MessageWishes): readonly Asked[] => {
  const groups = onOneWorld(trials)
  const grouped = new Set(groups.flat())
  const alone = trials.flatMap((trial, at) =>
    grouped.has(at) ? [] : [{ at, messages: messagesOf(trial, wishes) }],
  )
  const ddlOf = (at: number): readonly string[] => trials[at]!.ddlOnLaid ?? trials[at]!.ddl
  const onLaid = ({ trials: own, below }: SharedDdl<number>, depth: number): readonly Asked[] => [
    ...own.map(({ trial: at, rest }): Asked => {
      const left = depth === 0 ? ddlOf(at) : rest
      return { at, messages: messagesOnLaid(trials[at]!, wishes, { depth, left }) }
    }),
    ...below.flatMap((one) => [standing(sharedMessage(one.ddl, depth, wishes)), ...onLaid(one, depth + 1)]),
  ]
  const together = groups.flatMap((group): readonly Asked[] => [
    standing(layingMessage(trials[group[0]!]!.laidFirst!, wishes)),
    ...onLaid(sharedDdl(group, ddlOf), 0),
  ])
  return [...alone, ...together]
}

/** What statements may take after DDL. */
interface Bounds {
  readonly timeout: string | null
  readonly stack: string | null
}

const unbounded: Bounds = { timeout: null, stack: null }

const runOnce = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  { timeout: patience, stack }: Bounds = unbounded,
): Promise<readonly TrialOutcome[]> => {
  const asksAs = trials.some(({ experiments }) => experiments.some((one) => one.as !== undefined))
  const wishes: MessageWishes = {
    owner,
    patience,
    stack,
    sequences: sequenceStepsOn(db),
    ...(asksAs ? { shutOut: await shutOutRoles(db) } : {}),
  }
  const outcomes = await ask(db, messagesOfAll(trials, wishes))
  const unread = trials.flatMap((trial, at) =>
    outcomes.has(at) ? [] : [{ at, messages: messagesApart(trial, wishes) }],
  )
  const apart = unread.length === 0 ? null : await ask(db, unread)
  return trials.map((_, at) => outcomes.get(at) ?? apart!.get(at)!)
}

/** Out of time, or, where little of it was given, out of stack. */
const isCutShort = (fault: PgFault | null, { stack }: Bounds): boolean =>
  isInconclusive(fault) || (stack !== null && fault?.sqlstate === '54001')

/** The first experiment that said nothing, or -1: the trial's DDL did; null: everything was answered. */
const firstCutShort = ({ ddlFault, observations }: TrialOutcome, bounds: Bounds): number | null => {
  if (isInconclusive(ddlFault)) return -1
  const at = observations.findIndex(({ fault }) => isCutShort(fault, bounds))
  return at < 0 ? null : at
}

/**
 * A machine that stood still, or two sessions that met in the catalog, cut short what would have been answered: asked
 * once more alone. A statement that truly hangs does so again, and costs its time-out twice, not once an experiment.
 */
const askedAgain = async (
  db: Session,
  owner: string,
  trial: Trial,
  outcome: TrialOutcome,
  patience: Patience | null,
): Promise<TrialOutcome> => {
  const at = firstCutShort(outcome, { timeout: null, stack: patience?.stack ?? null })
  if (at === null) return outcome
  const alone = { ddl: trial.ddl, experiments: at < 0 ? [] : [trial.experiments[at]!] }
  const bounds = { timeout: at < 0 ? null : (patience?.alone ?? null), stack: null }
  const [again] = await runOnce(db, owner, [alone], bounds)
  // It runs out of all the stack, too: that the others run out of little is taken for the same.
  const isDeep = again!.observations[0]?.fault?.sqlstate === '54001'
  return isDeep || firstCutShort(again!, bounds) !== null ? outcome : (await runOnce(db, owner, [trial]))[0]!
}

/** A PL/pgSQL function met a record whose column had another type when its session made the plans that it keeps. */
const isOfKeptPlan = (fault: PgFault | null): boolean =>
  fault !== null &&
  ((fault.sqlstate === '42804' && (fault.routine ?? '').startsWith('plpgsql_param_eval_')) ||
    (fault.sqlstate === '0A000' && fault.routine === 'RevalidateCachedQuery'))

const isOnKeptPlans = ({ observations }: TrialOutcome): boolean =>
  observations.some(({ fault }) => isOfKeptPlan(fault))

/**
 * What a type that was changed and taken back leaves in a session is no answer: the plans are forgotten, and what met
 * them is asked anew.
 */
const onFreshPlans = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  bounds: Bounds,
): Promise<readonly TrialOutcome[]> => {
  if (!outcomes.some(isOnKeptPlans)) return outcomes
  const fresh: TrialOutcome[] = []
  for (const [i, trial] of trials.entries()) {
    let outcome = outcomes[i]!
    for (let tries = 0; tries < 2 && isOnKeptPlans(outcome); tries++) {
      // The last one that was asked may have made the plans anew already.
      if (tries > 0) await db.query('discard plans')
      outcome = (await runOnce(db, owner, [trial], bounds))[0]!
    }
    fresh.push(outcome)
  }
  return fresh
}

/** How long one statement may take after DDL: a broken loop may never end. Null: the session's time-out. */
export interface Patience {
  readonly first: string
  /** When it is asked again. */
  readonly alone: string
  /** How deep calls may go the first time: one that never ends costs as much as it is let; null: as the session says. */
  readonly stack: string | null
}

/** Runs every trial on one session, in one write; `owner` is the role that DDL runs as. Nothing is left behind. */
export const runTrials = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  patience: Patience | null = null,
): Promise<readonly TrialOutcome[]> => {
  const bounds = { timeout: patience?.first ?? null, stack: patience?.stack ?? null }
  const first = await runOnce(db, owner, trials, bounds)
  const outcomes = [...(await onFreshPlans(db, owner, trials, first, bounds))]
  for (const [i, trial] of trials.entries())
    outcomes[i] = await askedAgain(db, owner, trial, outcomes[i]!, patience)
  return outcomes
}

/** One trial, for callers that have only one. */
export const runExperiments = async (
  db: Session,
  owner: string,
  ddl: readonly string[],
  experiments: readonly Experiment[],
): Promise<TrialOutcome> => (await runTrials(db, owner, [{ ddl, experiments }]))[0]!
