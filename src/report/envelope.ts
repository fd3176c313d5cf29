/** The one JSON answer of every command, for agents and scripts. */
import type { SourcePlace } from '../ground/errors.ts'
import type { Finding } from '../prove/result.ts'
import { printable } from './printable.ts'

export interface EnvelopeFinding extends Finding {
  /** Named when the configuration has several. */
  readonly architecture?: string
  /** Of faults: what was asked for, and what was there instead. */
  readonly asked?: string
  readonly found?: string
  readonly where?: SourcePlace
}

export interface Envelope {
  readonly ok: boolean
  readonly command: string
  /** Null when the command did not come to a result. */
  readonly summary: unknown
  readonly findings: readonly EnvelopeFinding[]
  /** Exact commands that make sense now. */
  readonly next: readonly string[]
  /** Files written or removed. */
  readonly artifacts: readonly string[]
}

/** What could steer a terminal stands only inside strings, where JSON's own escapes say the same. */
export const envelopeText = (envelope: Envelope): string =>
  `${printable(JSON.stringify(envelope, null, 2))}\n`

/** The same in one line, where one follows another. */
export const envelopeLine = (envelope: Envelope): string => `${printable(JSON.stringify(envelope))}\n`
