/** The queries of views as parse trees, so that a query over a view is read down to its tables. */
import { fieldsOf } from '../../catalog/expression/tree.ts'
import type { Fields } from '../../catalog/query/tree.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { relationObjectId } from '../../catalog/uses.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { parseExpression } from '../../postgres/parse.ts'
import type { ViewQuery } from './query-scope.ts'

const parsed = new WeakMap<object, Fields | null>()

const selectOf = ({ facts }: Structure<ViewFacts>): Fields | null => {
  const known = parsed.get(facts)
  if (known !== undefined) return known
  let select: Fields | null
  try {
    const tree = parseExpression(`(${facts.definition.trim().replace(/;$/u, '')}\n)`)
    select = fieldsOf(fieldsOf(tree, 'SubLink')?.['subselect'], 'SelectStmt') ?? null
  } catch {
    select = null
  }
  parsed.set(facts, select)
  return select
}

/** The parser must be loaded. */
export const viewQueries =
  (catalog: Catalog): ViewQuery =>
  ({ schema, name }) => {
    for (const kind of ['view', 'materializedView']) {
      const found = catalog.structures.get(relationObjectId(kind, { schema: schema ?? 'public', name }))
      if (found) return selectOf(found as Structure<ViewFacts>)
    }
    return null
  }
