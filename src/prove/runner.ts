/**
 * Runs experiments in rolled-back transactions, many messages in one write (trial-messages.ts). What was cut short by a
 * machine that stood still is asked once more.
 */
import type { Session } from '../postgres/session.ts'
import type { Experiment } from '../rules/experiment.ts'
import { isInconclusive } from './judge.ts'
import {
  messagesApart,
  messagesOf,
  type MessageWishes,
  type Trial,
  type TrialMessages,
  type TrialOutcome,
} from './trial-messages.ts'

export { becomeAsker, type Trial, type TrialOutcome } from './trial-messages.ts'

const ask = async (db: Session, all: readonly TrialMessages[]): Promise<readonly (TrialOutcome | null)[]> => {
  const replies = await db.batch([...all.flatMap(({ texts }) => texts), 'rollback'])
  let from = 0
  return all.map(({ texts, read }) => read(replies.slice(from, (from += texts.length))))
}

const runOnce = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  patience: string | null = null,
): Promise<readonly TrialOutcome[]> => {
  const wishes: MessageWishes = { owner, patience }
  const outcomes = await ask(
    db,
    trials.map((trial) => messagesOf(trial, wishes)),
  )
  const unread = trials.filter((_, i) => outcomes[i] === null)
  const apart =
    unread.length === 0
      ? []
      : await ask(
          db,
          unread.map((trial) => messagesApart(trial, wishes)),
        )
  return outcomes.map((outcome, i) => outcome ?? apart[unread.indexOf(trials[i]!)]!)
}

/** The first experiment that said nothing, or -1: the trial's DDL did; null: everything was answered. */
const firstCutShort = ({ ddlFault, observations }: TrialOutcome): number | null => {
  if (isInconclusive(ddlFault)) return -1
  const at = observations.findIndex(({ fault }) => isInconclusive(fault))
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
  const at = firstCutShort(outcome)
  if (at === null) return outcome
  const alone = { ddl: trial.ddl, experiments: at < 0 ? [] : [trial.experiments[at]!] }
  const [again] = await runOnce(db, owner, [alone], at < 0 ? null : (patience?.alone ?? null))
  return firstCutShort(again!) === null ? (await runOnce(db, owner, [trial]))[0]! : outcome
}

/** How long one statement may take after DDL: a broken loop may never end. Null: the session's time-out. */
export interface Patience {
  readonly first: string
  /** When it is asked again. */
  readonly alone: string
}

/** Runs every trial on one session, in one write; `owner` is the role that DDL runs as. Nothing is left behind. */
export const runTrials = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  patience: Patience | null = null,
): Promise<readonly TrialOutcome[]> => {
  const outcomes = [...(await runOnce(db, owner, trials, patience?.first ?? null))]
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
