/** The sessions that a server object has given out, so that its stop ends them all. */
import type { Address } from './address.ts'
import { openSession, type Session } from './session.ts'

export interface OpenSessions {
  open(address: Address): Promise<Session>
  endAll(): Promise<void>
}

export const trackSessions = (): OpenSessions => {
  const sessions = new Set<Session>()
  return {
    async open(address) {
      const session = await openSession(address)
      const tracked: Session = {
        ...session,
        async end() {
          sessions.delete(tracked)
          await session.end()
        },
      }
      sessions.add(tracked)
      return tracked
    },
    async endAll() {
      await Promise.all([...sessions].map((session) => session.end()))
    },
  }
}
