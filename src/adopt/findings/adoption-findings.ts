/** What a reviewer who reads a whole database would say of it: every kind of finding, each with its reason and its mend. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { findingKinds } from './kinds.ts'

export interface FindingOptions {
  /**
   * The user's own database, where there is one: rows, numbers of sequences and members of roles are asked there, in a
   * read-only transaction. Absent: they are not asked, and what hangs on them is no finding or says so.
   */
  readonly source?: Session
  /** Without a source: the database that the SQL of a dump made, whose sequences stand as it says. It has no rows. */
  readonly numbers?: Session
}

/** Texts as the catalog has them name everything outside pg_catalog with its schema. */
const settings = `set local search_path = ''; set local client_min_messages = error; set local statement_timeout = '30s'`

const withTransaction = async <T>(db: Session, mode: string, work: () => Promise<T>): Promise<T> => {
  await db.query(`begin ${mode}; ${settings}`)
  try {
    return await work()
  } finally {
    await db.batch(['rollback'])
  }
}

/**
 * `db`: a session on Assay's copy of the database, outside a transaction: plans are asked there, and nothing is left
 * behind. The same database gives the same findings in the same order.
 */
export const adoptionFindings = (
  db: Session,
  catalog: Catalog,
  { source, numbers }: FindingOptions = {},
): Promise<readonly Finding[]> => {
  const find = async (): Promise<readonly Finding[]> => {
    const ground = { copy: db, source: source ?? null, numbers: source ?? numbers ?? db, catalog }
    const findings: Finding[] = []
    for (const kind of findingKinds) findings.push(...(await kind.find(ground)))
    return findings
  }
  const other = source ?? numbers ?? db
  return withTransaction(db, '', () => (other === db ? find() : withTransaction(other, 'read only', find)))
}
