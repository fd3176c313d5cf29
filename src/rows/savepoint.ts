/** Questions that leave nothing behind: every message starts from the same savepoint, whatever the one before did. */
import { AssayError } from '../ground/errors.ts'
import type { Reply, Session } from '../postgres/session.ts'

const outer = 'assay_rows'
const inner = 'assay_trial'

/** How values are printed must not depend on the session. */
const plainOutput = `set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
set local extra_float_digits = 1; set local bytea_output = 'hex'`

const insist = (opened: Reply | undefined): void => {
  if (!opened?.fault) return
  throw new AssayError('Rows are solved inside an open transaction that has not failed.', {
    code: 'rows.transaction',
    exit: 3,
    found: opened.fault.message,
    mend: 'begin a transaction on the session given to makeRows, and roll back to a savepoint after a refused statement',
    cause: opened.fault,
  })
}

/** Sends each text as a message of its own, each from the same savepoint; answers their replies in order. */
export const askEach = async (db: Session, texts: readonly string[]): Promise<Reply[]> => {
  if (texts.length === 0) return []
  const replies = await db.batch([
    `savepoint ${outer}; ${plainOutput}; savepoint ${inner}`,
    ...texts.map((text) => `rollback to savepoint ${inner};\n${text}`),
    `rollback to savepoint ${outer}; release savepoint ${outer}`,
  ])
  insist(replies[0])
  return replies.slice(1, -1)
}

/** Runs `setup` once, then each trial on top of it and apart from the others. `fault` is the setup's refusal. */
export const tryOnTop = async (
  db: Session,
  setup: readonly string[],
  trials: readonly string[],
): Promise<{ readonly setup: readonly Reply[]; readonly trials: readonly Reply[] }> => {
  const replies = await db.batch([
    `savepoint ${outer}; ${plainOutput}`,
    ...setup,
    `savepoint ${inner}`,
    ...trials.map((text) => `rollback to savepoint ${inner};\n${text}`),
    `rollback to savepoint ${outer}; release savepoint ${outer}`,
  ])
  insist(replies[0])
  return { setup: replies.slice(1, 1 + setup.length), trials: replies.slice(2 + setup.length, -1) }
}

/** Questions asked while `setup` stands; as plainly where PostgreSQL refuses it. Nothing is left behind. */
export const whileStanding = async <T>(
  db: Session,
  setup: readonly string[],
  ask: () => Promise<T>,
): Promise<T> => {
  const start = 'assay_standing'
  const [opened, stands] = await db.batch([
    `savepoint ${start}`,
    [...setup, `savepoint ${start}_inner`].join(';\n'),
  ])
  insist(opened)
  if (stands?.fault) await db.batch([`rollback to savepoint ${start}`])
  try {
    return await ask()
  } finally {
    await db.batch([`rollback to savepoint ${start}; release savepoint ${start}`])
  }
}
