/**
 * By which columns a table's rows are somebody's: as it is declared (`t.isolatedBy`), and as the policies say that hold
 * for the application's role: `org_id = current_setting('app.org')::bigint and region = current_setting('app.region')`,
 * and by which other tables (`members.ts`).
 */
import type { Architecture, Identity } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { columnsOf, constantOf, nameList, nodeParts, walk } from '../../rows/tree.ts'
import { comparisonsIn } from '../policies/identity-comparisons.ts'
import { carriedBy, settingsOfFields, type Carried } from './asker-fields.ts'
import { membersReader, type Instead, type Members } from './members.ts'

/** A row is seen by who brings the value that it has here. */
export interface IsolatingColumn {
  readonly column: string
  /** The part of who asks that it is compared with; '': of whom nothing more is known. */
  readonly field: string
}

export interface Isolation {
  /** Each another field. There is one, or a table that says whose rows they are. */
  readonly columns: readonly IsolatingColumn[]
  /** Other tables that say it; several of one field have to agree. */
  readonly members: readonly Members[]
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

type Whose = Pick<Isolation, 'columns' | 'members'>

interface Seen {
  readonly own: ReadonlySet<string>
  readonly carried: readonly Carried[]
  readonly catalog: Catalog
  readonly membersIn: (node: unknown) => Members | null
}

const nobodys: Whose = { columns: [], members: [] }

const isKnown = ({ columns, members }: Whose): boolean => columns.length + members.length > 0

const together = (some: readonly Whose[]): Whose => {
  const columns = some.flatMap((one) => one.columns)
  return {
    columns: columns.filter(({ field }, i) => columns.findIndex((one) => one.field === field) === i),
    members: some.flatMap((one) => one.members),
  }
}

/** By what it lets a row through: all that AND joins, of alternatives the first. */
const whoseIn = (node: unknown, seen: Seen): Whose => {
  const [kind, body] = nodeParts(node) ?? []
  if (kind === 'BoolExpr') {
    const parts = (body!['args'] as readonly unknown[]).map((one) => whoseIn(one, seen))
    if (body!['boolop'] === 'AND_EXPR') return together(parts)
    return body!['boolop'] === 'OR_EXPR' ? (parts.find(isKnown) ?? nobodys) : nobodys
  }
  const members = seen.membersIn(node)
  if (members !== null) return { columns: [], members: [members] }
  const columns = comparisonsIn(node).flatMap(({ column, by }) => {
    if (!seen.own.has(column) || columnsOf(by).length > 0) return []
    const words = wordsOf(by, seen.catalog)
    const field = words === null ? null : fieldFor(column, words, seen.carried)
    return field === null ? [] : [{ column, field }]
  })
  return together([{ columns, members: [] }])
}

const whoseByPolicy = (using: string | null, seen: Seen): Whose => {
  if (using === null) return nobodys
  try {
    return whoseIn(parseExpression(using), seen)
  } catch {
    return nobodys
  }
}

/** Rows are seen by one permissive policy, and by all that restrict. */
const byPolicies = (id: string, identity: Identity, catalog: Catalog): Whose => {
  const carried = carriedBy(identity)
  const table = catalog.tables.get(id)
  if (carried.length === 0) return nobodys
  const fieldOf = (column: string, by: unknown): string | null => {
    const words = wordsOf(by, catalog)
    return words === null ? null : fieldFor(column, words, carried)
  }
  const own = new Set((table?.columns ?? []).map(({ name }) => name))
  const membersIn = table ? membersReader({ catalog, table, fieldOf }) : () => null
  const seen: Seen = { own, carried, catalog, membersIn }
  const policies = (catalog.of(id, 'policy') as readonly Structure<PolicyFacts>[])
    .map(({ facts }) => facts)
    .filter(({ roles }) => roles.some((role) => role === null || role === identity.role))
  const isRead = ({ command }: PolicyFacts): boolean => command === 'all' || command === 'select'
  const permissive = policies.filter((one) => one.permissive)
  const found = [...permissive.filter(isRead), ...permissive.filter((one) => !isRead(one))]
    .map(({ using }) => whoseByPolicy(using, seen))
    .find(isKnown)
  const restrictive = policies.filter((one) => !one.permissive)
  return together([found ?? nobodys, ...restrictive.map(({ using }) => whoseByPolicy(using, seen))])
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
const inferred = new WeakMap<Catalog, WeakMap<Identity, Map<string, Whose>>>()

const knownByPolicies = (table: string, identity: Identity, catalog: Catalog): Whose => {
  const ofCatalog = inferred.get(catalog) ?? new WeakMap<Identity, Map<string, Whose>>()
  inferred.set(catalog, ofCatalog)
  const known = ofCatalog.get(identity) ?? new Map<string, Whose>()
  ofCatalog.set(identity, known)
  const found = known.get(table) ?? byPolicies(table, identity, catalog)
  known.set(table, found)
  return found
}

/** Of a relation, by its id. Needs `loadParser()`. */
export const isolationOf = (table: string, architecture: Parts, catalog: Catalog): Isolation | undefined => {
  const declared = architecture.tables.find(({ id }) => id === table)?.rules.find(isIsolated)
  const { identity } = architecture
  const read = identity === null ? nobodys : knownByPolicies(table, identity, catalog)
  if (!declared) return isKnown(read) ? { ...read, who: null } : undefined
  const own = { column: declared.column, field: fieldOfDeclared(declared, read.columns, identity) }
  const columns = [own, ...read.columns.filter(({ column }) => column !== declared.column)]
  return { ...together([{ columns, members: read.members }]), who: declared.who }
}

/** Whether rows are one by one what these columns say. */
const areKey = (table: string, columns: readonly string[], catalog: Catalog): boolean =>
  (['primaryKey', 'unique'] as const)
    .flatMap((kind) => catalog.of(table, kind) as readonly Structure<KeyFacts>[])
    .some(({ facts }) => facts.keys.every(({ column }) => column !== null && columns.includes(column)))

/** Other tables that say of each row by itself who sees it. */
export const rowByRow = (table: string, { members }: Whose, catalog: Catalog): readonly Members[] =>
  members.filter((one) => areKey(table, one.columns, catalog))

/** Columns of a relation that have one value in all rows that one asker sees. */
export const isolatingColumns = (table: string, architecture: Parts, catalog: Catalog): readonly string[] =>
  (isolationOf(table, architecture, catalog)?.columns ?? []).map(({ column }) => column)

/** And those by which other tables say whose its rows are: one asker sees rows of few values. */
export const tellingColumns = (table: string, architecture: Parts, catalog: Catalog): readonly string[] => {
  const whose = isolationOf(table, architecture, catalog) ?? nobodys
  const { columns, members } = whose
  const alone = rowByRow(table, whose, catalog)
  const shared = members.filter((one) => !alone.includes(one))
  return [...new Set([...columns.map(({ column }) => column), ...shared.flatMap((one) => one.columns)])]
}

/** The parts of who asks that its rows are told apart by. */
export const fieldsOf = ({ columns, members }: Whose): readonly string[] => [
  ...new Set([...columns, ...members].map(({ field }) => field)),
]

/** SQL of a select of all who see a row, as one text column; of one part of who asks, which tells its rows apart. */
export const askersOf = (
  { columns, members }: Whose,
  field: string,
  alias: string,
  instead?: Instead,
): string =>
  [
    ...columns
      .filter((one) => one.field === field)
      .map(({ column }) => `select (${ident(alias)}.${ident(column)})::text as who`),
    ...members.filter((one) => one.field === field).map((one) => one.sql(alias, instead)),
  ].join('\nintersect\n')

/** No other table says it: the asker's value is that of a column. */
export const isPlain = ({ members }: Whose, field: string): boolean =>
  members.every((one) => one.field !== field)

/** Columns of the row that say who sees it, for one part of who asks. */
export const columnsFor = ({ columns, members }: Whose, field: string): readonly string[] => {
  const own = columns.filter((one) => one.field === field).map(({ column }) => column)
  const named = members.filter((one) => one.field === field).flatMap((one) => one.columns)
  return [...new Set([...own, ...named])]
}

/**
 * SQL of a select of who sees rows with which values of these columns: each pair once, the asker as `assay_who`. `rows`:
 * what stands in a FROM as `own`.
 */
export const seenSql = (whose: Whose, field: string, rows: string, instead?: Instead): string => {
  const columns = columnsFor(whose, field).map((column) => `own.${ident(column)}`)
  const list = columns.length === 0 ? 'true' : columns.join(', ')
  return `select distinct ${[...columns, 'asker.who as assay_who'].join(', ')}
    from (select distinct ${list} from ${rows}) own
   cross join lateral (${askersOf(whose, field, 'own', instead)}) asker(who)
   where asker.who is not null`
}

/** That a row is somebody's. `value`: SQL of a text, null: anybody's; `seen`: what `seenSql` is called. */
export const isSeenBy = (
  whose: Whose,
  field: string,
  { alias, value, seen }: { readonly alias: string; readonly value: string | null; readonly seen: string },
): string => {
  const columns = columnsFor(whose, field)
  if (isPlain(whose, field))
    return value === null ? 'true' : `(${ident(alias)}.${ident(columns[0]!)})::text = ${value}`
  const among = `from ${ident(seen)} seen${value === null ? '' : ` where seen.assay_who = ${value}`}`
  if (columns.length === 0) return `exists (select ${among})`
  const own = columns.map((column) => `${ident(alias)}.${ident(column)}`)
  return `(${own.join(', ')}) in (select ${columns.map((column) => `seen.${ident(column)}`).join(', ')} ${among})`
}

/** Settings of who asks for rows with these values; what is not known of them has the first value. */
export const settingsFor = (
  isolation: Isolation | undefined,
  { identity }: Pick<Architecture, 'identity'>,
  asking: Asking,
): Readonly<Record<string, string>> => {
  const [first = '1'] = asking.values()
  const [declared] = isolation?.columns ?? []
  const own = (declared && isolation?.who?.(asking.get(declared.field) ?? first)) ?? {}
  if (identity === null || (isolation?.who && fieldsOf(isolation).length === 1)) return own
  return { ...settingsOfFields(identity, asking, first), ...own }
}
