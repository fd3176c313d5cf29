/**
 * A trial as messages to PostgreSQL, and what their replies say. A transaction: begin, DDL and the first world in one
 * message; then one message per experiment, each back to its world's savepoint. A trial of one experiment is one message.
 * Trials whose world may be laid before their DDL share the transaction, too: each goes back to the world, then to its DDL.
 */
import type { PgFault } from '../postgres/fault.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Command, Reply } from '../postgres/session.ts'
import type { SequenceSteps } from '../rows/sequence-steps.ts'
import type { Asker, Experiment, World } from '../rules/experiment.ts'
import type { Observation } from './result.ts'
import { bySetUp } from './set-up.ts'
import { changesWhoMayName, forgetPlans } from './shut-out.ts'
import { becoming } from '../rules/becoming.ts'

/** DDL to run first (none: the database as it is), and what to try then. */
export interface Trial {
  readonly ddl: readonly string[]
  readonly experiments: readonly Experiment[]
  /** The world of all of them, where it may be laid before the DDL (laid-first.ts); null or absent: it is laid after it. */
  readonly laidFirst?: World | null
  /** What of the DDL is to run on that; absent: all of it. */
  readonly ddlOnLaid?: readonly string[]
}

export interface TrialOutcome {
  /** PostgreSQL refused the DDL: nothing else of the trial ran. */
  readonly ddlFault: PgFault | null
  /** In the order of the experiments. */
  readonly observations: readonly Observation[]
}

export interface TrialMessages {
  readonly texts: readonly string[]
  /** Null: its one message was not read by PostgreSQL, or not begun: nothing of it says anything; `apart` has to be asked. */
  readonly read: (replies: readonly Reply[]) => TrialOutcome | null
}

export interface MessageWishes {
  /** The role that DDL runs as. */
  readonly owner: string
  /** statement_timeout after DDL; null: the session's. */
  readonly patience: string | null
  /** max_stack_depth after DDL; null: the session's. */
  readonly stack: string | null
  /** Each experiment begins with sequences as its world left them; null or absent: none is drawn unseen. */
  readonly sequences?: SequenceSteps | null
  /** Roles for which plans are made anew, since what they may name is asked only then (shut-out.ts). */
  readonly shutOut?: ReadonlySet<string>
}

type Sequences = MessageWishes['sequences']

const whenMarker = 'assay_when'

/** Nothing stands between the world and the statements that are judged: no need to mark where those begin. */
const isBare = ({ given, as }: Experiment, sequences: Sequences): boolean =>
  given.length === 0 && as === undefined && !sequences

const plansAnew = ({ role }: Asker, { shutOut }: MessageWishes, { ddl }: Trial): boolean =>
  shutOut?.has(role) === true || changesWhoMayName(ddl)

/** `done`: how many of the statements that it begins with stand already. */
const experimentStatements = (
  experiment: Experiment,
  wishes: MessageWishes,
  trial: Trial,
  done = 0,
): readonly string[] => [
  ...(wishes.sequences ? [wishes.sequences.restore] : []),
  ...experiment.given.slice(done),
  ...(experiment.as && plansAnew(experiment.as, wishes, trial) ? [forgetPlans] : []),
  ...(experiment.as ? becoming(experiment.as) : []),
  ...(isBare(experiment, wishes.sequences) ? [] : [`select 1 as ${whenMarker}`]),
  ...experiment.when,
  'set constraints all immediate',
]

/** Checked here, so that a world that cannot be is told apart; rolled back, so that each constraint keeps its own timing. */
const checkStatements = [
  'savepoint assay_check',
  'set constraints all immediate',
  'rollback to savepoint assay_check',
]
const checkTags = ['SAVEPOINT', 'SET CONSTRAINTS', 'ROLLBACK']

const laying = (world: World, sequences: Sequences): readonly string[] => [
  ...(sequences ? [sequences.restart] : []),
  ...world.statements,
  ...checkStatements,
  ...(sequences ? [sequences.keep] : []),
]

const worldStatements = (world: World, sequences: Sequences): readonly string[] => [
  ...laying(world, sequences),
  'savepoint assay_world',
]

const message = (statements: readonly string[]): string => statements.join(';\n')

const asOwner = (ddl: readonly string[], { owner }: MessageWishes): readonly string[] =>
  ddl.length === 0 ? [] : [`set local role ${ident(owner)}`, ...ddl, 'set local role none']

