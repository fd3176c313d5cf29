/** Runs a statement outside of any transaction: noted in the journal before and after, and tidied up when it fails. */
import { AssayError } from '../../ground/errors.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import type { MigrationStep } from '../files/steps.ts'
import { parseStatement } from '../files/transaction-need.ts'
import { aloneKinds, unknownKind } from './alone/kinds.ts'
import type { AloneKind, AloneNote, Outcome } from './alone/alone-kind.ts'
import { stepAgainSql, stepBegunSql } from './journal-sql.ts'

interface Alone {
  readonly kind: AloneKind
  readonly content: Readonly<Record<string, unknown>>
}

const aloneOf = (step: MigrationStep): Alone => {
  const [node = '', content = {}] = parseStatement(step.text) ?? []
  return { kind: aloneKinds.find((kind) => kind.fits(node, content)) ?? unknownKind, content }
}

const unknownOutcome = (name: string, step: MigrationStep, look: string): AssayError =>
  new AssayError(`It is not known whether statement ${step.number} of ${name} was done.`, {
    code: 'migrate.unknown-outcome',
    exit: 4,
    asked: (step.text.split('\n')[0] ?? '').slice(0, 100),
    found: 'a run that ended while it was running, outside of a transaction',
    why: 'run a second time it might do harm, left out it might be missing',
    mend: `Look ${look}. Then say one of the two, and run again:\n${shellCommand('assay', 'migrate', 'resolve', name, '--as', 'step-done')} --url …\n${shellCommand('assay', 'migrate', 'resolve', name, '--as', 'step-undone')} --url …\nA statement that may run twice says so: \`-- assay: rerunnable\` above it.`,
  })

/** After a run that died within the step: is it done, or is it to run again? Throws AssayError when nobody can tell. */
export const settleStep = async (
  db: Session,
  name: string,
  step: MigrationStep,
  note: AloneNote,
): Promise<Exclude<Outcome, { readonly is: 'unknown' }>> => {
  const { kind, content } = aloneOf(step)
  const outcome: Outcome = await kind.settle(db, content, note)
  if (outcome.is !== 'unknown') return outcome
  if (step.isRerunnable) return { is: 'again' }
  throw unknownOutcome(name, step, outcome.look)
}

/** Answers what PostgreSQL refused; null when it is done. The journal knows that it began, and nothing more. */
export const runAlone = async (
  db: Session,
  name: string,
  step: MigrationStep,
  setsLockTimeout: boolean,
): Promise<PgFault | null> => {
  const { kind, content } = aloneOf(step)
  const note = await kind.prepare(db, content)
  await db.query(stepBegunSql(name, step.number, note))
  const isPatient = kind.isPatient === true && !setsLockTimeout
  const [before] = isPatient
    ? await db.json<{ value: string }>(`select pg_catalog.current_setting('lock_timeout') as value`)
    : []
  if (isPatient) await db.query('set lock_timeout = 0')
  const [reply] = await db.batch([step.text])
  if (before !== undefined) await db.query(`set lock_timeout = '${before.value}'`)
  const fault = reply?.fault ?? null
  if (fault === null) return null
  // What it left is taken away at once: it would be in the way of the next try, and of writes until then.
  const outcome = await kind.settle(db, content, note)
  if (outcome.is === 'again' || (outcome.is === 'unknown' && step.isRerunnable))
    await db.query(stepAgainSql(name))
  return fault
}
