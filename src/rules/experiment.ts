/** One runnable case of a rule, as pure data: it can be printed as SQL, batched, exported. */
import type { ProofDatabase } from '../architecture/kinds/proves.ts'
import type { SetAside } from '../rows/rows.ts'

/** Rows and settings that stand before many experiments; run once per transaction, shared by reference. */
export interface World {
  /** Unique and stable, such as `products` or `products+2`. */
  readonly id: string
  /** As the prover, who bypasses row-level security. */
  readonly statements: readonly string[]
  /** Triggers that they disable, because these take no row at all; absent: none. */
  readonly asides?: readonly SetAside[]
}

/** Who asks: SET LOCAL ROLE and settings for the length of the experiment. */
export interface Asker {
  readonly role: string
  readonly settings: Readonly<Record<string, string>>
}

/** Why PostgreSQL refused. A rejection counts only with its cause: fields given here must be equal, absent ones are not looked at. */
export interface Cause {
  readonly sqlstate: string | readonly string[]
  readonly constraint?: string
  readonly column?: string
  readonly table?: string
  readonly dataType?: string
  readonly routine?: string
}

/** What one call of a statement may cost, in counts that a slow machine does not change. */
export interface Limits {
  readonly buffers?: number
  readonly buffersPerRow?: number
  readonly rowsReadPerRow?: number
  readonly estimate?: number
  /** It may go to disk. */
  readonly spills: boolean
  /** `unknown`: what is wrong with the name of an index that is nowhere. */
  readonly uses: readonly {
    readonly name: string
    readonly parts: readonly string[]
    readonly unknown?: string
  }[]
  /** Facts of `planHas` that it must not have. */
  readonly never: readonly string[]
  /** Names of tables that may be read whole all the same. */
  readonly small: readonly string[]
}

/** What a call may cost, foreign keys and triggers included. "For each row": that it is given or, where it reads, that comes back. */
export interface CallLimits {
  readonly statements?: number
  readonly buffers?: number
  readonly buffersPerRow?: number
  readonly rowsReadPerRow?: number
  readonly rowsWrittenPerRow?: number
  readonly indexEntriesPerRow?: number
  readonly walPerRow?: number
  readonly triggerCallsPerRow?: number
  /** One that writes nothing, because its values find no row, proves nothing. */
  readonly writes?: true
  /** One that sees nothing under the policies, where there is something, proves nothing. */
  readonly sees?: true
  /** A table may be read whole. */
  readonly readsWhole: boolean
  /** A statement may be sent once for each row of another. */
  readonly repeats: boolean
  /** Null: those that come back. */
  readonly rows: number | null
}

export type Expected =
  | { readonly kind: 'accepted' }
  /** `exactly`: refused for another reason is another outcome, also where a structure is broken. */
  | { readonly kind: 'rejected'; readonly by: Cause; readonly exactly?: true }
  /** The last statement affects (or returns) this many rows. */
  | { readonly kind: 'affects'; readonly rows: number }
  /** The last statement returns these rows, as text. */
  | { readonly kind: 'rows'; readonly rows: readonly (readonly (string | null)[])[] }
  /**
   * The last statement, an EXPLAIN (FORMAT JSON, COSTS OFF), uses this index by name (or one of its `parts`: its
   * indexes on partitions) and has none of the facts of `planHas` in postgres/plan.ts (`Sort`, `Filter`, `index:NAME` …).
   */
  | {
      readonly kind: 'plan'
      readonly uses: string | null
      readonly without: readonly string[]
      readonly parts?: readonly string[]
      /** How many relations it reads: partitions that it can leave out it has to leave out. */
      readonly reads?: number
      /** Then it is an EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON): what the statement may cost. */
      readonly within?: Limits
    }
  /** A call stays within these limits. */
  | { readonly kind: 'cost'; readonly within: CallLimits }
  /** Writers at once come to what they come to one after the other. */
  | { readonly kind: 'inTurn' }

