/** One select of a finding, read as objects; a role that may not ask it gets nothing, since what is not known is no finding. */
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../../rows/savepoint.ts'

const asJson = (select: string): string =>
  `select coalesce(json_agg(to_json(rows_)), '[]'::json)::text from (${select}\n) rows_`

export const askJson = async <T>(db: Session, select: string): Promise<readonly T[]> => {
  const [reply] = await askEach(db, [asJson(select)])
  if (!reply || reply.fault) return []
  return JSON.parse(reply.commands.at(-1)?.rows[0]?.[0] ?? '[]') as T[]
}
