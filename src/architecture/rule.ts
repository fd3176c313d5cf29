/** What every declared rule has. Each kind's own data is one file in kinds/. Pure values, no I/O. */

/** Where it was declared, for messages: 1-based. */
export interface DeclaredAt {
  readonly file: string
  readonly line: number
}

/** A piece of SQL that a rule was given, so that a slip in it is found before anything runs. */
export interface RuleSql {
  /** Such as `check`, `where`. */
  readonly part: string
  readonly text: string
  /** What may be named in it: the table's columns, a domain's VALUE, nothing; or it is a whole statement. */
  readonly names: 'columns' | 'value' | 'nothing' | 'statement'
}

export interface DeclaredRule {
  readonly kind: string
  /** `products/unique:tenant_id,slug`. */
  readonly id: string
  /** Relation id of its table. */
  readonly table: string
  /** Every column that it names, so that a missing one is found before anything runs. */
  readonly columns: readonly string[]
  readonly at: DeclaredAt | null
  /** Absent: none. */
  readonly sql?: readonly RuleSql[]
  /** Relation ids of all that its statements read, where plans are asked of them. Absent: its table. */
  readonly reads?: readonly string[]
}
