import type { Session } from './session.ts'

/** A session, or whoever asks on several. */
type Asked = Pick<Session, 'cancelled'>

/**
 * What the work answers; asked once more when PostgreSQL cancelled a message of it. On a machine that stood still, a
 * time-out strikes whatever was under way, and its answer would be missing from what the work concludes.
 */
export const unlessCancelled = async <T>(
  asked: Asked | readonly Asked[],
  work: () => Promise<T>,
): Promise<T> => {
  const count = (): number => [asked].flat().reduce((sum, db) => sum + db.cancelled(), 0)
  const before = count()
  const answer = await work()
  return count() === before ? answer : work()
}
