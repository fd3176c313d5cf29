/** The user's triggers and rewrite rules of a table asleep: what a rule is about must not be answered by them. */
import type { ReferencesFacts } from '../catalog/foreign-key.ts'
import type { RewriteRuleFacts } from '../catalog/rewrite-rule.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { literal, qualified } from '../postgres/quote.ts'
import { setAsideSql, toAside } from '../rows/asides.ts'
import type { RuleContext } from './rule-kind.ts'

const isDeferred = ({ facts }: Structure): boolean => {
  const { deferred, deferrable } = facts as { readonly deferred?: boolean; readonly deferrable?: unknown }
  return deferred === true || deferrable === 'deferred'
}

const known = new WeakMap<Catalog, ReadonlySet<string>>()

/** Ids of tables for which checks may wait until the end: of their own constraints, and of foreign keys that lead to them. */
const waitingTables = (catalog: Catalog): ReadonlySet<string> => {
  const found =
    known.get(catalog) ??
    new Set(
      [...catalog.structures.values()]
        .filter(isDeferred)
        .flatMap(({ table, facts }) => [table ?? '', (facts as Partial<ReferencesFacts>).target ?? '']),
    )
  known.set(catalog, found)
  return found
}

const settling =
  'declare one record; begin for one in select n.nspname, k.conname from pg_catalog.pg_constraint k '

/** Asks deferred constraints now, or as late as they say; nothing else. */
export const isSettling = (sql: string): boolean => sql.startsWith(`do '${settling}`)

/**
 * The table's deferred constraints are asked now, or as late as they say. Those that a mutant took are not among them,
 * nor those that share their name with one that cannot be deferred: SET CONSTRAINTS takes a name for all.
 */
const settle = (table: Table, when: 'immediate' | 'deferred'): string => {
  const relation = `pg_catalog.to_regclass(${literal(qualified(table))})`
  const alike =
    'select from pg_catalog.pg_constraint o where o.conname = k.conname and o.connamespace = k.connamespace and not o.condeferrable'
  return `do ${literal(
    settling +
      `join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferred and (k.conrelid = ${relation} or k.confrelid = ${relation}) ` +
      `and not exists (${alike}) loop execute pg_catalog.format('set constraints %I.%I ${when}', one.nspname, one.conname); end loop; end`,
  )}`
}

/** PostgreSQL alters no table for which deferred checks still wait: they are asked before. */
export const settled = (catalog: Catalog, table: Table, ddl: readonly string[]): readonly string[] =>
  ddl.length > 0 && waitingTables(catalog).has(table.id)
    ? [settle(table, 'immediate'), ...ddl, settle(table, 'deferred')]
    : ddl

const rewritesOf = (catalog: Catalog, table: Table, which: 'all' | 'instead'): readonly string[] =>
  (catalog.of(table.id, 'rule') as readonly Structure<RewriteRuleFacts>[])
    .filter(({ facts }) => facts.enabled !== 'D' && (which === 'all' || facts.isInstead))
    .flatMap((structure) => toAside(catalog, structure, '') ?? [])
    .map(setAsideSql)

/** A session keeps the plans of foreign keys as they were rewritten before: they are forgotten. */
const forgetting = (disabled: readonly string[]): readonly string[] =>
  disabled.length === 0 ? [] : [...disabled, 'discard plans']

/** Disables the table's rewrite rules, or those of them that do something instead of the statement. */
export const withoutRewrites = (
  { catalog }: RuleContext,
  table: Table,
  which: 'all' | 'instead' = 'all',
): readonly string[] => settled(catalog, table, forgetting(rewritesOf(catalog, table, which)))

/** Disables the user's triggers and rewrite rules of those tables that have some. */
export const quieted = ({ catalog }: RuleContext, tables: readonly Table[]): readonly string[] =>
  tables.flatMap((table) => {
    const hasTriggers = catalog.of(table.id, 'trigger').length > 0
    return settled(catalog, table, [
      ...(hasTriggers ? [`alter table ${qualified(table)} disable trigger user`] : []),
      ...forgetting(rewritesOf(catalog, table, 'all')),
    ])
  })
