/** The one JSON answer of every command, for agents and scripts. */
import type { Finding } from '../prove/result.ts'

export interface Envelope {
  readonly ok: boolean
  readonly command: string
  readonly summary: unknown
  readonly findings: readonly Finding[]
  /** Exact commands that make sense now. */
  readonly next: readonly string[]
  /** Files written. */
  readonly artifacts: readonly string[]
}

export const envelopeText = (envelope: Envelope): string => `${JSON.stringify(envelope, null, 2)}\n`
