/** What the rows of a table must obey, gathered from the catalog once: the interface that the rest of this room uses. */
import type { Table } from '../catalog/table.ts'
import type { Composite } from './candidates/composites.ts'

export interface CheckFact {
  /** Null when it is declared and the database does not have it. */
  readonly name: string | null
  readonly expression: string
  readonly columns: readonly string[]
}

/** A unique key, unique index or primary key. */
export interface KeyFact {
  readonly name: string
  /** Columns that its parts name, expressions looked through. */
  readonly columns: readonly string[]
  /** Plain columns only, in order; null when an expression is among its parts. */
  readonly plain: readonly string[] | null
  readonly predicate: string | null
  readonly primary: boolean
  /** It may be asked at the end of a transaction. */
  readonly deferrable: boolean
}

export interface ReferenceFact {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly full: boolean
  readonly deferrable: boolean
}

export interface TableFacts {
  readonly table: Table
  readonly checks: readonly CheckFact[]
  readonly keys: readonly KeyFact[]
  readonly exclusions: readonly {
    readonly name: string
    readonly columns: readonly string[]
    /** It may be asked at the end of a transaction. */
    readonly deferrable: boolean
  }[]
  readonly references: readonly ReferenceFact[]
  /** What a row must satisfy to land in a partition; null when every row does. */
  readonly partition: CheckFact | null
  /** Functions of its row triggers for insert, as [schema, name]. */
  readonly triggers: readonly (readonly [string, string])[]
  /** Columns that some predicate of an index or policy wants to be null (`deleted_at IS NULL`). */
  readonly restsNull: ReadonlySet<string>
  /** For each generated column, the columns that it is computed from. */
  readonly generatedFrom: ReadonlyMap<string, readonly string[]>
  /** Columns of composite types; absent: there are none. */
  readonly composites?: ReadonlyMap<string, Composite>
  /** Columns of the database's own range types, with PostgreSQL's range type that reads alike; absent: there are none. */
  readonly ownRanges?: ReadonlyMap<string, string>
}
