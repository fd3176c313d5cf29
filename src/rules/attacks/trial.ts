/**
 * Asks PostgreSQL before an expectation is written: statements run on the context's empty clone, each from the
 * same world, and are taken back. Under it the session; over it the kinds of rule whose experiments need to know.
 */
import type { PgFault } from '../../postgres/fault.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import { attemptOn } from '../../rows/desk.ts'
import type { Asker, World } from '../experiment.ts'
import { becoming } from '../becoming.ts'

export interface Trial {
  readonly as?: Asker
  readonly given?: readonly string[]
  readonly when: readonly string[]
}

/** What PostgreSQL did: `ran` is false when the world or what was given already failed. */
export interface TrialAnswer {
  readonly ran: boolean
  readonly fault: PgFault | null
  readonly affected: number
  readonly rows: readonly (readonly (string | null)[])[]
}

const marker = 'assay_trial_when'

const message = (trial: Trial): string =>
  [
    ...(trial.given ?? []),
    ...(trial.as ? becoming(trial.as) : []),
    `select 1 as ${marker}`,
    ...trial.when,
    'set constraints all immediate',
  ].join(';\n')

const answer = ({ commands, fault }: Reply): TrialAnswer => {
  const start = commands.findIndex((c) => c.columns[0] === marker)
  if (start < 0) return { ran: false, fault, affected: 0, rows: [] }
  const last = commands.slice(start + 1).at(fault ? -1 : -2)
  return { ran: true, fault, affected: Number(last?.tag.match(/(\d+)$/u)?.[1] ?? 0), rows: last?.rows ?? [] }
}

/** Runs every trial from the same world; nothing is left behind. */
export const tryAll = async (
  db: Session,
  world: Pick<World, 'statements'>,
  trials: readonly Trial[],
): Promise<readonly TrialAnswer[]> => {
  if (trials.length === 0) return []
  const { statements } = world
  const { laid, replies } = await attemptOn(
    db,
    statements.length === 0 ? [] : [statements.join(';\n')],
    trials.map(message),
  )
  const worldFault = laid.find((reply) => reply.fault !== null)?.fault
  return replies.map((reply) =>
    worldFault ? { ran: false, fault: worldFault, affected: 0, rows: [] } : answer(reply),
  )
}

/** One trial. */
export const tryOut = async (
  db: Session,
  world: Pick<World, 'statements'>,
  trial: Trial,
): Promise<TrialAnswer> => (await tryAll(db, world, [trial]))[0]!

/** Whether PostgreSQL took it. */
export const isTaken = (answered: TrialAnswer): boolean => answered.ran && answered.fault === null
