/** Finds out whether a connection goes through a transaction pooler (PgBouncer and its kind), where sessions are not kept. */
import { AssayError } from '../ground/errors.ts'
import type { Address } from './address.ts'
import type { OpenSessions } from './open-sessions.ts'
import type { Session } from './session.ts'

/** The process id of the greeting is the pooler's invention then; the server's own is another. */
export const isProxied = async (session: Session): Promise<boolean> => {
  const [own] = await session.json<{ readonly pid: number }>('select pg_catalog.pg_backend_pid() as pid')
  return own?.pid !== session.pid
}

export const poolerFault = (address: Address): AssayError =>
  new AssayError('The connection string leads to a connection pooler.', {
    code: 'server.pooler',
    exit: 3,
    asked: `a session of its own at ${address.host}:${address.port}`,
    found: 'a pooler that gives each transaction another session, as PgBouncer does',
    why: 'experiments need settings, roles and savepoints that stay, and databases that the pooler does not know',
    mend: 'Give the direct connection string: often the same host without "-pooler", or port 5432 instead of 6543 (a directUrl).',
  })

/** A setting of one session that another session sees means that both are the same one behind a pooler. */
export const assertNoPooler = async (session: Session, sessions: OpenSessions): Promise<void> => {
  if (!(await isProxied(session))) return
  await session.query(`set assay.probe = 'seen'`)
  const other = await sessions.open(session.address)
  try {
    const [probe] = await other.json<{ readonly seen: string | null }>(
      `select pg_catalog.current_setting('assay.probe', true) as seen`,
    )
    if (probe?.seen === 'seen') throw poolerFault(session.address)
  } finally {
    await other.end()
    await session.query('reset assay.probe')
  }
}
