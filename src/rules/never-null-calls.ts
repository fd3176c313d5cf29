/**
 * Functions that CHECKs and generated columns alone call, with what is never null: a row without a column
 * that has to have a value is refused by NOT NULL, whatever the function says of it. Whether they are called on null nobody can tell.
 */
import { hasValue, isRangeColumn } from '../catalog/expression/never-null.ts'
import type { FunctionFacts } from '../catalog/function.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { parseExpression } from '../postgres/parse.ts'
import { nameList, walk } from '../rows/tree.ts'
import type { Indistinct } from './rule-kind.ts'

const why = 'only CHECKs and generated columns call it, with values that are never null'

const isFunction = (s: Structure | undefined): s is Structure<FunctionFacts> => s?.kind === 'function'

interface Expressed {
  readonly expression: string
}

const isExpressed = (s: Structure): s is Structure<Expressed> => s.kind === 'check' || s.kind === 'generated'

/** Calls of it in the expression, each with values alone. */
const asksOfValues = (
  user: Structure<Expressed>,
  { facts }: Structure<FunctionFacts>,
  catalog: Catalog,
): boolean => {
  const columns = catalog.tables.get(user.table ?? '')?.columns ?? []
  const notNull = new Set(columns.filter((c) => c.notNull && c.generated === null).map((c) => c.name))
  const ranges = new Set(columns.filter(isRangeColumn).map((c) => c.name))
  const known = {
    isRequired: (name: string) => notNull.has(name),
    isRange: (name: string) => ranges.has(name),
  }
  let calls = 0
  let fits = true
  walk(parseExpression(user.facts.expression), (kind, body) => {
    if (kind !== 'FuncCall' || nameList(body['funcname']).at(-1) !== facts.name) return
    calls++
    const args = (body['args'] ?? []) as readonly unknown[]
    fits &&= args.every((arg) => hasValue(arg, known))
  })
  return calls > 0 && fits
}

/** In the body of another function. */
export const isNamedElsewhere = ({ id, name }: Structure, catalog: Catalog): boolean =>
  [...catalog.structures.values()].some(
    (s) => isFunction(s) && s.id !== id && s.facts.statement.includes(name),
  )

/** Of the functions that the structure calls, those that it is the first to call. */
export const strictnessUnseen = (structure: Structure, catalog: Catalog): readonly Indistinct[] =>
  structure.dependsOn.flatMap((id): readonly Indistinct[] => {
    const fn = catalog.structures.get(id)
    if (!isFunction(fn) || fn.facts.args.length === 0) return []
    const users = catalog.dependents(id)
    if (users[0]?.id !== structure.id || isNamedElsewhere(fn, catalog)) return []
    if (!users.every((user) => isExpressed(user) && asksOfValues(user, fn, catalog))) return []
    return ['strict', 'called-on-null'].map((does) => ({ structure: id, mutant: `${id}~${does}`, why }))
  })
