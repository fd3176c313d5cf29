/**
 * By which columns a table's rows are somebody's: as it is declared (`t.isolatedBy`), and as the policies say that hold
 * for the application's role: `org_id = current_setting('app.org')::bigint and region = current_setting('app.region')`.
 */
import type { Architecture, Identity } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { columnsOf, constantOf, nameList, nodeParts, walk } from '../../rows/tree.ts'
import { comparisonsIn } from '../policies/identity-comparisons.ts'
import { carriedBy, settingsOfFields, type Carried } from './asker-fields.ts'

/** A row is seen by who brings the value that it has here. */
export interface IsolatingColumn {
  readonly column: string
  /** The part of who asks that it is compared with; '': of whom nothing more is known. */
  readonly field: string
}

export interface Isolation {
  /** At least one; each another field. */
  readonly columns: readonly IsolatingColumn[]
  /** Its own words for who asks, by the first column's value; null: the architecture's identity. */
  readonly who: IsolatedByRule['who']
}

/** Values by field. */
export type Asking = ReadonlyMap<string, string>

type Parts = Pick<Architecture, 'tables' | 'identity'>

const isIsolated = (rule: DeclaredRule): rule is IsolatedByRule => rule.kind === 'isolatedBy'

const anybody = ''

type Bodies = ReadonlyMap<string, readonly string[]>

const readBodies = (catalog: Catalog): Bodies => {
  const found = new Map<string, string[]>()
  for (const { kind, facts } of catalog.structures.values()) {
    if (kind !== 'function') continue
    const { name, body, statement } = facts as FunctionFacts
    found.set(name, [...(found.get(name) ?? []), body ?? statement])
  }
  return found
}

const bodies = new WeakMap<Catalog, Bodies>()

/** Texts of the functions that the schema has under a name. */
const bodiesOf = (name: string, catalog: Catalog): readonly string[] => {
  const known = bodies.get(catalog) ?? readBodies(catalog)
  bodies.set(catalog, known)
  return known.get(name) ?? []
}

/** What it names, also in the functions that it calls; null: it calls nothing that may know who asks. */
const wordsOf = (by: unknown, catalog: Catalog): string | null => {
  const words: string[] = []
  let calls = false
  walk(by, (kind, body, node) => {
    if (kind === 'FuncCall') {
      const name = nameList(body['funcname']).at(-1) ?? ''
      calls = true
      words.push(name, ...bodiesOf(name, catalog))
    }
    const constant = kind === 'A_Const' ? constantOf(node) : null
    if (constant !== null) words.push(`'${constant}'`)
  })
  return calls ? words.join('\n') : null
}

/** `tenants` and `tenant_id` are about the same thing. */
const stem = (name: string): string => name.toLowerCase().replace(/(?:_?ids?|s)$/u, '')

const nameOf = ({ setting, path }: Carried): string => path.at(-1) ?? setting.split('.').at(-1)!

/** The part of who asks that a column is compared with; null: the words are about other settings. */
const fieldFor = (column: string, words: string, carried: readonly Carried[]): string | null => {
  const named = carried.filter(({ setting }) => words.includes(`'${setting}'`))
  if (named.length === 0 && words.includes('current_setting')) return null
  const possible = named.length === 0 ? carried : named
  const onPath = possible.filter(({ path }) => path.length > 0 && path.every((name) => words.includes(name)))
  const left = onPath.length > 0 ? onPath : possible
  const alike = left.find((one) => [one.field, nameOf(one)].some((name) => stem(name) === stem(column)))
  return (alike ?? left[0])?.field ?? null
}

interface Seen {
  readonly own: ReadonlySet<string>
  readonly carried: readonly Carried[]
  readonly catalog: Catalog
}

const together = (some: readonly IsolatingColumn[]): readonly IsolatingColumn[] =>
  some.filter(({ field }, i) => some.findIndex((one) => one.field === field) === i)

/** The columns by whose values it lets a row through: all that AND joins, of alternatives the first. */
const columnsIn = (node: unknown, seen: Seen): readonly IsolatingColumn[] => {
  const [kind, body] = nodeParts(node) ?? []
  if (kind === 'BoolExpr') {
    const parts = (body!['args'] as readonly unknown[]).map((one) => columnsIn(one, seen))
    if (body!['boolop'] === 'AND_EXPR') return together(parts.flat())
    return body!['boolop'] === 'OR_EXPR' ? (parts.find(({ length }) => length > 0) ?? []) : []
  }
  return together(
    comparisonsIn(node).flatMap(({ column, by }) => {
      if (!seen.own.has(column) || columnsOf(by).length > 0) return []
      const words = wordsOf(by, seen.catalog)
      const field = words === null ? null : fieldFor(column, words, seen.carried)
      return field === null ? [] : [{ column, field }]
    }),
  )
}

