/** A statement, or what it stands on, put otherwise: as it is told, and as it is run to see that nothing else comes. */
import type { Catalog } from '../../../catalog/structure.ts'
import type { Experiment } from '../../../rules/experiment.ts'
import type { LoadedQuery } from '../../loaded-query.ts'

/** One call before and after. */
export interface Pair {
  readonly experiment: Experiment
  /** Run first, for what comes after. */
  readonly ddl: readonly string[]
  readonly before: string
  readonly after: string
}

export interface Attempt {
  readonly kind: string
  readonly summary: string
  /** As a person reads them. */
  readonly before: string
  readonly after: string
  /** Where `after` is the statement itself: names of the parameters that it has beyond those of the form. */
  readonly added?: readonly string[]
  /** What is to be said beside it. */
  readonly hint?: string
  readonly pairs: readonly Pair[]
}

export interface RewriteContext {
  readonly catalog: Catalog
  /** Rows of a select, as who asks the call; null: PostgreSQL refuses it. */
  ask(experiment: Experiment, select: string): Promise<readonly (readonly (string | null)[])[] | null>
}

/** One way to put it otherwise. */
export interface RewriteKind {
  readonly kind: string
  attempts(query: LoadedQuery, context: RewriteContext): Promise<readonly Attempt[]>
}
