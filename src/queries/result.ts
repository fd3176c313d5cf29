/** The result of validating declared queries and writes: the command line, the reports and scripts all read it. */
import type { Finding, ProveResult, RuleResult, RuleSweep } from '../prove/result.ts'

/** One call of a query, measured. */
export interface MeasuredCall {
  readonly title: string
  /** Milliseconds, warm; a round trip from here. */
  readonly median: number
  readonly p95: number
  /** Times the calibration query of the same run took. */
  readonly ratio: number
  readonly runs: number
  /** That one call sends. */
  readonly statements: number
  readonly buffers: number
  readonly rowsRead: number
  readonly rowsReturned: number
  /** Why the budget breaks; null: it holds. */
  readonly broken: string | null
  /** Where its plan costs most, in words; null: its plan looked at no page. */
  readonly heaviest: string | null
}

/** The plan of a call at the size that its query declares; it was not run. */
export interface ProjectedCall {
  readonly title: string
  /** Of the tables that it reads, by relation id. */
  readonly rows: Readonly<Record<string, number>>
  readonly cost: number
  /** A line for each node, indented. */
  readonly plan: readonly string[]
  /** What the budget does not allow in a plan; null: nothing. */
  readonly broken: string | null
}

export interface ValidatedQuery {
  readonly id: string
  readonly sentence: string
  /** Milliseconds that 95 of 100 calls are to stay below. */
  readonly target: number
  /** The target is the usual one of its class: the budget says none. */
  readonly isUsual: boolean
  readonly calls: readonly MeasuredCall[]
  /** Its plans at the declared size; [] where none is declared. */
  readonly projected: readonly ProjectedCall[]
  /** Why there are no plans at the declared size. */
  readonly unprojected: readonly string[]
  /** Why it could not be measured. */
  readonly unsolved: readonly string[]
  /** What its tables were filled with at least, by relation id, for a function of several statements; absent: it is one. */
  readonly filled?: Readonly<Record<string, number>>
  /** Absent: not asked for. */
  readonly sweeps?: readonly RuleSweep[]
}

/** A call of a write, measured on filled tables; what it did is counted of one call, foreign keys and triggers included. */
export interface MeasuredWrite {
  readonly title: string
  /** 1: alone; else so many at once, each on a connection of its own. */
  readonly writers: number
  /** Milliseconds of a call, warm, each run taken back: its statements' round trips, and what waits for the end. */
  readonly median: number
  readonly p95: number
  /** Times the calibration query of the same run took. */
  readonly ratio: number
  /** Over all writers. */
  readonly runs: number
  /** Runs that were given up, by SQLSTATE: they have no time. */
  readonly refused: Readonly<Record<string, number>>
  readonly statements: number
  readonly buffers: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly indexEntries: number
  /** Bytes of the write-ahead log; null: of several statements it is not told. */
  readonly wal: number | null
  readonly triggerCalls: number | null
  /** Why the budget breaks, or why it could not be run; null: neither. */
  readonly broken: string | null
}

export interface ValidatedWrite {
  readonly id: string
  readonly sentence: string
  /** That one call is given. */
  readonly rows: number
  /** Writers at once. */
  readonly concurrency: number
  /** What its tables were filled with at least, by relation id. */
  readonly filled: Readonly<Record<string, number>>
  /** Milliseconds that 95 of 100 calls are to stay below; null: the budget says none. */
  readonly target: number | null
  readonly calls: readonly MeasuredWrite[]
  /** Why it could not be measured. */
  readonly unsolved: readonly string[]
}

/** What an index costs, and whether a declared query needs it. */
export interface IndexCost {
  readonly structure: string
  readonly table: string
  readonly name: string
  /** Ids of queries whose budget breaks without it. */
  readonly neededBy: readonly string[]
  /** Ids of rules other than queries that ask for it. */
  readonly otherRules: readonly string[]
  readonly bytes: number
  readonly bytesPerRow: number
  /** Of each row that is inserted: pages more that are looked at, and bytes more of the write-ahead log. Null: not measured. */
  readonly buffersPerInsert: number | null
  readonly walPerInsert: number | null
}

export interface ValidateResult {
  readonly architecture: string
  /** Median milliseconds of the calibration query. */
  readonly calibration: number
  /** Rows of the tables that were measured on. */
  readonly rows: Readonly<Record<string, number>>
  readonly queries: readonly ValidatedQuery[]
  readonly writes: readonly ValidatedWrite[]
  readonly indexes: readonly IndexCost[]
  readonly findings: readonly Finding[]
  readonly server: ProveResult['server']
  /** Its queries and writes as a proof tells rules, with their plans and times: what the report's pages show. */
  readonly rules: readonly RuleResult[]
}
