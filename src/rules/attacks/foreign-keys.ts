/** Foreign keys of a table and to it, with the mend that binds one to its tenant. */
import type { Session } from '../../postgres/session.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import { regclass } from '../role-privileges.ts'

export interface ForeignKey {
  readonly name: string
  /** Schema and name of the referencing table and of the one referred to. */
  readonly from: { readonly schema: string; readonly name: string }
  readonly to: { readonly schema: string; readonly name: string }
  readonly columns: readonly string[]
  readonly targetColumns: readonly string[]
  /** Types of the target's columns, for a tenant column that the other side still lacks. */
  readonly targetTypes: Readonly<Record<string, string>>
  /** What follows the columns in its definition: actions, match, deferrability. */
  readonly options: string
}

const foreignKeys = (table: Table): string => `
select c.conname as name,
       json_build_object('schema', fn.nspname, 'name', f.relname) as "from",
       json_build_object('schema', tn.nspname, 'name', t.relname) as "to",
       array(select a.attname from unnest(c.conkey) with ordinality k(attnum, n)
               join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum order by n) as columns,
       array(select a.attname from unnest(c.confkey) with ordinality k(attnum, n)
               join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum order by n) as "targetColumns",
       (select json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum)
          from pg_catalog.pg_attribute a
         where a.attrelid = c.confrelid and a.attnum > 0 and not a.attisdropped) as "targetTypes",
       coalesce(substring(pg_get_constraintdef(c.oid) from 'REFERENCES .*?\\([^)]*\\)(.*)$'), '') as options
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class f on f.oid = c.conrelid
  join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
  join pg_catalog.pg_class t on t.oid = c.confrelid
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
 where c.contype = 'f' and c.conparentid = 0 and (c.conrelid = ${regclass(table)} or c.confrelid = ${regclass(table)})
 order by fn.nspname, f.relname, c.conname`

export const readForeignKeys = (db: Session, table: Table): Promise<ForeignKey[]> =>
  db.json<ForeignKey>(foreignKeys(table))

export interface BoundMendParts {
  readonly from: Table
  /** The referencing table's tenant column; null where it has none. */
  readonly fromColumn: string | null
  readonly targetColumn: string
  /** Columns of the unique keys that the target has already. */
  readonly targetKeys: readonly (readonly string[])[]
  /** SQL that is true of the session's tenant, over the tenant column. */
  readonly predicate: string
  readonly major: number
}

/** SET NULL would take the tenant away with the rest: from PostgreSQL 15 on the action names its columns, before it restricts. */
const optionsFor = (key: ForeignKey, columns: readonly string[], major: number): string =>
  major < 15
    ? key.options.replace(/ON DELETE SET (?:NULL|DEFAULT)/u, 'ON DELETE RESTRICT')
    : key.options.replace(
        /ON DELETE SET (?:NULL|DEFAULT)(?! \()/u,
        (found) => `${found} (${identList(columns)})`,
      )

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((c) => b.includes(c))

const remade = (key: ForeignKey, column: string, parts: BoundMendParts): readonly string[] => {
  const { targetColumn, targetKeys, major } = parts
  const others = key.columns.filter((c) => c !== column)
  const targets = [
    targetColumn,
    ...key.targetColumns.filter((t, i) => key.columns[i] !== column && t !== targetColumn),
  ]
  const name = ident(key.name)
  const unique = `alter table ${qualified(key.to)} add unique (${identList(targets)});`
  const references = `references ${qualified(key.to)} (${identList(targets)})${optionsFor(key, others, major)}`
  return [
    ...(targetKeys.some((columns) => isSameSet(columns, targets)) ? [] : [unique]),
    `alter table ${qualified(key.from)} drop constraint ${name}, add constraint ${name} foreign key (${identList([column, ...others])}) ${references};`,
  ]
}

/** A tenant column for a table that has none, filled from what its rows point at, and its isolation. */
const isolated = (key: ForeignKey, { from, targetColumn, predicate }: BoundMendParts): readonly string[] => {
  const table = qualified(from)
  const column = ident(targetColumn)
  const policy = ident(`${from.name}_isolated_by_${targetColumn}`)
  const join = key.columns.map((c, i) => `t.${ident(key.targetColumns[i]!)} = ${table}.${ident(c)}`)
  return [
    `alter table ${table} add column ${column} ${key.targetTypes[targetColumn] ?? 'text'};`,
    `update ${table} set ${column} = (select t.${column} from ${qualified(key.to)} t where ${join.join(' and ')});`,
    `alter table ${table} alter column ${column} set not null, enable row level security, force row level security;`,
    `create policy ${policy} on ${table} using (${predicate}) with check (${predicate});`,
  ]
}

/** The foreign key made once again with the tenant in it, and the unique key that it needs on the other side. */
export const boundMend = (key: ForeignKey, parts: BoundMendParts): string => {
  const { from, fromColumn, targetColumn } = parts
  const at = key.targetColumns.indexOf(targetColumn)
  // The key names the target's tenant outright: then it has to be one's own.
  if (fromColumn !== null && at >= 0 && key.columns[at] !== fromColumn)
    return `alter table ${qualified(from)} add check (${ident(key.columns[at]!)} = ${ident(fromColumn)});`
  return (
    fromColumn === null
      ? [...isolated(key, parts), ...remade(key, targetColumn, parts)]
      : remade(key, fromColumn, parts)
  ).join('\n')
}
