/** Tables and columns as the catalog has them: the ground on which every other structure stands. */
import type { RelationName } from '../ground/names.ts'

export interface Column {
  readonly name: string
  /** Position, 1-based (attnum). */
  readonly position: number
  /** format_type with an empty search_path: `character varying(100)`, `public.order_status`, `numeric(10,2)[]`. */
  readonly type: string
  /** Of the element when it is an array, of the base type when it is a domain: format_type without modifiers, `numeric`. */
  readonly baseType: string
  readonly typeKind: 'base' | 'enum' | 'domain' | 'composite' | 'range' | 'multirange' | 'array' | 'pseudo'
  readonly typeSchema: string
  readonly typeName: string
  /** atttypmod; for a domain the domain's; -1 for none. */
  readonly modifier: number
  /** In order, for an enum (or an array of, or a domain over one); else null. */
  readonly labels: readonly string[] | null
  /** True also when a domain forbids null. */
  readonly notNull: boolean
  /** pg_get_expr of the default; null when none; also set for generated columns. */
  readonly default: string | null
  readonly identity: 'always' | 'by default' | null
  readonly generated: 'stored' | 'virtual' | null
  /** CHECK expressions of its domain(s), written over VALUE. */
  readonly domainChecks: readonly string[]
  readonly collation: string | null
}

export interface Table extends RelationName {
  /** Relation id: the key in `Catalog.tables`. */
  readonly id: string
  readonly oid: number
  readonly owner: string
  /** Of a catalog's tables one of the first three; the others are places that rules stand on (place.ts). */
  readonly kind: 'table' | 'partitioned' | 'foreign' | 'view' | 'materialized view' | 'database'
  /** Relation id of the parent when this is a partition (or an inheritance child), else null. */
  readonly partitionOf: string | null
  /** Relation ids of the further parents of a table that inherits from several; absent: none. */
  readonly otherParents?: readonly string[]
  readonly columns: readonly Column[]
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  readonly comment: string | null
}
