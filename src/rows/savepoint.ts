/** Questions that leave nothing behind: every message starts from the same savepoint, whatever the one before did. */
import { AssayError } from '../ground/errors.ts'
import type { Reply, Session } from '../postgres/session.ts'
import { attemptOn } from './desk.ts'

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

/** Sessions whose settings print values plainly by themselves. */
const plain = new WeakMap<Session, Promise<boolean>>()

/** Which way a date's parts are read is no matter of printing. */
const plainSql = `
  select pg_catalog.current_setting('datestyle') like 'ISO%'
    and pg_catalog.current_setting('intervalstyle') = 'postgres'
    and pg_catalog.current_setting('extra_float_digits')::int >= 1
    and pg_catalog.current_setting('bytea_output') = 'hex'`

const isPlain = async (db: Session): Promise<boolean> => {
  const [reply] = (await attemptOn(db, [], [plainSql])).replies
  insist(reply)
  return reply!.commands.at(-1)?.rows[0]?.[0] === 't'
}

/** What has to be laid under a question whose answer is read. */
const settingsOf = async (db: Session): Promise<readonly string[]> => {
  const known = plain.get(db) ?? isPlain(db)
  plain.set(db, known)
  // Who asked outside a transaction may ask again in one.
  known.catch(() => plain.delete(db))
  return (await known) ? [] : [plainOutput]
}

/**
 * Sends each text as a message of its own, each from the same savepoint; answers their replies in order. `anywhere`:
 * the answers hang on no table.
 */
export const askEach = async (
  db: Session,
  texts: readonly string[],
  { anywhere = false }: { readonly anywhere?: boolean } = {},
): Promise<readonly Reply[]> => {
  if (texts.length === 0) return []
  const settings = await settingsOf(db)
  const { laid, replies } = await attemptOn(db, settings, texts, {
    anywhere: anywhere && settings.length === 0,
  })
  insist(laid[0])
  return replies
}

/** Runs `setup` once, then each trial on top of it and apart from the others. `fault` is the setup's refusal. */
export const tryOnTop = async (
  db: Session,
  setup: readonly string[],
  trials: readonly string[],
): Promise<{ readonly setup: readonly Reply[]; readonly trials: readonly Reply[] }> => {
  const settings = await settingsOf(db)
  const { laid, replies } = await attemptOn(db, [...settings, ...setup], trials)
  if (settings.length > 0) insist(laid[0])
  return { setup: laid.slice(settings.length), trials: replies }
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
