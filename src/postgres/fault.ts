/** What PostgreSQL answered when it refused a statement. */

export interface PgFault {
  readonly sqlstate: string
  readonly message: string
  readonly schema: string | null
  readonly table: string | null
  readonly column: string | null
  readonly constraint: string | null
  readonly dataType: string | null
  /** The C function that raised it: tells a policy's 42501 (ExecWithCheckOptions) from a privilege's (aclcheck_error). */
  readonly routine: string | null
  /** 1-based character position in the message's SQL text. */
  readonly position: number | null
  readonly hint: string | null
  /** The PL/pgSQL context, where there is one. */
  readonly context: string | null
}

/** What Assay has to say itself, in the form of PostgreSQL's answers. */
export const ownFault = (sqlstate: string, message: string): PgFault => ({
  sqlstate,
  message,
  schema: null,
  table: null,
  column: null,
  constraint: null,
  dataType: null,
  routine: null,
  position: null,
  hint: null,
  context: null,
})

/** A refused statement as an exception. DETAIL is never kept: it quotes values. */
export class PgError extends Error {
  override readonly name = 'PgError'
  readonly fault: PgFault
  readonly sql: string

  constructor(fault: PgFault, sql: string) {
    super(`${fault.message} (SQLSTATE ${fault.sqlstate})`)
    this.fault = fault
    this.sql = sql
  }
}

/** The server went away or the connection broke under a statement. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}
