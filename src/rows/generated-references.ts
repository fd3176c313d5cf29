/** Foreign keys whose columns are computed: which rows they point to follows from what is written into other columns. */
import { ident } from '../postgres/quote.ts'
import type { ReferenceFact, TableFacts } from './facts.ts'
import { columnsFor } from './read-facts.ts'
import type { ParentKeys } from './reference-groups.ts'
import type { RowConstraint } from './row-ground.ts'

/** That the row points to one of the parents' rows, said of the columns that it is computed from. */
export const throughGenerated = (
  facts: TableFacts,
  references: readonly ReferenceFact[],
  families: readonly number[],
  keys: ParentKeys,
): readonly RowConstraint[] =>
  references.flatMap((reference) => {
    const columns = reference.columns.flatMap(
      (name) => facts.table.columns.find((c) => c.name === name) ?? [],
    )
    if (columns.every(({ generated }) => generated === null)) return []
    const found = families.map((family) => keys(reference, family)).filter((key) => key !== null)
    const rows = [
      ...new Set(found.map((key) => reference.columns.map((name) => key[name] ?? 'null').join(', '))),
    ]
    if (rows.length === 0) return []
    const sides = columns.map((c) => (c.generated === null ? ident(c.name) : `(${c.default ?? 'null'})`))
    const expression = `(${sides.join(', ')}) in (${rows.map((row) => `(${row})`).join(', ')})`
    return [{ expression, columns: columnsFor(facts, expression), label: `FOREIGN KEY ${reference.name}` }]
  })
