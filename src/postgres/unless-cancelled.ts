import type { Session } from './session.ts'

/**
 * What the work answers; asked once more when PostgreSQL cancelled a message of it. On a machine that stood still, a
 * time-out strikes whatever was under way, and its answer would be missing from what the work concludes.
 */
export const unlessCancelled = async <T>(db: Session, work: () => Promise<T>): Promise<T> => {
  const before = db.cancelled()
  const answer = await work()
  return db.cancelled() === before ? answer : work()
}
