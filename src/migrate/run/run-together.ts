/** Runs a stage in its transaction, together with what the journal says of it: both stand, or neither does. */
import type { PgFault } from '../../postgres/fault.ts'
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import type { MigrationStep } from '../files/steps.ts'

export interface StageRefusal {
  readonly fault: PgFault
  readonly step: MigrationStep
}

/** Whoever the script has become, the journal is written by who runs it; the end of the transaction puts it back. */
const asRunner = 'set local session authorization default;\nset local role none;\n'

const copyRows = async (db: Session, step: MigrationStep): Promise<PgFault | null> => {
  try {
    await db.copyIn(step.text, step.copyData ?? '')
    return null
  } catch (cause) {
    if (cause instanceof PgError) return cause.fault
    throw cause
  }
}

/** Statements travel in one write: after a refusal PostgreSQL runs none of the others. */
const runSteps = async (db: Session, steps: readonly MigrationStep[]): Promise<StageRefusal | null> => {
  for (let from = 0; from < steps.length;) {
    const step = steps[from]
    if (step === undefined) break
    if (step.copyData !== null) {
      const fault = await copyRows(db, step)
      if (fault !== null) return { fault, step }
      from += 1
      continue
    }
    const next = steps.findIndex((other, index) => index > from && other.copyData !== null)
    const stretch = steps.slice(from, next < 0 ? steps.length : next)
    const replies = await db.batch(stretch.map(({ text }) => text))
    for (const [index, { fault }] of replies.entries()) {
      const refused = stretch[index]
      if (fault !== null && refused !== undefined) return { fault, step: refused }
    }
    from += stretch.length
  }
  return null
}

/**
 * `journal`: what is written with it. Rolled back when it is refused. `lockTimeoutMs`: for this transaction; null: as the
 * session has it.
 */
export const runTogether = async (
  db: Session,
  begin: string,
  lockTimeoutMs: number | null,
  steps: readonly MigrationStep[],
  journal: string,
): Promise<StageRefusal | null> => {
  const last = steps.at(-1)
  if (last === undefined) return null
  const begun = await db.batch([
    begin,
    ...(lockTimeoutMs === null ? [] : [`set local lock_timeout = ${lockTimeoutMs}`]),
  ])
  const refused = begun.find((reply) => reply.fault !== null)?.fault
  if (refused) return { fault: refused, step: last }
  const refusal = await runSteps(db, steps)
  if (refusal !== null) {
    await db.query('rollback')
    return refusal
  }
  // Deferred constraints are looked at here: the stage is what fails.
  const replies = await db.batch([asRunner + journal, 'commit'])
  const fault = replies.map((reply) => reply.fault).find((one) => one !== null)
  return fault === undefined ? null : { fault, step: last }
}
