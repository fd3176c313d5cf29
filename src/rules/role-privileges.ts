/** What a role may do with a table now, column by column, as PostgreSQL itself answers it. */
import {
  tablePrivileges,
  type ColumnPrivilege,
  type TablePrivilege,
} from '../architecture/kinds/visible-to.ts'
import type { Table } from '../catalog/table.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

export const columnPrivileges: readonly ColumnPrivilege[] = ['select', 'insert', 'update', 'references']

export interface RolePrivileges {
  /** On the whole table (for a column privilege: on every column, now and later). MAINTAIN is PostgreSQL 17's. */
  readonly table: Readonly<Record<TablePrivilege, boolean>>
  /** Columns in order that the role may use, through the table or the column. */
  readonly columns: Readonly<Record<ColumnPrivilege, readonly string[]>>
  readonly schemaUsage: boolean
  /** The role owns the table, or inherits from its owner: privileges do not bind it. */
  readonly isOwner: boolean
}

/** Table privileges that this major version knows, as PostgreSQL spells them. */
export const privilegesOf = (major: number): readonly TablePrivilege[] =>
  tablePrivileges.filter((privilege) => privilege !== 'maintain' || major >= 17)

/** The relation as an SQL expression of type regclass. */
export const regclass = (table: Pick<Table, 'schema' | 'name'>): string =>
  `${literal(qualified(table))}::regclass`

/** Table-wide privileges that `role` (or `public`) has, one per row, in a stable order. */
export const heldTablePrivileges = (role: string, table: Table, major: number): string => `
select privilege
  from unnest(array[${privilegesOf(major).map(literal).join(', ')}]) with ordinality p(privilege, n)
 where has_table_privilege(${literal(role)}, ${regclass(table)}, privilege)
 order by n`

/** Columns that `role` (or `public`) may use for a column privilege, one per row, in the table's order. */
const heldColumns = (role: string, table: Table, privilege: ColumnPrivilege): string => `
select attname
  from pg_catalog.pg_attribute
 where attrelid = ${regclass(table)} and attnum > 0 and not attisdropped
   and has_column_privilege(${literal(role)}, attrelid, attnum, ${literal(privilege)})
 order by attnum`

/** Privilege and column for every column that `role` (or `public`) may use, in the order of both. */
export const heldColumnPrivileges = (role: string, table: Table): string => `
select privilege, attname
  from unnest(array[${columnPrivileges.map(literal).join(', ')}]) with ordinality p(privilege, n),
       pg_catalog.pg_attribute
 where attrelid = ${regclass(table)} and attnum > 0 and not attisdropped
   and has_column_privilege(${literal(role)}, attrelid, attnum, privilege)
 order by n, attnum`

/** Privileges that `role` (or `public`) has on the table or on any column of it; `option`: to hand on. */
export const heldAnywhere = (role: string, table: Table, major: number, option = ''): string => `
select privilege
  from unnest(array[${privilegesOf(major).map(literal).join(', ')}]) with ordinality p(privilege, n)
 where has_table_privilege(${literal(role)}, ${regclass(table)}, privilege || ${literal(option)})
    or case when privilege in (${columnPrivileges.map(literal).join(', ')})
            then has_any_column_privilege(${literal(role)}, ${regclass(table)}, privilege || ${literal(option)}) end
 order by n`

interface Held {
  readonly table: readonly TablePrivilege[]
  readonly select: readonly string[]
  readonly insert: readonly string[]
  readonly update: readonly string[]
  readonly references: readonly string[]
  readonly schema_usage: boolean
  readonly is_owner: boolean
}

const heldBy = (role: string, table: Table, major: number): string => `
select array(${heldTablePrivileges(role, table, major)}) as "table",
${columnPrivileges.map((p) => `       array(${heldColumns(role, table, p)}) as "${p}"`).join(',\n')},
       has_schema_privilege(${literal(role)}, c.relnamespace, 'USAGE') as schema_usage,
       pg_has_role(${literal(role)}, c.relowner, 'USAGE') as is_owner
  from pg_catalog.pg_class c
 where c.oid = ${regclass(table)}`

/** Null when the role does not exist. */
export const readRolePrivileges = async (
  db: Session,
  role: string,
  table: Table,
  major: number,
): Promise<RolePrivileges | null> => {
  const known = await db.json(`select 1 from pg_catalog.pg_roles where rolname = ${literal(role)}`)
  if (known.length === 0) return null
  const [held] = await db.json<Held>(heldBy(role, table, major))
  const has = (privilege: TablePrivilege | 'maintain'): boolean => held!.table.includes(privilege)
  return {
    table: {
      select: has('select'),
      insert: has('insert'),
      update: has('update'),
      delete: has('delete'),
      truncate: has('truncate'),
      references: has('references'),
      trigger: has('trigger'),
      maintain: has('maintain'),
    },
    columns: {
      select: held!.select,
      insert: held!.insert,
      update: held!.update,
      references: held!.references,
    },
    schemaUsage: held!.schema_usage,
    isOwner: held!.is_owner,
  }
}
