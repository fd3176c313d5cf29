/** What stands in a database, as far as a statement of a migration may change it, with the oids by which locks name it. */

export interface ColumnState {
  /** attnum: what stays when a column is renamed. */
  readonly position: number
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
  readonly identity: boolean
  readonly generated: boolean
}

export interface ConstraintState {
  readonly oid: number
  readonly name: string
  /** pg_constraint.contype. */
  readonly kind: 'c' | 'f' | 'p' | 'u' | 'x' | 'n' | 't'
  readonly validated: boolean
  /** Of the index that keeps it; 0: none. */
  readonly index: number
  /** Of the table that it references; 0: none. */
  readonly references: number
  readonly columns: readonly number[]
  readonly definition: string
}

export interface IndexState {
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  /** Positions of its key columns in their table; 0 for an expression. */
  readonly columns: readonly number[]
  readonly partial: boolean
  readonly definition: string
}

export interface TriggerState {
  readonly name: string
  readonly disabled: boolean
}

export interface RelationState {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** pg_class.relkind. */
  readonly kind: 'r' | 'p' | 'i' | 'I' | 'v' | 'm' | 'S' | 't' | 'f' | 'c'
  /** 0: it has no storage. Another one than before: it was written anew. */
  readonly filenode: number
  readonly temporary: boolean
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  /** The table of an index or of a TOAST table; 0: none. */
  readonly table: number
  /** What it inherits from or is a partition of. */
  readonly parents: readonly number[]
  /** What every row of a partition is, as its bounds say it; null: it is none, or nothing is said. */
  readonly bounds: string | null
  /** Who may do what, as PostgreSQL prints it. */
  readonly grants: readonly string[]
  readonly columns: readonly ColumnState[]
  readonly constraints: readonly ConstraintState[]
  readonly index: IndexState | null
  readonly triggers: readonly TriggerState[]
}

/** An enum with its labels, or a domain with its constraints. */
export interface TypeState {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly labels: readonly string[]
}

export interface DatabaseState {
  readonly relations: ReadonlyMap<number, RelationState>
  readonly schemas: ReadonlyMap<number, string>
  readonly types: ReadonlyMap<number, TypeState>
}

/** Kinds that hold rows of people. */
export const isTable = ({ kind }: RelationState): boolean => kind === 'r' || kind === 'p'

export const isIndex = ({ kind }: RelationState): boolean => kind === 'i' || kind === 'I'

/** The table that an index, a TOAST table or the index of one belongs to; what belongs to none, itself. */
export const tableOfRelation = (state: DatabaseState, oid: number): number => {
  const above = state.relations.get(oid)?.table ?? 0
  return above === 0 || above === oid ? oid : tableOfRelation(state, above)
}
