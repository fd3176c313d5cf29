/** Reads the catalog of a database in use: a definition cannot be read while somebody changes its table. */
import { setTimeout as sleep } from 'node:timers/promises'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { backoffMs, lookAfterMs } from './patience.ts'
import { watchBlockers } from './watch-blockers.ts'

export interface Patience {
  /** How often it is tried again. */
  readonly retries: number
  readonly onProgress?: (what: string, done: number, total: number) => void
}

const unread = (tries: number, holders: readonly string[], cause: unknown): AssayError =>
  new AssayError('The schema of the database cannot be read: a table is locked.', {
    code: 'migrate.lock',
    exit: 3,
    asked: 'what stands in the database, before a migration and behind it',
    found: `${tries} ${tries === 1 ? 'try' : 'tries'}, each ended by lock_timeout${holders.length === 0 ? '' : `; in the way:\n${holders.join('\n')}`}`,
    why: 'whoever changes a table keeps everybody from reading its definition; what is committed is in the journal',
    mend: 'Run it again when the sessions in the way have ended, or wait longer or oftener: --lock-timeout 10 --lock-retries 20',
    cause,
  })

/** Throws AssayError `migrate.lock` with those who hold what it waited for. */
export const readStanding = async (db: Session, { retries, onProgress }: Patience): Promise<Catalog> => {
  const attempt = (): Promise<Catalog | PgError> =>
    readCatalog(db).catch((cause: unknown) => {
      if (cause instanceof PgError && cause.fault.sqlstate === '55P03') return cause
      throw cause
    })
  for (let tries = 1; ; tries += 1) {
    const afterMs = lookAfterMs(tries, retries)
    const { result, holders } = await watchBlockers(db, attempt, { afterMs })
    if (!(result instanceof PgError)) return result
    if (tries > retries) throw unread(tries, holders, result)
    const waitMs = backoffMs(tries)
    onProgress?.(`reading the database: no lock, try ${tries + 1} in ${waitMs / 1000} s`, 0, 1)
    await sleep(waitMs)
  }
}
