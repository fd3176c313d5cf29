/** What the queries of dependency/dependents-sql.ts answer. */
import type {
  Acl,
  ConstraintFacts,
  FiringFacts,
  FunctionFacts,
  IndexFacts,
  PolicyFacts,
} from './dependent-ddl.ts'

export interface RelationRow {
  readonly oid: number
  readonly rowType: number
  readonly schema: string
  readonly name: string
  readonly kind: 'r' | 'p' | 'f' | 'v' | 'm'
  readonly owner: string
  readonly definition: string | null
  readonly options: readonly string[] | null
  readonly populated: boolean
  readonly comment: string | null
  readonly rule: number | null
  readonly acl: Acl
}

export interface OnRelation {
  readonly oid: number
  readonly relation: number
  readonly name: string
}

interface ColumnExtras {
  readonly relation: number
  readonly position: number
  readonly name: string
  readonly comment: string | null
  readonly default: string | null
  readonly acl: Acl
}

export interface ConstraintRow extends OnRelation, ConstraintFacts {
  readonly name: string
  readonly type: 'c' | 'u' | 'p' | 'x' | 'f'
  readonly index: number
  readonly target: number
  readonly columns: readonly string[] | null
  readonly targetColumns: readonly string[] | null
  /** WITHOUT OVERLAPS, or a foreign key with PERIOD (PostgreSQL 18). */
  readonly period: boolean
}

export interface DependencyRows {
  readonly relations: readonly RelationRow[]
  readonly columnExtras: readonly ColumnExtras[]
  readonly constraints: readonly ConstraintRow[]
  readonly indexes: readonly (OnRelation &
    IndexFacts & { readonly schema: string; readonly typeBound: boolean })[]
  readonly policies: readonly (OnRelation & PolicyFacts)[]
  readonly triggers: readonly (OnRelation & FiringFacts)[]
  readonly rules: readonly (OnRelation & FiringFacts)[]
  readonly functions: readonly (FunctionFacts & {
    readonly oid: number
    readonly schema: string
    readonly name: string
    readonly arguments: readonly string[]
  })[]
  readonly statistics: readonly (OnRelation & {
    readonly schema: string
    readonly definition: string
    readonly comment: string | null
  })[]
  readonly defaults: readonly {
    readonly oid: number
    readonly relation: number
    readonly position: number
    readonly expression: string
  }[]
  readonly publications: readonly (OnRelation & {
    readonly predicate: string | null
    readonly columns: readonly string[] | null
  })[]
  /** Whom ALTER DEFAULT PRIVILEGES gives rights to on new tables and functions. */
  readonly tableGrantees: readonly (string | null)[]
  readonly functionGrantees: readonly (string | null)[]
}
