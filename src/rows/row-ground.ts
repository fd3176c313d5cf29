/** What every part of solving stands on: the session, the facts of all tables, and what a table's rows must obey. */
import type { Catalog } from '../catalog/structure.ts'
import type { Column, Table } from '../catalog/table.ts'
import { identList } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { ReferenceFact, TableFacts } from './facts.ts'
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

/** What every row of a table has to obey by itself. */
export interface RowConstraint {
  readonly expression: string
  readonly columns: readonly string[]
  readonly label: string
}

export const writableColumns = (table: Table): readonly Column[] =>
  table.columns.filter((c) => c.generated === null)

/** MATCH FULL: what points is null in all of its columns or in none. */
const bothOrNone = ({ table }: TableFacts, { full, columns }: ReferenceFact): readonly RowConstraint[] => {
  const isRequired = columns.every((name) => table.columns.find((c) => c.name === name)?.notNull)
  if (!full || columns.length < 2 || isRequired) return []
  const expression = `num_nulls(${identList(columns)}) in (0, ${columns.length})`
  return [{ expression, columns, label: `MATCH FULL of ${columns.join(', ')}` }]
}

/** What is not asked of a row. */
interface Ignored {
  readonly check?: (check: { readonly name: string | null; readonly expression: string }) => boolean
  readonly reference?: (reference: ReferenceFact) => boolean
}

/** CHECKs, the partition's condition, and what MATCH FULL asks for beside a parent. */
export const constraintsOf = (facts: TableFacts, ignored: Ignored = {}): readonly RowConstraint[] => [
  ...facts.checks
    .filter((c) => !ignored.check?.(c))
    .map((c) => ({ ...c, label: c.name === null ? `CHECK (${c.expression})` : `CHECK ${c.name}` })),
  ...(facts.partition ? [{ ...facts.partition, label: 'the bounds of its partitions' }] : []),
  ...facts.references.filter((ref) => !ignored.reference?.(ref)).flatMap((ref) => bothOrNone(facts, ref)),
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
