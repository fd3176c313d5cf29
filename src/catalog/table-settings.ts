/**
 * How a table is stored and sent: its storage parameters, replica identity, the index that it is clustered on, and what
 * ALTER COLUMN sets of storage, compression and statistics. None of it changes an answer.
 */
import { relationId, structureId, type RelationName } from '../ground/names.ts'
import type { StructureKind } from './structure.ts'
import { partitionParent } from './partition/whole.ts'
import { assignedOptions, quotedName } from './quoted-sql.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'

export interface TableSettingsFacts {
  readonly relation: RelationName
  /** `alter table only s.t` and what follows it, in this order. */
  readonly set: readonly string[]
  readonly reset: readonly string[]
  /** Quoted. */
  readonly sql: string
}

interface SettingsRow extends RelationName {
  readonly sql: string
  readonly options: string | null
  readonly optionNames: string | null
  readonly toast: string | null
  readonly toastNames: string | null
  readonly identity: string
  readonly identityIndex: string | null
  readonly clustered: string | null
  readonly columns: readonly {
    readonly sql: string
    readonly storage: string | null
    readonly usualStorage: string
    readonly compression: string | null
    readonly target: number | null
    readonly options: string | null
    readonly optionNames: string | null
  }[]
}

const optionNames = (options: string, prefix = ''): string => `(
    select string_agg('${prefix}' || pg_catalog.quote_ident(o.option_name), ', ' order by o.option_name collate "C")
    from pg_catalog.pg_options_to_table(${options}) o where o.option_name !~ '^pg_')`

const storageWord = (letter: string): string =>
  `case ${letter} when 'p' then 'PLAIN' when 'e' then 'EXTERNAL' when 'x' then 'EXTENDED' else 'MAIN' end`

const settingsSql = `
  select n.nspname as schema, c.relname as name, ${quotedName('n', 'c.relname')} as sql,
    ${assignedOptions('c.reloptions')} as options, ${optionNames('c.reloptions')} as "optionNames",
    (select string_agg('toast.' || pg_catalog.quote_ident(o.option_name) || ' = ' || pg_catalog.quote_literal(o.option_value), ', ' order by o.option_name collate "C")
      from pg_catalog.pg_class t, pg_catalog.pg_options_to_table(t.reloptions) o where t.oid = c.reltoastrelid) as toast,
    (select ${optionNames('t.reloptions', 'toast.')} from pg_catalog.pg_class t where t.oid = c.reltoastrelid) as "toastNames",
    c.relreplident as identity,
    (select pg_catalog.quote_ident(x.relname) from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and i.indisreplident) as "identityIndex",
    (select pg_catalog.quote_ident(x.relname) from pg_catalog.pg_index i join pg_catalog.pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and i.indisclustered) as clustered,
    (select coalesce(json_agg(json_build_object('sql', pg_catalog.quote_ident(a.attname),
        'storage', case when a.attstorage <> y.typstorage then ${storageWord('a.attstorage')} end,
        'usualStorage', ${storageWord('y.typstorage')},
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'target', nullif(coalesce(a.attstattarget, -1), -1),
        'options', ${assignedOptions('a.attoptions')}, 'optionNames', ${optionNames('a.attoptions')}) order by a.attnum), '[]'::json)
      from pg_catalog.pg_attribute a join pg_catalog.pg_type y on y.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and (a.attstorage <> y.typstorage or a.attcompression <> '' or coalesce(a.attstattarget, -1) <> -1 or ${assignedOptions('a.attoptions')} is not null)) as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C"`

const identities: Readonly<Record<string, string>> = { n: 'NOTHING', f: 'FULL' }

interface Setting {
  readonly set: string
  readonly reset: string
}

const settingsOf = (row: SettingsRow): readonly Setting[] => [
  ...(row.options === null ? [] : [{ set: `SET (${row.options})`, reset: `RESET (${row.optionNames})` }]),
  ...(row.toast === null ? [] : [{ set: `SET (${row.toast})`, reset: `RESET (${row.toastNames})` }]),
  ...row.columns.flatMap((column): readonly Setting[] => {
    const on = `ALTER COLUMN ${column.sql}`
    return [
      ...(column.storage === null
        ? []
        : [
            { set: `${on} SET STORAGE ${column.storage}`, reset: `${on} SET STORAGE ${column.usualStorage}` },
          ]),
      ...(column.compression === null
        ? []
        : [{ set: `${on} SET COMPRESSION ${column.compression}`, reset: `${on} SET COMPRESSION DEFAULT` }]),
      ...(column.target === null
        ? []
        : [{ set: `${on} SET STATISTICS ${column.target}`, reset: `${on} SET STATISTICS -1` }]),
      ...(column.options === null
        ? []
        : [{ set: `${on} SET (${column.options})`, reset: `${on} RESET (${column.optionNames})` }]),
    ]
  }),
  ...(row.clustered === null ? [] : [{ set: `CLUSTER ON ${row.clustered}`, reset: 'SET WITHOUT CLUSTER' }]),
  ...(row.identity === 'd'
    ? []
    : [
        {
          set: `REPLICA IDENTITY ${identities[row.identity] ?? `USING INDEX ${row.identityIndex}`}`,
          reset: 'REPLICA IDENTITY DEFAULT',
        },
      ]),
]

/** An index of a key stands as the key's own structure, and the key may be the table's only one. */
export const tableSettingsKind: StructureKind<TableSettingsFacts> = {
  kind: 'tableSettings',
  read: async (db, tables) =>
    (await db.json<SettingsRow>(settingsSql)).flatMap((row) => {
      const table = relationId(row)
      const settings = settingsOf(row)
      const own = tables.get(table)
      // A partition is compared with its parent's template, and storage is each one's own.
      if (settings.length === 0 || (own && partitionParent({ tables }, own) !== null)) return []
      const facts = {
        relation: { schema: row.schema, name: row.name },
        set: settings.map(({ set }) => set),
        reset: settings.map(({ reset }) => reset),
        sql: row.sql,
      }
      return [
        {
          id: structureId(table, 'settings'),
          kind: 'tableSettings',
          table,
          name: row.name,
          definition: facts.set.join('; '),
          dependsOn: [structureId(table, 'table')],
          facts,
        },
      ]
    }),
  create: ({ facts }) => facts.set.map((one) => `ALTER TABLE ONLY ${facts.sql} ${one}`),
  drop: ({ facts }) => facts.reset.map((one) => `ALTER TABLE ONLY ${facts.sql} ${one}`),
  mutants: () => [],
  notMutated: 'it says how rows are stored and sent, and changes no answer',
}