export interface Experiment {
  /** `products/check:price_not_negative#3`; unique and stable. */
  readonly id: string
  /** The rule's id. */
  readonly rule: string
  /** "price -0.01 is refused": completes the rule's sentence for a reviewer. */
  readonly title: string
  readonly world: World
  /** For given and when; absent: the prover. */
  readonly as?: Asker
  /** Run as the prover before `as` takes effect. */
  readonly given: readonly string[]
  /** The last one is judged; one before it that is refused also counts as a rejection. */
  readonly when: readonly string[]
  readonly then: Expected
  /** `fresh`: on a connection where no custom setting was ever set (current_setting answers NULL, not ''). */
  readonly session?: 'fresh'
  /** `loaded`: against the clone with thousands of rows and statistics, for plans. */
  readonly on?: 'loaded'
  /**
   * A row that another structure refuses, whatever becomes of the rule's own: it proves nothing and never fails. When a
   * mutant changes who refuses it, the two structures are known to do the same there: redundant, not survived.
   */
  readonly shadow?: true
  /** What to do when this one does not hold; experiments that attack give it. */
  readonly mend?: string
  /** Instead of when: a function that throws when it does not hold (escape hatch `proves`). */
  readonly proof?: (db: ProofDatabase) => Promise<void>
  /** Instead of when: two sessions that commit, on a clone of their own. */
  readonly interleaving?: Interleaving
  /** Instead of when: a declared call, on tables that are filled with rows, every constraint live. */
  readonly call?: Call
  /** The finding's code where it does not hold; absent: that of a hole in the rule. */
  readonly code?: string
}

/** One value as text, null for NULL; of arrays PostgreSQL's own text. */
export type CallValue = string | null

/** Sends one statement and waits for its rows. Throws what PostgreSQL refuses. */
export type SendCall = (
  sql: string,
  parameters: readonly CallValue[],
) => Promise<{
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly rows: readonly (readonly CallValue[])[]
  readonly affected: number | null
}>

export interface TableFilling {
  /** Null: as many as those that need it ask for. */
  readonly rows: number | null
  /** So many different values of these columns. */
  readonly distinct: Readonly<Record<string, number>>
}

/** One transaction of the application, alone or by many writers at once. */
export interface Call {
  /** What tables are filled with, by relation id. */
  readonly filled: ReadonlyMap<string, TableFilling>
  /**
   * Answers a row for each writer, as the prover: a value for each parameter, and the tenant that they are of as the
   * last one.
   */
  readonly values: string
  /** Run as the prover when the values are known: what they are of is taken out, so that it can be written again. */
  readonly takeOut: readonly string[]
  /** Absent: the prover. */
  readonly as?: (tenant: string | null) => Asker
  /**
   * A lock in the middle of what all writers write, held until every one of them waits: who goes through the same rows
   * in another order then meets the others. Null: none.
   */
  readonly holds: string | null
  /** The statements of one call, with its values. */
  readonly run: (send: SendCall, values: readonly CallValue[]) => Promise<unknown>
  /** It is one statement: what triggers and the write-ahead log cost can be told. */
  readonly isOneStatement: boolean
  /** It is made to see what the policies hide, and once more without them; absent: to see what it costs. */
  readonly looksBehind?: true
  /** 1: alone, in a transaction that is taken back; else as many, and they commit. */
  readonly writers: number
  readonly isolation: string
  readonly retries: number
  /** Answers one row that tells what was written: counts and sums. */
  readonly tally: string
}

/** Two sessions write at once in a forced order; a step that waits for a lock lets the other session go on. */
export interface Interleaving {
  readonly steps: readonly { readonly session: 1 | 2; readonly sql: string }[]
  /** Asked after both have ended: a select of violating rows, none expected. */
  readonly violations: string
}

/** What could not be found out, named with what was tried. Never silently green. */
export interface Unsolved {
  readonly rule: string
  readonly summary: string
  readonly tried: string
  /** First line prose; absent: rows have to be named for it. */
  readonly mend?: string
}

/** What a person should know though nothing is wrong: it never makes a rule red. */
export interface Note {
  readonly rule: string
  readonly summary: string
  /** Exact SQL for who does not want it so. */
  readonly mend: string
  /** Stable and dotted; absent: `rule.note`. */
  readonly code?: string
  /** Absent: a note. */
  readonly severity?: 'error' | 'warning' | 'note'
  readonly why?: string
}
