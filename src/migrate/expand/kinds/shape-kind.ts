/** The verbs of a kind of change of shape. To add one, add a file beside this one and a line in `kinds.ts`. */
import type { DeclaredTable } from '../../../architecture/architecture.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import type { OpenedShape } from '../columns-open.ts'
import type { KeyGroup } from '../key/groups.ts'
import type { ShapeLab } from '../lab.ts'
import type { MoveShape, Phase, PhaseText, Shape, TypeToMake } from '../shape.ts'

/** An expression that a person states: `customers.first_name = split_part(full_name, ' ', 1)`. */
export interface StatedSql {
  readonly table: string
  readonly column: string
  readonly sql: string
}

export interface Stated {
  /** New columns, over the old ones. */
  readonly set: readonly StatedSql[]
  /** Old columns, over the new ones. */
  readonly back: readonly StatedSql[]
  /** What stands for a value that is missing. */
  readonly fill: readonly StatedSql[]
  /** `users.bio=profiles.bio`, as a person writes it. */
  readonly move: readonly string[]
}

/** One declared table beside the one that stands. */
export interface FoundTable {
  readonly declared: DeclaredTable
  /** Under its former name, where it still has that. */
  readonly standing: Table
  /** Types of declared columns as PostgreSQL prints them, by name; null: it knows no such type yet. */
  readonly types: ReadonlyMap<string, string | null>
  /** What makes those that it does not know. */
  readonly typesToMake: ReadonlyMap<string, TypeToMake>
  readonly stated: Stated
  /** Tables and columns that somebody named; none: all are meant. */
  readonly only: readonly string[]
  readonly catalog: Catalog
  /** All that are declared. */
  readonly tables: readonly DeclaredTable[]
  /** Of the whole database. */
  readonly keys: readonly KeyGroup[]
  /** The same of columns that move from table to table. */
  readonly moves: readonly MoveShape[]
}

export interface ShapeKind<S extends Shape = Shape> {
  readonly kinds: readonly S['kind'][]
  /** What the declaration asks for and the database does not have. Throws AssayError for what is not stated. */
  find(table: FoundTable): readonly S[]
  /** The phases that are released before the old application goes. */
  open(lab: ShapeLab, shape: S): Promise<OpenedShape>
  contract(lab: ShapeLab, shape: S, keep: string): Promise<OpenedShape>
  /** null: nothing was kept aside. */
  forget(shape: S, keep: string, contracted: string): PhaseText | null
  /** Of how many phases it is made, in their order. */
  readonly phases: readonly Phase[]
}
