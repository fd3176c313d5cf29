/**
 * Runs experiments in rolled-back transactions, many messages in one write. A transaction: begin and DDL; then per
 * world: back to the start, the world's rows; then one message per experiment, each back to the world's savepoint.
 */
import type { PgFault } from '../postgres/fault.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Command, Reply, Session } from '../postgres/session.ts'
import type { Asker, Experiment, World } from '../rules/experiment.ts'
import { isInconclusive } from './judge.ts'
import type { Observation } from './result.ts'

/** DDL to run first (none: the database as it is), and what to try then. */
export interface Trial {
  readonly ddl: readonly string[]
  readonly experiments: readonly Experiment[]
}

export interface TrialOutcome {
  /** PostgreSQL refused the DDL: nothing else of the trial ran. */
  readonly ddlFault: PgFault | null
  /** In the order of the experiments. */
  readonly observations: readonly Observation[]
}

const whenMarker = 'assay_when'

/** SET LOCAL statements for who asks; settings first, because the role may not be allowed to call set_config. */
export const becomeAsker = (asker: Asker): readonly string[] => [
  ...Object.entries(asker.settings).map(
    ([name, value]) => `select pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`,
  ),
  `set local role ${ident(asker.role)}`,
]

/** Nothing stands between the world and the statements that are judged: no need to mark where those begin. */
const isBare = ({ given, as }: Experiment): boolean => given.length === 0 && as === undefined

const experimentMessage = (experiment: Experiment): string =>
  [
    'rollback to savepoint assay_world',
    ...experiment.given,
    ...(experiment.as ? becomeAsker(experiment.as) : []),
    ...(isBare(experiment) ? [] : [`select 1 as ${whenMarker}`]),
    ...experiment.when,
    'set constraints all immediate',
  ].join(';\n')

const worldMessage = (world: World): string =>
  [
    'rollback to savepoint assay_start',
    ...world.statements,
    // Checked here, so that a world that cannot be is told apart; rolled back, so that each constraint keeps its own timing.
    'savepoint assay_check',
    'set constraints all immediate',
    'rollback to savepoint assay_check',
    'savepoint assay_world',
  ].join(';\n')

const affectedBy = (command: Command | undefined): number => {
  const count = command?.tag.match(/(\d+)$/u)?.[1]
  return count === undefined ? 0 : Number(count)
}

const observe = (experiment: Experiment, reply: Reply, worldFault: PgFault | null): Observation => {
  if (worldFault) return { fault: worldFault, stage: 'world', affected: 0, rows: [] }
  // The first command is the return to the world.
  const marker = isBare(experiment)
    ? Math.min(0, reply.commands.length - 1)
    : reply.commands.findIndex((c) => c.columns[0] === whenMarker)
  if (marker < 0) return { fault: reply.fault, stage: 'given', affected: 0, rows: [] }
  const answers = reply.commands.slice(marker + 1)
  // Without a fault the last command is SET CONSTRAINTS; the one before it is the statement that is judged.
  const last = reply.fault ? answers.at(-1) : answers.at(-2)
  return { fault: reply.fault, stage: 'when', affected: affectedBy(last), rows: last?.rows ?? [] }
}

const byWorld = (experiments: readonly Experiment[]): ReadonlyMap<World, readonly number[]> => {
  const groups = new Map<World, number[]>()
  experiments.forEach((experiment, index) => {
    const group = groups.get(experiment.world)
    if (group) group.push(index)
    else groups.set(experiment.world, [index])
  })
  return groups
}

const runOnce = async (
  db: Session,
  owner: string,
  trials: readonly Trial[],
  patience: string | null = null,
): Promise<readonly TrialOutcome[]> => {
  const messages: string[] = []
  const readers: ((replies: readonly Reply[]) => TrialOutcome)[] = []
  for (const trial of trials) {
    const start = messages.length
    const ddl =
      trial.ddl.length === 0 ? [] : [`set local role ${ident(owner)}`, ...trial.ddl, 'set local role none']
    const limit =
      patience === null || trial.ddl.length === 0
        ? []
        : [`set local statement_timeout = ${literal(patience)}`]
    messages.push(['begin', ...ddl, ...limit, 'savepoint assay_start'].join(';\n'))
    const groups = [...byWorld(trial.experiments)].map(([world, indexes]) => {
      const at = messages.length
      messages.push(worldMessage(world), ...indexes.map((i) => experimentMessage(trial.experiments[i]!)))
      return { at, indexes }
    })
    messages.push('rollback')
    readers.push((replies) => {
      const ddlFault = replies[start]!.fault
      const observations = Array.from<Observation>({ length: trial.experiments.length })
      for (const { at, indexes } of groups) {
        const worldFault = ddlFault ?? replies[at]!.fault
        indexes.forEach((i, n) => {
          observations[i] = observe(trial.experiments[i]!, replies[at + 1 + n]!, worldFault)
        })
      }
      return { ddlFault, observations }
    })
  }
  const replies = await db.batch(messages)
  return readers.map((read) => read(replies))
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
