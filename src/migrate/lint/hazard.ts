/** What a rule about migrations is: a code, why it matters, and how it is seen in a trace. One file per hazard. */
import type { MigrationTrace, StatementTrace } from './trace.ts'

export interface HazardFinding {
  readonly statement: StatementTrace
  /** Relation id that it is about; null: none, or several. */
  readonly relation: string | null
  readonly summary: string
  /** Its first line is prose; lines after it are SQL that can be pasted. */
  readonly fix: string
}

export interface Hazard {
  /** `lint.rewrites-table`. */
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  /** For lists of rules, without what it was found in. */
  readonly title: string
  /** What of the trace shows it. */
  readonly measures: string
  readonly why: string
  find(trace: MigrationTrace): readonly HazardFinding[]
}

/** Those of each statement, in order; what PostgreSQL refused has not happened. */
export const perStatement =
  (find: (trace: MigrationTrace, statement: StatementTrace) => readonly Omit<HazardFinding, 'statement'>[]) =>
  (trace: MigrationTrace): readonly HazardFinding[] =>
    trace.statements
      .filter(({ fault }) => fault === null)
      .flatMap((statement) => find(trace, statement).map((found) => ({ ...found, statement })))
