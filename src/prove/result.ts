/** The one result object of red, green, mutate and prove: the command line, the reports and the ledger all read it. */
import type { Experiment, Note, Unsolved } from '../rules/experiment.ts'
import type { MutantEffect } from '../catalog/structure.ts'
import type { PgFault } from '../postgres/fault.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Sweep } from '../rows/projected/sweep.ts'
import type { DiagramTable } from './diagram.ts'

/** What PostgreSQL did with an experiment. */
export interface Observation {
  /** Refused: by what. `stage` tells whether the world or given already failed (then nothing was learned). */
  readonly fault: PgFault | null
  readonly stage: 'world' | 'given' | 'when'
  /** Rows affected or returned by the last statement that completed. */
  readonly affected: number
  readonly rows: readonly (readonly (string | null)[])[]
}

export interface ExperimentResult {
  readonly experiment: Experiment
  readonly observed: Observation
  readonly holds: boolean
  /** Why it does not hold, in one readable line; null when it does. */
  readonly difference: string | null
}

/** The plan of one call of a declared statement. */
export interface RulePlan {
  /** Unique in its rule: `with frequent values`, `at 1000000000 rows of orders`. */
  readonly call: string
  /** Run on loaded rows; or planned, and not run, at the size that it declares or with exported statistics. */
  readonly basis: 'loaded' | 'size' | 'statistics'
  /** `planTree`: the same on another day. */
  readonly tree: readonly string[]
  /** As EXPLAIN answered it. */
  readonly plan: PlanNode
  readonly sql: string
}

export interface RuleSweep extends Sweep {
  /** Relation id. */
  readonly table: string
  /** Why it could not be planned at all of them; null: it could. */
  readonly failed: string | null
}

/** Of one call, measured: told, and no judgement. */
export interface RuleTimes {
  readonly call: string
  /** Milliseconds, warm; a round trip from here. */
  readonly median: number
  readonly p95: number
  /** Milliseconds that 95 of 100 calls are to stay below; null: none are aimed at. */
  readonly target: number | null
  /** Times the calibration query of the same run took. */
  readonly ratio: number
  /** 0: it could not be run. */
  readonly runs: number
}

export interface RuleResult {
  readonly id: string
  readonly kind: string
  readonly table: string
  readonly sentence: string
  readonly at: { readonly file: string; readonly line: number } | null
  /** Structure ids it claims. */
  readonly claims: readonly string[]
  /** What the database lacks of what it names: these columns, or (null) the whole table. Absent: nothing. */
  readonly missing?: { readonly columns: readonly string[] | null }
  /** declarationDigest(rule) of digest.ts: the ledger notices a rule that was weakened under an unchanged sentence. */
  readonly declared?: string
  /** Recorded from a database: nobody has said yet that it is right. */
  readonly observed?: true
  readonly green: boolean
  /** null: not looked at in this run. `experiment` is one whose outcome changed without the structures. */
  readonly red: { readonly proven: boolean; readonly experiment: string | null; readonly why: string } | null
  readonly experiments: readonly ExperimentResult[]
  readonly unsolved: readonly Unsolved[]
  /** What a reader should know and nothing has to be done about. */
  readonly notes?: readonly Note[]
  /** Plain DDL that would make it green. */
  readonly design: readonly string[]
  /** DDL that takes away what stands in the place of that; absent: nothing does. */
  readonly replaces?: readonly string[]
  /** Of a statement with a budget; absent: none was asked. */
  readonly plans?: readonly RulePlan[]
  /** At which sizes of a table its plan becomes another; absent: not asked for. */
  readonly sweeps?: readonly RuleSweep[]
  /** What its calls took; absent: not measured. */
  readonly times?: readonly RuleTimes[]
}

export type Verdict = 'killed' | 'redundant' | 'equivalent' | 'stillborn' | 'survived' | 'unsolved'

export interface MutantResult {
  readonly id: string
  readonly structure: string
  readonly operator: string
  readonly effect: MutantEffect
  readonly summary: string
  readonly ddl: readonly string[]
  readonly verdict: Verdict
  /** killed: the experiment's id; redundant: the structure that still refuses; equivalent, stillborn, unsolved: the reason. */
  readonly why: string
}

export interface StructureResult {
  readonly id: string
  readonly kind: string
  readonly table: string | null
  readonly name: string
  readonly definition: string
  /** DDL that makes it. Absent: not asked for. */
  readonly create?: readonly string[]
  readonly fingerprint: string
  /** Rule ids that claim it; [] : unproven. */
  readonly rules: readonly string[]
  /** How its kind is declared, where that is not a rule. */
  readonly declaredBy: string | null
  readonly mutants: readonly MutantResult[]
}

/** One thing a person has to look at. Codes are stable and dotted. */
export interface Finding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly rule?: string
  readonly structure?: string
  readonly summary: string
  /** The part of the summary that other findings may share: what happened, without what it happened to. */
  readonly reason?: string
  readonly why: string
  /** Its first line is prose; lines after it are SQL, a declaration or commands, as they are to be written. */
  readonly fix: string
  readonly where?: { readonly file: string; readonly line: number }
  /** Of a plan that changed: both trees, a node a line. */
  readonly plan?: {
    readonly before: readonly string[]
    readonly after: readonly string[]
    /** What changed since. Proven: it alone did, or with it taken back the old plan comes back. Absent: nobody asked. */
    readonly causes?: readonly { readonly what: string; readonly isProven: boolean }[]
  }
}

export interface ProveSummary {
  readonly tables: number
  readonly structures: number
  readonly rules: number
  /** Those among them that are recorded and stated by nobody; absent: none. */
  readonly observed?: number
  readonly experiments: number
  readonly red: number
  readonly green: number
  readonly unproven: number
  readonly mutants: {
    readonly made: number
    readonly killed: number
    readonly redundant: number
    readonly equivalent: number
    readonly stillborn: number
    readonly survived: number
    readonly unsolved: number
  }
  readonly seconds: {
    readonly start: number
    readonly red: number
    readonly green: number
    readonly mutate: number
  }
}

export interface ProveResult {
  readonly architecture: string
  /** Server major version, locale and extensions, as the ledger records them. */
  readonly server: { readonly major: number; readonly locale: string; readonly extensions: readonly string[] }
  readonly tables: readonly string[]
  readonly rules: readonly RuleResult[]
  readonly structures: readonly StructureResult[]
  readonly findings: readonly Finding[]
  readonly summary: ProveSummary
  /** Tables and references of the whole database, whatever was asked for. */
  readonly diagram?: readonly DiagramTable[]
  /** The role that owned the tables in this run. */
  readonly owner?: string
  /** Digest of the exported statistics that plans were made with; absent: none were. */
  readonly statistics?: string
}
