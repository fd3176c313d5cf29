/** Who observes: a session of the prover on an empty migrated copy of its own, outside any transaction. */
import type { Session } from '../../postgres/session.ts'

export interface Observer {
  readonly db: Session
  /** Takes out what tries have left behind in the files of the copy. */
  readonly clean: () => Promise<void>
}
