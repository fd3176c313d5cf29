/** What every part of solving stands on: the session, the facts of all tables, and what a table's rows must obey. */
import type { Catalog } from '../catalog/structure.ts'
import type { Column, Table } from '../catalog/table.ts'
import type { Session } from '../postgres/session.ts'
import type { TableFacts } from './facts.ts'
import type { FunctionClues } from './function-clues.ts'
import type { KeyNames } from './key-names.ts'
import type { Parents } from './parents.ts'

export interface RowGround {
  readonly db: Session
  readonly catalog: Catalog
  readonly facts: ReadonlyMap<string, TableFacts>
  readonly parents: Parents
  readonly functions: FunctionClues
  readonly keyNames: KeyNames
}

export const writableColumns = (table: Table): readonly Column[] =>
  table.columns.filter((c) => c.generated === null)

/** CHECKs and the partition's condition. */
export const constraintsOf = (
  facts: TableFacts,
  ignored: (check: { readonly name: string | null; readonly expression: string }) => boolean = () => false,
): readonly {
  readonly expression: string
  readonly columns: readonly string[]
  readonly label: string
}[] => [
  ...facts.checks
    .filter((c) => !ignored(c))
    .map((c) => ({ ...c, label: c.name === null ? `CHECK (${c.expression})` : `CHECK ${c.name}` })),
  ...(facts.partition ? [{ ...facts.partition, label: 'the bounds of its partitions' }] : []),
]

/** Expressions over this column alone, those of its domain included. */
export const ownConstraints = (
  facts: TableFacts,
  column: Column,
  constraints = constraintsOf(facts),
): readonly string[] => [
  ...constraints
    .filter((c) => c.columns.length === 1 && c.columns[0] === column.name)
    .map((c) => c.expression),
  ...column.domainChecks,
]
