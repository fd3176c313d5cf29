/**
 * What the report's pages are given: plain data, lists instead of maps keyed by names from a catalog, one file per
 * table. The browser's code knows these types and nothing else of Assay.
 */

/** `awaited`: red as it should be, before the migration is written. `unseen`: this run did not look. */
export type SiteState = 'green' | 'red' | 'unsolved' | 'awaited' | 'unseen'

/** killed, redundant, equivalent, stillborn, survived, unsolved; null: not looked at. */
export type SiteVerdicts = readonly [number, number, number, number, number, number]
export type SiteVerdict = 'killed' | 'redundant' | 'equivalent' | 'stillborn' | 'survived' | 'unsolved'

/** `data/index.js`: all that the first page and the board need. */
export interface SiteIndex {
  readonly architectures: readonly SiteArchitecture[]
}

export interface SiteArchitecture {
  readonly name: string
  readonly server: string
  readonly command: 'prove' | 'red' | 'green' | 'mutate' | 'validate'
  /** Empty: everything. */
  readonly only: readonly string[]
  readonly ok: boolean
  /** In the order in which rules were declared: the columns of the board. */
  readonly kinds: readonly string[]
  readonly tables: readonly SiteTable[]
  /** [rule, table] of rules whose ids do not begin with their table; absent: none. */
  readonly elsewhere?: readonly (readonly [string, string])[]
  readonly rules: number
  readonly experiments: number
  readonly green: number
  /** null: not looked at. */
  readonly red: number | null
  readonly structures: number
  readonly unproven: number
  readonly mutants: SiteVerdicts | null
  /** `99.8`; null: there was no mutant that can be told apart, or none was made. */
  readonly score: string | null
  readonly seconds: number
  readonly findings: number
  readonly errors: number
}

export interface SiteTable {
  /** Relation id; null: what belongs to the database as a whole. */
  readonly id: string | null
  /** No rule asks for it: it is only in the database. */
  readonly undeclared?: true
  readonly cells: readonly SiteCell[]
  readonly structures: number
  readonly unproven: number
  readonly mutants: SiteVerdicts | null
}

/** The rules of one kind on one table. */
export interface SiteCell {
  /** Position in `kinds`. */
  readonly kind: number
  readonly counts: readonly (readonly [SiteState, number])[]
  /** Id of the rule, when it is one alone. */
  readonly rule?: string
}

/** `data/a0-findings.js` */
export interface SiteFinding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly rule: string | null
  readonly structure: string | null
  readonly summary: string
  readonly why: string
  /** First line prose, then code. */
  readonly fix: string
  readonly where: string | null
}

/** `data/a0-t3.js` */
export interface SitePage {
  /** Texts that scripts are made of, each once. */
  readonly texts: readonly string[]
  readonly rules: readonly SiteRule[]
  readonly structures: readonly SiteStructure[]
}

export interface SiteRule {
  readonly id: string
  readonly kind: string
  readonly sentence: string
  readonly state: SiteState
  readonly green: boolean
  readonly missing: string | null
  readonly claims: readonly string[]
  readonly red: { readonly proven: boolean; readonly experiment: string | null; readonly why: string } | null
  readonly where: string | null
  readonly unsolved: readonly { readonly summary: string; readonly tried: string }[]
  readonly notes: readonly { readonly summary: string; readonly mend: string }[]
  readonly design: readonly string[]
  readonly experiments: readonly SiteExperiment[]
  /** Of a declared query; absent: none. */
  readonly plans?: SitePlans
  /** Absent: not asked for. */
  readonly sweeps?: readonly SiteSweep[]
  /** Of a query or a write; absent: not measured. */
  readonly times?: readonly SiteTimes[]
}

/** What one call took, in milliseconds. */
export interface SiteTimes {
  readonly call: string
  readonly median: number
  readonly p95: number
  /** null: none is aimed at. */
  readonly target: number | null
  /** Times the calibration query of the same run took. */
  readonly ratio: number
  /** 0: it could not be run. */
  readonly runs: number
}

export interface SitePlans {
  /** Key of the data file with the whole plans, in the same order. */
  readonly file: string
  readonly all: readonly SitePlan[]
}

export interface SitePlan {
  readonly call: string
  /** Run on loaded rows; or planned at the declared size, or with exported statistics. */
  readonly basis: 'loaded' | 'size' | 'statistics'
  /** One node a line. */
  readonly tree: readonly string[]
}

/** `data/a0-p3.js`: what the page of plans shows. */
export interface SitePlanFile {
  readonly architecture: string
  readonly rule: string
  readonly sentence: string
  readonly plans: readonly {
    readonly call: string
    readonly sql: string
    /** As EXPLAIN (FORMAT JSON) answers. */
    readonly json: string
  }[]
}

/** At which sizes of a table the plan becomes another. */
export interface SiteSweep {
  readonly table: string
  readonly from: number
  readonly to: number
  /** Why it could not be planned at all of them. */
  readonly failed: string | null
  readonly chart: SiteDrawing | null
  readonly flips: readonly {
    readonly rows: number
    readonly cost: number
    /** `- ` goes, `+ ` comes. */
    readonly change: readonly string[]
  }[]
}

/** An element of a picture. */
export interface SiteDrawing {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | number | undefined>>
  readonly children: readonly (SiteDrawing | string)[]
}

export interface SiteExperiment {
  readonly id: string
  readonly title: string
  readonly given: string
  /** null: whoever row-level security does not bind. */
  readonly as: string | null
  readonly when: string
  readonly then: string
  readonly observed: string
  readonly holds: boolean
  readonly difference: string | null
  readonly mend: string | null
  /** Refused whatever becomes of the rule: it proves nothing and never fails. */
  readonly shadow?: true
  /** Positions in `texts`: the script for psql, to be joined by line ends. */
  readonly script: readonly number[]
}

export interface SiteStructure {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly definition: string
  readonly create: readonly string[]
  readonly fingerprint: string
  readonly rules: readonly string[]
  readonly declaredBy: string | null
  /** null: not looked at. */
  readonly mutants: readonly SiteMutant[] | null
}

export interface SiteMutant {
  readonly id: string
  readonly operator: string
  readonly effect: 'removed' | 'weakened' | 'strengthened' | 'changed'
  readonly summary: string
  readonly verdict: SiteVerdict
  readonly why: string
  readonly ddl: readonly string[]
  /** The statement that the mutant changes, and what it becomes; null: nothing that can be set side by side. */
  readonly before: string | null
  readonly after: string | null
}

/** `data/a0-diagram.js` */
export interface SiteDiagramTable {
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly state: SiteState
  readonly columns: readonly SiteDiagramColumn[]
  readonly references: readonly SiteDiagramReference[]
}

export interface SiteDiagramColumn {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly primaryKey: boolean
  readonly foreign: boolean
}

export interface SiteDiagramReference {
  readonly name: string
  readonly structure: string
  readonly columns: readonly string[]
  /** Relation id. */
  readonly table: string
  readonly targetColumns: readonly string[]
}
