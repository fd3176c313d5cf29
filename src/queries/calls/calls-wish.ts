/** What is asked of the declared calls of an architecture: which, over what, and how large. */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Binding } from '../../prove/bind.ts'
import type { Finding, RuleResult } from '../../prove/result.ts'

export interface CallsWish {
  readonly architecture: Architecture
  readonly server: Server
  readonly template: string
  readonly catalog: Catalog
  readonly binding: Binding
  readonly only: readonly string[]
  /** How many rows to fill tables with at least, by relation id; null: what the calls need. */
  readonly sizes: ReadonlyMap<string, number> | null
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

export interface ValidatedCalls {
  readonly rules: readonly RuleResult[]
  readonly findings: readonly Finding[]
  /** Milliseconds of the calibration query, one for each call. */
  readonly calibrations: readonly number[]
}