const columnsOfPolicy = (using: string | null, seen: Seen): readonly IsolatingColumn[] => {
  if (using === null) return []
  try {
    return columnsIn(parseExpression(using), seen)
  } catch {
    return []
  }
}

/** Rows are seen by one permissive policy, and by all that restrict. */
const byPolicies = (table: string, identity: Identity, catalog: Catalog): readonly IsolatingColumn[] => {
  const carried = carriedBy(identity)
  if (carried.length === 0) return []
  const own = new Set((catalog.tables.get(table)?.columns ?? []).map(({ name }) => name))
  const seen: Seen = { own, carried, catalog }
  const policies = (catalog.of(table, 'policy') as readonly Structure<PolicyFacts>[])
    .map(({ facts }) => facts)
    .filter(({ roles }) => roles.some((role) => role === null || role === identity.role))
  const isRead = ({ command }: PolicyFacts): boolean => command === 'all' || command === 'select'
  const permissive = policies.filter((one) => one.permissive)
  const found = [...permissive.filter(isRead), ...permissive.filter((one) => !isRead(one))]
    .map(({ using }) => columnsOfPolicy(using, seen))
    .find(({ length }) => length > 0)
  const restrictive = policies.filter((one) => !one.permissive)
  return together([...(found ?? []), ...restrictive.flatMap(({ using }) => columnsOfPolicy(using, seen))])
}

/** The part of who asks that a declared column is about: what its policy says, or its own settings, or the names. */
const fieldOfDeclared = (
  { column, who }: IsolatedByRule,
  read: readonly IsolatingColumn[],
  identity: Identity | null,
): string => {
  const bound = read.find((one) => one.column === column)
  if (bound) return bound.field
  const carried = identity === null ? [] : carriedBy(identity)
  const fields = [...new Set(carried.map(({ field }) => field))]
  if (fields.length === 1) return fields[0]!
  if (who !== null) {
    const own = new Set(Object.keys(who('1')))
    return carried.find(({ setting }) => own.has(setting))?.field ?? anybody
  }
  return (
    carried.find((one) => nameOf(one) === column)?.field ??
    carried.find((one) => stem(nameOf(one)) === stem(column))?.field ??
    anybody
  )
}

/** What policies say follows from the catalog and from who asks, whatever architecture declares. */
const inferred = new WeakMap<Catalog, WeakMap<Identity, Map<string, readonly IsolatingColumn[]>>>()

const knownByPolicies = (table: string, identity: Identity, catalog: Catalog): readonly IsolatingColumn[] => {
  const ofCatalog = inferred.get(catalog) ?? new WeakMap<Identity, Map<string, readonly IsolatingColumn[]>>()
  inferred.set(catalog, ofCatalog)
  const known = ofCatalog.get(identity) ?? new Map<string, readonly IsolatingColumn[]>()
  ofCatalog.set(identity, known)
  const found = known.get(table) ?? byPolicies(table, identity, catalog)
  known.set(table, found)
  return found
}

/** Of a relation, by its id. Needs `loadParser()`. */
export const isolationOf = (table: string, architecture: Parts, catalog: Catalog): Isolation | undefined => {
  const declared = architecture.tables.find(({ id }) => id === table)?.rules.find(isIsolated)
  const { identity } = architecture
  const read = identity === null ? [] : knownByPolicies(table, identity, catalog)
  if (!declared) return read.length === 0 ? undefined : { columns: read, who: null }
  const own = { column: declared.column, field: fieldOfDeclared(declared, read, identity) }
  const others = read.filter(({ column }) => column !== declared.column)
  return { columns: together([own, ...others]), who: declared.who }
}

/** Columns of a relation that have one value in all rows that one asker sees. */
export const isolatingColumns = (table: string, architecture: Parts, catalog: Catalog): readonly string[] =>
  (isolationOf(table, architecture, catalog)?.columns ?? []).map(({ column }) => column)

/** Settings of who asks for rows with these values; what is not known of them has the first value. */
export const settingsFor = (
  isolation: Isolation | undefined,
  { identity }: Pick<Architecture, 'identity'>,
  asking: Asking,
): Readonly<Record<string, string>> => {
  const [first = '1'] = asking.values()
  const own = isolation?.who?.(asking.get(isolation.columns[0]!.field) ?? first) ?? {}
  if (identity === null || (isolation?.who && isolation.columns.length === 1)) return own
  return { ...settingsOfFields(identity, asking, first), ...own }
}
