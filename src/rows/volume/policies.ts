/**
 * Policies that bind the owner of a table, who writes its rows: made-up rows are of all tenants at once. In the
 * transaction of each chunk they bind it no longer, and again before its end: nobody else sees that moment.
 */
import type { RelationName } from '../../ground/names.ts'
import type { Table } from '../../catalog/table.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

export const passPolicies = (tables: readonly RelationName[]): readonly string[] =>
  tables.map((table) => `alter table ${qualified(table)} no force row level security`)

export const bindOwners = (tables: readonly RelationName[]): readonly string[] =>
  tables.map((table) => `alter table ${qualified(table)} force row level security`)

export interface Bound {
  readonly table: Table
  /** The role may say that policies bind owners no longer. */
  readonly isOwn: boolean
}

/** Those among the tables whose policies bind the role of the session. */
export const boundBy = async (db: Session, tables: readonly Table[]): Promise<readonly Bound[]> => {
  if (tables.length === 0) return []
  const each = tables.map((table, at) => `(${at}, ${literal(qualified(table))}::pg_catalog.regclass)`)
  const found = await db.json<{ readonly at: number; readonly own: boolean }>(
    `select t.at, c.relforcerowsecurity and pg_catalog.pg_has_role(c.relowner, 'usage') as own
  from (values ${each.join(', ')}) as t (at, relation)
  join pg_catalog.pg_class c on c.oid = t.relation
 where pg_catalog.row_security_active(t.relation)
 order by t.at`,
  )
  return found.map(({ at, own }) => ({ table: tables[at]!, isOwn: own }))
}
