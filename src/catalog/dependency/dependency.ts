/**
 * What PostgreSQL itself ties to a column, key or relation (pg_depend), each with the DDL that takes it away and
 * makes it again. DDL that such an object forbids is written around it by dependency/dependents.ts.
 */

export type DependentKind =
  | 'view'
  | 'materialized view'
  | 'policy'
  | 'trigger'
  | 'rule'
  | 'function'
  | 'publication'
  | 'statistics'
  | 'index'
  | 'check'
  | 'unique'
  | 'primary key'
  | 'exclusion'
  | 'foreign key'
  | 'generated column'
  | 'default'

/** Names a node of the graph: `column:16401.3`, `table:16401`, `view:16420`. Of this database only: oids stand in it. */
export type DependencyKey = string

export interface Dependent {
  readonly key: DependencyKey
  readonly kind: DependentKind
  /** Relation id of the table or view it stands on; a view's own; null for functions and statistics. */
  readonly relation: string | null
  readonly name: string
  /** Its structure id, where that does not hang on a table: of views and functions. */
  readonly structure?: string
  readonly drop: readonly string[]
  /** Includes owner, grants and comments: what dropping it would lose. */
  readonly create: readonly string[]
  /** What it directly stands on. */
  readonly on: readonly DependencyKey[]
  /** Of a foreign key: the columns that need a key, and its own. */
  readonly references?: {
    readonly table: string
    readonly columns: readonly string[]
    readonly from: string
    readonly fromColumns: readonly string[]
    /** The last pair are periods: types must be the same. */
    readonly period: boolean
  }
  /** Has an expression, a predicate, a special operator class or an access method that not every type has. */
  readonly typeBound: boolean
  /** Of a generated column; `readded` where PostgreSQL gives it no other expression in place: it is dropped and added again. */
  readonly column?: {
    readonly key: DependencyKey
    readonly readded: boolean
    /** Its grants and comment. */
    readonly extras: readonly string[]
    /** The column without its expression, where the expression does not come back. */
    readonly plain: readonly string[]
  }
}

export interface DependencyGraph {
  get(key: DependencyKey): Dependent | undefined
  /** What directly stands on it, in stable order. */
  on(key: DependencyKey): readonly Dependent[]
  /** A constraint, index, trigger or policy by the relation it stands on and its name. */
  find(relation: string, kind: DependentKind, name: string): Dependent | undefined
  /** Whom ALTER DEFAULT PRIVILEGES gives rights to on new tables; null: PUBLIC. */
  readonly tableGrantees: readonly (string | null)[]
}
