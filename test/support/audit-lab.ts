/** Migrations of audited architectures, made of what their rules design. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { ident, qualified } from '../../src/postgres/quote.ts'
import { kindOf } from '../../src/rules/kinds.ts'

const order = ['required', 'identity', 'primaryKey', 'unique', 'references']
/** Guards and audit triggers come last, the log's own before those that write to it. */
const last = ['auditLog', 'audited', 'versioned', 'visibleTo']

const rank = (kind: string): number =>
  order.includes(kind) ? order.indexOf(kind) : last.includes(kind) ? 100 + last.indexOf(kind) : order.length

/** Bare tables, then each rule's DDL: `before` is what they need (roles, types). */
export const designedMigration = (
  architecture: Architecture,
  before: readonly string[] = [],
  major?: number,
  /** Ids of tables that `before` makes, with all but their audit and their grants. */
  made: readonly string[] = [],
): string => {
  const schemas = new Set(
    architecture.tables.map((table) => table.schema).filter((name) => name !== 'public'),
  )
  const bare = architecture.tables
    .filter((table) => !made.includes(table.id))
    .map(
      (table) =>
        `create table ${qualified(table)} (${table.columns.map((c) => `${ident(c.name)} ${c.type}`).join(', ')})`,
    )
  const rules = architecture.tables.flatMap((table) =>
    made.includes(table.id) ? table.rules.filter((rule) => last.includes(rule.kind)) : table.rules,
  )
  const design = rules
    .toSorted((a, b) => rank(a.kind) - rank(b.kind))
    .flatMap((rule) => kindOf(rule).design(rule, architecture, major))
    .map((sql) => sql.replace(/;\s*$/u, ''))
  return [
    ...before,
    ...[...schemas].map((name) => `create schema ${ident(name)}`),
    ...bare,
    ...new Set(design),
  ].join(';\n')
}

/** Roles of tests belong to the whole server. */
export const makeRole = (name: string): string =>
  `do $$ begin create role ${ident(name)}; exception when duplicate_object then null; end $$`
