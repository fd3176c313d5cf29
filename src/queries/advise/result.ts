/** The result of advice: the command line, scripts and reports read it. */
import type { Finding } from '../../prove/result.ts'
import type { Refused } from './screen.ts'

/** A structure that is advised. */
export interface Advised {
  readonly kind: string
  readonly table: string
  /** As it is declared; null: no rule asks for such a thing, it is SQL of a migration. */
  readonly rule: string | null
  readonly sql: string
  /** What a call of each query, all together, costs less with it than with the other ones alone. */
  readonly gain: number
  /** Ids of queries whose budget breaks without it. */
  readonly mends: readonly string[]
  readonly bytes: number
  readonly bytesPerRow: number
  /** Of each row that is inserted: pages looked at, and bytes of the write-ahead log. Null: not measured. */
  readonly buffersPerInsert: number | null
  readonly walPerInsert: number | null
}

export interface AdvisedQuery {
  readonly id: string
  readonly sentence: string
  /** What a call costs: the mean of its calls. */
  readonly before: number
  readonly after: number
  /** Why its budget breaks; []: it holds. */
  readonly brokenBefore: readonly string[]
  readonly brokenAfter: readonly string[]
}

/** A statement that may be written otherwise: both were run, and gave the same rows. */
export interface Rewritten {
  readonly rule: string
  readonly kind: string
  readonly summary: string
  readonly before: string
  readonly after: string
  readonly costBefore: number
  readonly costAfter: number
}

export interface AdviceResult {
  readonly architecture: string
  /** What costs are counted in: pages that were looked at, or what PostgreSQL's planner expects. */
  readonly unit: 'pages' | 'planner units'
  /** Of the tables that were loaded. */
  readonly rows: Readonly<Record<string, number>>
  /** Queries that it was looked for. */
  readonly queries: readonly AdvisedQuery[]
  readonly structures: readonly Advised[]
  readonly rewrites: readonly Rewritten[]
  readonly tried: number
  /** Candidates that PostgreSQL does not take, in its words. */
  readonly refused: readonly Refused[]
  readonly findings: readonly Finding[]
}
