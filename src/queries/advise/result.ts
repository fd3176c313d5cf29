/** The result of advice: the command line, scripts and reports read it. */
import type { Finding } from '../../prove/result.ts'
import type { CallCost } from './call-meter.ts'
import type { Refused } from './screen.ts'

/** What one row of a declared call costs more with a structure. */
export interface CallPrice {
  /** Of its rule. */
  readonly id: string
  readonly title: string
  readonly buffersPerRow: number
  /** Bytes; null: it is several statements. */
  readonly walPerRow: number | null
  readonly indexEntriesPerRow: number
}

/** A declared write, or a function of several statements: held against its budget without the advice and with it. */
export interface AdvisedCall {
  readonly id: string
  readonly sentence: string
  readonly title: string
  /** Null: it is refused. */
  readonly before: CallCost | null
  readonly after: CallCost | null
  /** Why its budget breaks; null: it holds. */
  readonly brokenBefore: string | null
  readonly brokenAfter: string | null
  /** What brings it back beside the advice, where it is beyond its budget; null: nothing that was tried, or nothing has to. */
  readonly mend: CallMended | null
}

/** A structure that brings the budget of a declared call back. */
export interface CallMended {
  readonly table: string
  readonly rule: string | null
  readonly sql: string
  readonly after: CallCost | null
}

/** What would be advised if it did not break the budget of a declared call. */
export interface AdviceKeptOut {
  readonly table: string
  readonly rule: string | null
  readonly sql: string
  /** Ids of the calls whose budgets it breaks. */
  readonly breaks: readonly string[]
  readonly why: string
}

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
  /** Of each row of the declared calls that it concerns. */
  readonly calls: readonly CallPrice[]
  /** Columns that may hold more than an index takes: PostgreSQL would refuse such a row. */
  readonly longColumns: readonly string[]
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

/** With its price, as an advised structure has it. */
export interface OwnIndex {
  readonly table: string
  readonly rule: string | null
  readonly sql: string
  readonly bytesPerRow: number
  readonly buffersPerInsert: number | null
  readonly walPerInsert: number | null
}

/** A statement that may be written otherwise: both were run, and gave the same rows. */
export interface Rewritten {
  readonly rule: string
  readonly kind: string
  readonly summary: string
  readonly before: string
  readonly after: string
  /** As it is declared: `sql(…)` with its parameters and columns; null: it is no statement of the application. */
  readonly declaration: string | null
  /** What is to be said beside it; null: nothing. */
  readonly hint: string | null
  /** An index that it needs then; null: none of its own. */
  readonly index: OwnIndex | null
  /** In pages; a call of a function counts as a quarter of one, as PostgreSQL has it. */
  readonly costBefore: number
  readonly costAfter: number
  readonly callsBefore: number
  readonly callsAfter: number
  /** Why its budget breaks then; []: it holds. */
  readonly brokenAfter: readonly string[]
}

/** A query over a materialized view: both were run, and gave the same rows. */
export interface ViewRewrite {
  readonly rule: string
  readonly before: string
  readonly after: string
  /** As it is declared, with the calls that were tried; null: what it returns cannot be stated. */
  readonly declaration: string | null
  /** A call today, with the structures that are advised, and over the view: the mean of its calls. */
  readonly costBefore: number
  readonly costAdvised: number
  readonly costAfter: number
  /** Why its budget breaks over the view; []: it holds. */
  readonly brokenAfter: readonly string[]
}

/** A materialized view that is proposed apart: who may see rows that are old is the user's say. */
export interface AdvisedView {
  /** Relation id. */
  readonly view: string
  /** Tables that it is made of, as relation ids. */
  readonly reads: readonly string[]
  readonly declaration: string
  readonly sql: readonly string[]
  readonly rewrites: readonly ViewRewrite[]
  /** Of the loaded rows, with its index. */
  readonly bytes: number
  readonly rows: number
  /** Of one refresh: pages that are looked at and written, and (told, never held against anything) milliseconds. */
  readonly refresh: { readonly pages: number; readonly milliseconds: number; readonly isConcurrent: boolean }
  /** What its readers see, in words. */
  readonly staleness: string
}

/** A query whose answer no view may keep. */
export interface ViewRefused {
  readonly rule: string
  readonly why: string
}

export interface AdviceCost {
  readonly before: number
  readonly after: number
  /** Each call with the best plan that was seen of it, whatever stands and whatever it costs: no choice comes below it. */
  readonly least: number
  /** No choice within the limits is better, as far as more candidates never make a call dearer. */
  readonly isBest: boolean
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
  /** Declared writes and functions, which no advice may bring beyond their budgets. */
  readonly calls: readonly AdvisedCall[]
  readonly keptOut: readonly AdviceKeptOut[]
  /** What a call of each query costs, all together. */
  readonly cost: AdviceCost
  readonly rewrites: readonly Rewritten[]
  readonly views: readonly AdvisedView[]
  readonly viewsRefused: readonly ViewRefused[]
  readonly tried: number
  /** Candidates that PostgreSQL does not take, in its words. */
  readonly refused: readonly Refused[]
  readonly findings: readonly Finding[]
}