/** `left`: what of its DDL has not run yet. */
const ddlStatements = (trial: Trial, wishes: MessageWishes, left = trial.ddl): readonly string[] => [
  ...asOwner(left, wishes),
  ...(trial.ddl.length === 0 || wishes.patience === null
    ? []
    : [`set local statement_timeout = ${literal(wishes.patience)}`]),
  ...(trial.ddl.length === 0 || wishes.stack === null
    ? []
    : [`set local max_stack_depth = ${literal(wishes.stack)}`]),
  'savepoint assay_start',
]

/** What was left open by the trial before it ends here: one message less. */
const beginning = (trial: Trial, wishes: MessageWishes): readonly string[] => [
  'rollback',
  'begin',
  ...ddlStatements(trial, wishes),
]

const affectedBy = (command: Command | undefined): number => {
  const count = command?.tag.match(/(\d+)$/u)?.[1]
  return count === undefined ? 0 : Number(count)
}

const inVain = (fault: PgFault): Observation => ({ fault, stage: 'world', affected: 0, rows: [] })

/** The first command is the return to the world. */
const observe = (experiment: Experiment, { commands, fault }: Reply, sequences: Sequences): Observation => {
  const marker = isBare(experiment, sequences)
    ? Math.min(0, commands.length - 1)
    : commands.findIndex((c) => c.columns[0] === whenMarker)
  if (marker < 0) return { fault, stage: 'given', affected: 0, rows: [] }
  const answers = commands.slice(marker + 1)
  // Without a fault the last command is SET CONSTRAINTS; the one before it is the statement that is judged.
  const last = fault ? answers.at(-1) : answers.at(-2)
  return { fault, stage: 'when', affected: affectedBy(last), rows: last?.rows ?? [] }
}

/** Where the savepoint after the DDL was reached; -1: the DDL was refused. */
const startOf = ({ commands }: Reply): number => commands.findIndex(({ tag }) => tag === 'SAVEPOINT')

