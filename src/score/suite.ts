/** A suite of tests that somebody else wrote, as the engine sees it: a judge per worker says what it makes of a broken database. */

/** What one run of the suite came to. */
export interface Judgement {
  readonly verdict: 'killed' | 'timeout' | 'survived' | 'stillborn' | 'unsolved'
  /** One line. */
  readonly why: string
  /** Its last words, which may be many. */
  readonly output: string
  readonly seconds: number
  /** It could not be started at all. */
  readonly isUnknown?: boolean
}

export interface JudgeSettings {
  readonly limitSeconds: number
}

/** Has databases of its own, and leaves none behind. */
export interface Judge {
  /** Runs the suite against a database changed by this DDL; none: as it is, where `survived` is what is hoped for. */
  judge(ddl: readonly string[], settings: JudgeSettings): Promise<Judgement>
  close(): Promise<void>
}

export interface Suite {
  /** As the user wrote it. */
  readonly name: string
  /** What tells this suite from another one in the journal. */
  readonly identity: string
  /** What to do when it does not pass on the database as it is. */
  readonly mend: string
  /** What to do when it cannot be started. */
  readonly startMend?: string
  open(label: string): Promise<Judge>
}
