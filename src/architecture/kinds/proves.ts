/** proves: a function that talks to the database and throws when the sentence is not true. */
import type { DeclaredRule } from '../rule.ts'

/** What a proof function may do: runs inside a transaction that is always rolled back. */
export interface ProofDatabase {
  /** Rows as objects; values as json gives them. Throws PostgreSQL's refusal with `sqlstate`. */
  query<T = Record<string, unknown>>(sql: string): Promise<T[]>
  /** A solved, inserted row of this table with these columns set (SQL expressions); answers the stored row as json. */
  insert(table: string, values?: Readonly<Record<string, string>>): Promise<Record<string, unknown>>
  /** Succeeds only when PostgreSQL refuses the statement with this SQLSTATE. */
  refuses(sql: string, sqlstate: string): Promise<void>
}

export interface ProvesRule extends DeclaredRule {
  readonly kind: 'proves'
  readonly sentence: string
  readonly proof: (db: ProofDatabase) => Promise<void>
  readonly by: readonly string[]
}