/** Where the world was left as it is to be; -1: it was refused. */
const worldEndOf = ({ commands }: Reply, start: number): number => {
  const at = commands.findIndex(
    (_, i) => i > start && checkTags.every((tag, n) => commands[i + n]?.tag === tag),
  )
  return at < 0 ? -1 : at + checkTags.length - 1
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

/** Where the replies to one experiment are, and to what it begins with where several do; counted from the messages of all. */
interface Place {
  readonly at: number
  readonly setUp: number | null
}

/** One message per experiment on a savepoint, and one for what several of them begin with. */
const messagesOn = (
  savepoint: string,
  trial: Trial,
  indexes: readonly number[],
  wishes: MessageWishes,
): { readonly texts: readonly string[]; readonly places: ReadonlyMap<number, Place> } => {
  const { experiments } = trial
  const texts: string[] = []
  const places = new Map<number, Place>()
  for (const { statements, indexes: own } of bySetUp(experiments, indexes)) {
    const isShared = statements.length > 0
    const setUp = isShared ? texts.length : null
    if (isShared)
      texts.push(message([`rollback to savepoint ${savepoint}`, ...statements, 'savepoint assay_set_up']))
    for (const i of own) {
      places.set(i, { at: texts.length, setUp })
      texts.push(
        message([
          `rollback to savepoint ${isShared ? 'assay_set_up' : savepoint}`,
          ...experimentStatements(experiments[i]!, wishes, trial, statements.length),
        ]),
      )
    }
  }
  return { texts, places }
}

/** `replies`: those to the messages of `messagesOn`. */
const observeAt = (
  experiment: Experiment,
  { at, setUp }: Place,
  replies: readonly Reply[],
  sequences: Sequences,
): Observation => {
  const fault = setUp === null ? null : replies[setUp]!.fault
  return fault
    ? { fault, stage: 'given', affected: 0, rows: [] }
    : observe(experiment, replies[at]!, sequences)
}

/** One message per experiment, and those that lay what they stand on. */
export const messagesApart = (trial: Trial, wishes: MessageWishes): TrialMessages => {
  const { experiments } = trial
  const { sequences } = wishes
  const groups = [...byWorld(experiments)]
  const texts: string[] = []
  const worlds: { readonly at: number; readonly places: ReadonlyMap<number, Place> }[] = []
  for (const [n, [world, indexes]] of groups.entries()) {
    const head = n === 0 ? beginning(trial, wishes) : ['rollback to savepoint assay_start']
    const { texts: own, places } = messagesOn('assay_world', trial, indexes, wishes)
    worlds.push({ at: texts.length, places })
    texts.push(message([...head, ...worldStatements(world, sequences)]), ...own)
  }
  if (groups.length === 0) texts.push(message(beginning(trial, wishes)))
  return {
    texts,
    read(replies) {
      const [first] = replies
      const ddlFault = startOf(first!) < 0 ? first!.fault : null
      const observations = Array.from<Observation>({ length: experiments.length })
      for (const { at, places } of worlds) {
        const fault = ddlFault ?? replies[at]!.fault
        const own = replies.slice(at + 1)
        for (const [i, place] of places)
          observations[i] = fault ? inVain(fault) : observeAt(experiments[i]!, place, own, sequences)
      }
      return { ddlFault, observations }
    },
  }
}

/** What a world says of savepoints would be taken for what stands around it. */
const isPlain = ({ statements }: World): boolean => !statements.some((sql) => /savepoint/iu.test(sql))

/** One message where there is one experiment. */
export const messagesOf = (trial: Trial, wishes: MessageWishes): TrialMessages => {
  const [only, ...others] = trial.experiments
  if (!only || others.length > 0 || !isPlain(only.world)) return messagesApart(trial, wishes)
  const { sequences } = wishes
  const text = message([
    ...beginning(trial, wishes),
    ...laying(only.world, sequences),
    ...experimentStatements(only, wishes, trial),
  ])
  return {
    texts: [text],
    read([reply]) {
      const { commands, fault } = reply!
      // A message is read whole before any of it runs.
      if (fault && commands.length === 0) return null
      const start = startOf(reply!)
      if (start < 0) return { ddlFault: fault, observations: [inVain(fault!)] }
      const end = worldEndOf(reply!, start)
      if (end < 0) return { ddlFault: null, observations: [inVain(fault!)] }
      return {
        ddlFault: null,
        observations: [observe(only, { commands: commands.slice(end), fault }, sequences)],
      }
    },
  }
}

/** The world, and what of the DDL many trials begin with: so many times more of it. */
const laid = (depth: number): string => (depth === 0 ? 'assay_laid' : `assay_laid_${depth}`)

/** Begins a transaction for trials that stand on one world. Where it is refused, they are asked apart. */
export const layingMessage = (world: World, { sequences }: MessageWishes): string =>
  message(['rollback', 'begin', ...laying(world, sequences), `savepoint ${laid(0)}`])

/** DDL that trials begin with, on what is laid so deep; it is laid one deeper. Where it is refused, they are asked apart. */
export const sharedMessage = (ddl: readonly string[], depth: number, wishes: MessageWishes): string =>
  message([`rollback to savepoint ${laid(depth)}`, ...asOwner(ddl, wishes), `savepoint ${laid(depth + 1)}`])

/** A table that the world was laid into is in use: object_in_use. */
const inUse = '55006'

/** On a world that is laid already, and on what of its DDL is; one message where there is one experiment. */
export const messagesOnLaid = (
  trial: Trial,
  wishes: MessageWishes,
  { depth, left }: { readonly depth: number; readonly left: readonly string[] },
): TrialMessages => {
  const { experiments } = trial
  const { sequences } = wishes
  const head = [`rollback to savepoint ${laid(depth)}`, ...ddlStatements(trial, wishes, left)]
  const [only, ...others] = experiments
  const isOne = only !== undefined && others.length === 0
  const all = messagesOn('assay_start', trial, [...experiments.keys()], wishes)
  const texts = isOne
    ? [message([...head, ...experimentStatements(only, wishes, trial)])]
    : [message(head), ...all.texts]
  return {
    texts,
    read(replies) {
      const { commands, fault } = replies[0]!
      if (fault && (commands.length === 0 || fault.sqlstate === inUse)) return null
      const start = startOf(replies[0]!)
      if (start < 0) return { ddlFault: fault, observations: experiments.map(() => inVain(fault!)) }
      if (isOne)
        return {
          ddlFault: null,
          observations: [observe(only, { commands: commands.slice(start), fault }, sequences)],
        }
      const own = replies.slice(1)
      return {
        ddlFault: null,
        observations: experiments.map((e, i) => observeAt(e, all.places.get(i)!, own, sequences)),
      }
    },
  }
}
