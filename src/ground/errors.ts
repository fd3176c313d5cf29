/**
 * The one fault class of Assay. Every message tells what was asked, what was found, why it matters and the
 * exact mend; `exit` is the exit code that the command line answers with.
 */

/** 1 a gate or proof failed · 2 usage · 3 the environment · 4 refused because it would be unsafe. */
export type FaultExit = 1 | 2 | 3 | 4

/** A place in a user's file, 1-based. */
export interface SourcePlace {
  readonly file: string
  readonly line: number
  readonly column?: number
  /** The line's text and a caret line under it, ready to print. */
  readonly excerpt?: string
}

export interface FaultFacts {
  /** Stable and dotted, such as `server.version` or `config.unknown-key`. */
  readonly code: string
  readonly exit: FaultExit
  readonly asked?: string
  readonly found?: string
  readonly why?: string
  /** An exact command, option or edit that puts it right. */
  readonly mend: string
  /** Whole commands that make sense now, where the mend is one. Absent: none. */
  readonly next?: readonly string[]
  readonly where?: SourcePlace
  readonly cause?: unknown
}

export class AssayError extends Error {
  override readonly name = 'AssayError'
  readonly code: string
  readonly exit: FaultExit
  readonly asked: string | undefined
  readonly found: string | undefined
  readonly why: string | undefined
  readonly mend: string
  readonly next: readonly string[]
  readonly where: SourcePlace | undefined

  constructor(summary: string, facts: FaultFacts) {
    super(summary, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = facts.code
    this.exit = facts.exit
    this.asked = facts.asked
    this.found = facts.found
    this.why = facts.why
    this.mend = facts.mend
    this.next = facts.next ?? []
    this.where = facts.where
  }
}

/** Several faults of one kind reported at once (all unknown config keys, all rules on missing columns). */
export class AssayErrors extends Error {
  override readonly name = 'AssayErrors'
  readonly errors: readonly AssayError[]

  constructor(errors: readonly AssayError[]) {
    super(errors.map((e) => e.message).join('\n'))
    this.errors = errors
  }
}
