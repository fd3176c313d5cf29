/**
 * By which column a table's rows are somebody's: as it is declared (`t.isolatedBy`), or as the policy says that holds for
 * the application's role: `org_id = current_setting('app.org')::bigint`.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { columnsOf, constantOf, nameList, walk } from '../../rows/tree.ts'
import { settingsOf } from '../isolated-by/identity.ts'
import { identityComparisons } from '../policies/identity-comparisons.ts'

export type Isolation = Pick<IsolatedByRule, 'column' | 'who'>

type Parts = Pick<Architecture, 'tables' | 'identity'>

const isIsolated = (rule: DeclaredRule): rule is IsolatedByRule => rule.kind === 'isolatedBy'

/** Names of the settings that it reads, and whether it calls anything that may know who asks. */
const askedIn = (node: unknown): { readonly settings: readonly string[]; readonly calls: boolean } => {
  const settings: string[] = []
  let calls = false
  walk(node, (kind, body) => {
    if (kind !== 'FuncCall') return
    calls = true
    const [first] = Array.isArray(body['args']) ? (body['args'] as readonly unknown[]) : []
    const setting = nameList(body['funcname']).at(-1) === 'current_setting' ? constantOf(first) : null
    if (setting !== null) settings.push(setting)
  })
  return { settings, calls }
}

/** The column of the table that a policy compares with what the asker brings. */
const columnIn = (using: string, own: ReadonlySet<string>, carrying: ReadonlySet<string>): string | null =>
  identityComparisons(using).find(({ column, by }) => {
    if (!own.has(column) || columnsOf(by).length > 0) return false
    const { settings, calls } = askedIn(by)
    return settings.length > 0 ? settings.some((name) => carrying.has(name)) : calls
  })?.column ?? null

/** A settings function may take numbers alone, or uuids alone. */
const askers: readonly (readonly [string, string])[] = [
  ['1', '2'],
  ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'],
]

/** Settings whose value follows from who asks; none: it is always the same. */
const carryingIn = (architecture: Parts): ReadonlySet<string> => {
  for (const [one, other] of askers)
    try {
      const [first, second] = [one, other].map((who) => settingsOf({ who: null }, architecture, who))
      return new Set(Object.keys(first!).filter((name) => first![name] !== second![name]))
    } catch {
      // The next ones are of another kind.
    }
  return new Set()
}

const byPolicy = (table: string, architecture: Parts, catalog: Catalog): Isolation | undefined => {
  const { identity } = architecture
  if (identity === null) return undefined
  const own = new Set((catalog.tables.get(table)?.columns ?? []).map(({ name }) => name))
  const carrying = carryingIn(architecture)
  if (carrying.size === 0) return undefined
  for (const { facts } of catalog.of(table, 'policy') as readonly Structure<PolicyFacts>[]) {
    const holds = facts.permissive && facts.roles.some((role) => role === null || role === identity.role)
    const column = holds && facts.using !== null ? columnIn(facts.using, own, carrying) : null
    if (column !== null) return { column, who: null }
  }
  return undefined
}

const inferred = new WeakMap<Catalog, Map<string, Isolation | undefined>>()

/** Of a relation, by its id. Needs `loadParser()`. */
export const isolationOf = (table: string, architecture: Parts, catalog: Catalog): Isolation | undefined => {
  const declared = architecture.tables.find(({ id }) => id === table)?.rules.find(isIsolated)
  if (declared) return declared
  const known = inferred.get(catalog) ?? new Map<string, Isolation | undefined>()
  inferred.set(catalog, known)
  if (!known.has(table)) known.set(table, byPolicy(table, architecture, catalog))
  return known.get(table)
}
