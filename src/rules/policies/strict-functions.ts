/**
 * Functions that are called by policies alone, with columns that are never null: whether they are called on null nobody
 * can tell. A row that is written without such a column is refused either way, by the policy or by NOT NULL.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { columnOf, constantOf, nameList, walk } from '../../rows/tree.ts'
import type { Indistinct } from '../rule-kind.ts'
import type { Reading } from './reading.ts'

const why = 'only policies call it, with columns that are never null'

/** Whether each call of the function in the expression has arguments that cannot be null. */
const isCalledWithValues = (sql: string, name: string, notNull: ReadonlySet<string>): boolean => {
  let fits = true
  walk(parseExpression(sql), (kind, body) => {
    // Columns of a subquery are of other tables.
    if (kind === 'SelectStmt' && JSON.stringify(body).includes(JSON.stringify(name))) {
      const from = body['fromClause']
      if (Array.isArray(from) && from.length > 0) fits = false
    }
    if (kind !== 'FuncCall' || nameList(body['funcname']).at(-1) !== name) return
    const args = (body['args'] ?? []) as readonly unknown[]
    fits &&= args.every((arg) => notNull.has(columnOf(arg) ?? '') || constantOf(arg) !== null)
  })
  return fits
}

const isCalledByPoliciesAlone = (id: string, { name }: FunctionFacts, catalog: Catalog): boolean =>
  catalog.dependents(id).every((s) => s.kind === 'policy') &&
  [...catalog.structures.values()].every(
    (s) => s.kind !== 'function' || s.id === id || !(s.facts as FunctionFacts).statement.includes(name),
  )

/** Of the functions that the policies call themselves. */
export const indistinctStrictness = (catalog: Catalog, { functions }: Reading): readonly Indistinct[] =>
  [...catalog.structures.values()].flatMap((structure): readonly Indistinct[] => {
    if (structure.kind !== 'function') return []
    const facts = structure.facts as FunctionFacts
    if (!functions.includes(facts) || facts.args.length === 0) return []
    const callers = catalog.dependents(structure.id) as readonly Structure<PolicyFacts>[]
    const isTold =
      !isCalledByPoliciesAlone(structure.id, facts, catalog) ||
      callers.some(({ table, facts: { using, withCheck } }) => {
        const columns = catalog.tables.get(table ?? '')?.columns ?? []
        const notNull = new Set(columns.filter((c) => c.notNull).map((c) => c.name))
        return [using, withCheck].some((sql) => sql !== null && !isCalledWithValues(sql, facts.name, notNull))
      })
    if (isTold) return []
    return ['strict', 'called-on-null'].map((does) => ({
      structure: structure.id,
      mutant: `${structure.id}~${does}`,
      why,
    }))
  })
