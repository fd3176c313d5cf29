/**
 * The ledger as values: what was proven of every rule and structure, one page per table. Under it: the result of
 * a run (ledger/record.ts); over it: the files (ledger-files.ts), the check and the comparison.
 */
import type { Finding } from '../result.ts'

/** The layout of the files. A ledger of another format is read by nobody: it is proven again. */
export const ledgerFormat = 1

/** A plan by its shape, and the calls that have it. */
export interface LedgerPlan {
  /** One node a line. */
  readonly tree: readonly string[]
  /** Sorted. */
  readonly calls: readonly string[]
}

export interface LedgerRule {
  readonly id: string
  readonly sentence: string
  /** Digest of all that the declaration says (declaration-digest.ts); null when the run did not give it. */
  readonly declared: string | null
  /** Ids of the structures that it gives a reason to exist, sorted. */
  readonly claims: readonly string[]
  readonly green: boolean
  /** The experiment that changed without the structures, and how; null: red was not seen, `red` says why. */
  readonly red: { readonly proven: boolean; readonly experiment: string | null; readonly why: string }
  readonly unsolved: readonly { readonly summary: string; readonly tried: string }[]
  /** In the order of their first calls; absent: it has none. */
  readonly plans?: readonly LedgerPlan[]
}

/** A mutant that was not killed, by name and with its reason. */
export interface LedgerMutant {
  readonly id: string
  readonly verdict: 'redundant' | 'equivalent' | 'stillborn' | 'survived' | 'unsolved'
  readonly why: string
}

export interface LedgerStructure {
  readonly id: string
  readonly definition: string
  readonly fingerprint: string
  /** Every rule that claims it was green and red when this was written, and there is one. */
  readonly proven: boolean
  /** Rule ids, sorted. */
  readonly rules: readonly string[]
  /** How many mutants were killed and a digest of their ids; a name would be noise in a review. */
  readonly killed: { readonly count: number; readonly digest: string }
  /** Sorted by id. */
  readonly others: readonly LedgerMutant[]
}

/** One file: a table's, or the database's own (`table` null). */
export interface LedgerPage {
  readonly table: string | null
  readonly rules: readonly LedgerRule[]
  readonly structures: readonly LedgerStructure[]
}

export interface LedgerHead {
  readonly architecture: string
  readonly major: number
  readonly locale: string
  readonly extensions: readonly string[]
  /** Digest of the exported statistics that plans were made with; absent: none were. */
  readonly statistics?: string
}

export interface Ledger {
  /** null: no ledger was ever written here (or its head cannot be read; then `problems` says so). */
  readonly head: LedgerHead | null
  /** Sorted by table, the database's own first. */
  readonly pages: readonly LedgerPage[]
  /** What reading found wrong: malformed files, entries edited by hand, merge conflicts. */
  readonly problems: readonly Finding[]
}

/** Code-unit order: the same on every machine, whatever its language. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
