/** One select of a finding, read as objects; a role that may not ask it gets nothing, since what is not known is no finding. */
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../../rows/savepoint.ts'

const insufficientPrivilege = '42501'

const asJson = (select: string): string =>
  `select coalesce(json_agg(to_json(rows_)), '[]'::json)::text from (${select}\n) rows_`

/** Throws PgError for any other refusal. */
export const askJson = async <T>(db: Session, select: string): Promise<readonly T[]> => {
  const [reply] = await askEach(db, [asJson(select)])
  if (reply?.fault && reply.fault.sqlstate !== insufficientPrivilege) throw new PgError(reply.fault, select)
  return JSON.parse(reply?.commands.at(-1)?.rows[0]?.[0] ?? '[]') as T[]
}
