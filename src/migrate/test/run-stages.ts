/**
 * Runs the stages of a migration's script, each in a session of its own as a runner does that goes on after a crash; and
 * stops inside of one as a kill does: the connection is cut and the open transaction lost.
 */
import { PgError, type PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { isSessionSetting } from '../files/session-settings.ts'
import type { MigrationStep, Stage } from '../files/steps.ts'

/** A statement that PostgreSQL refused; the last one when it was the commit. */
export interface Refusal {
  readonly fault: PgFault
  readonly step: MigrationStep
}

/** A script has looked at the rows, and says by itself that it will not: nothing is lost. */
export const isByDesign = ({ fault }: Refusal): boolean =>
  fault.routine === 'exec_stmt_raise' && fault.sqlstate === '23514'

export type OpenSession = () => Promise<Session>

/** Roles belong to the whole server: another clone may have them already, or hold on to them still. */
const ofRoles = /^(?:create|drop)\s+(?:role|user|group)\b/iu
const roleElsewhere = new Set(['42710', '42704', '2BP01', '23505'])

const attempt = async (db: Session, step: MigrationStep): Promise<PgFault | null> => {
  if (step.copyData === null) return (await db.batch([step.text]))[0]!.fault
  try {
    await db.copyIn(step.text, step.copyData)
    return null
  } catch (cause) {
    if (cause instanceof PgError) return cause.fault
    throw cause
  }
}

const runStep = async (db: Session, step: MigrationStep, isInside: boolean): Promise<PgFault | null> => {
  if (!ofRoles.test(step.text)) return attempt(db, step)
  if (isInside) await db.query('savepoint assay_role')
  const fault = await attempt(db, step)
  if (isInside) await db.query(`${fault ? 'rollback to' : 'release'} savepoint assay_role`)
  return fault !== null && roleElsewhere.has(fault.sqlstate) ? null : fault
}

/** `upTo`: how many steps of the stage. Leaves a transaction open when it is not the last. */
const runSteps = async (db: Session, stage: Stage, upTo = stage.steps.length): Promise<Refusal | null> => {
  if (stage.begin !== null) await db.query(stage.begin)
  for (const step of stage.steps.slice(0, upTo)) {
    const fault = await runStep(db, step, stage.begin !== null)
    if (fault !== null) {
      if (stage.begin !== null) await db.batch(['rollback'])
      return { fault, step }
    }
  }
  return null
}

/** One stage, committed. */
const runStage = async (db: Session, stage: Stage): Promise<Refusal | null> => {
  const refusal = await runSteps(db, stage)
  if (refusal !== null || stage.begin === null) return refusal
  const [reply] = await db.batch(['commit'])
  return reply!.fault === null ? null : { fault: reply!.fault, step: stage.steps.at(-1)! }
}

const withSession = async <T>(open: OpenSession, work: (db: Session) => Promise<T>): Promise<T> => {
  const db = await open()
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

/** All of them in one session. Answers the first refusal; what was committed before it stays. */
export const runStages = (open: OpenSession, stages: readonly Stage[]): Promise<Refusal | null> =>
  withSession(open, async (db) => {
    for (const stage of stages) {
      const refusal = await runStage(db, stage)
      if (refusal !== null) return refusal
    }
    return null
  })

/** What earlier stages set for the session: a run that goes on in another one makes it again. */
const setAgain = async (db: Session, stages: readonly Stage[], stage: Stage): Promise<void> => {
  const earlier = stages.filter(({ number }) => number < stage.number).flatMap(({ steps }) => steps)
  for (const { text } of earlier.filter(isSessionSetting)) await db.batch([text])
}

/** One of the stages in a session of its own. */
export const runStageAlone = (
  open: OpenSession,
  stages: readonly Stage[],
  stage: Stage,
): Promise<Refusal | null> =>
  withSession(open, async (db) => {
    await setAgain(db, stages, stage)
    return runStage(db, stage)
  })

/** Runs the first steps of a stage and cuts the connection. A refusal is left to the run that goes through. */
export const stopInside = (
  open: OpenSession,
  stages: readonly Stage[],
  stage: Stage,
  after: number,
): Promise<unknown> =>
  withSession(open, async (db) => {
    await setAgain(db, stages, stage)
    return runSteps(db, stage, after)
  })
