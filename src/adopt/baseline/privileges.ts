/** Who owns what, and who may do what with it: only where it differs from what PostgreSQL gives by itself. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import {
  aclChanges,
  aclItems,
  defaultsStatements,
  givenByDefault,
  readDefaultPrivileges,
  type AclItem,
  type DefaultPrivileges,
} from '../../catalog/default-privileges.ts'
import { type Family, type Piece } from './piece.ts'
import { quotedFunction, quotedName } from '../../catalog/quoted-sql.ts'

interface PrivilegesRow {
  readonly key: string
  readonly schema: string
  /** Quoted. */
  readonly schemaSql: string
  readonly name: string
  /** `TABLE public.products`. */
  readonly object: string
  readonly column: string | null
  readonly acl: readonly AclItem[]
  readonly given: readonly AclItem[]
}

const databaseOwner = `(select b.datdba from pg_catalog.pg_database b where b.datname = current_database())`

/** `all`: also of objects that have no more than they are given by themselves. */
const privilegesSql = (all: boolean): string => `
  select 'pg_class/' || c.oid as key, n.nspname as schema, pg_catalog.quote_ident(n.nspname) as "schemaSql", c.relname as name,
    case c.relkind when 'S' then 'SEQUENCE ' else 'TABLE ' end || ${quotedName('n', 'c.relname')} as object, null as column, 0 as position,
    ${aclItems(`coalesce(c.relacl, pg_catalog.acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))`)} as acl,
    ${aclItems(`pg_catalog.acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner)`)} as given
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where (${all} or c.relacl is not null) and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'pg_class/' || c.oid, n.nspname, '', c.relname, 'TABLE ' || ${quotedName('n', 'c.relname')}, pg_catalog.quote_ident(a.attname), a.attnum,
    ${aclItems('a.attacl')}, '[]'::json
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'pg_namespace/' || n.oid, '', '', n.nspname, 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), null, 0, ${aclItems('n.nspacl')},
    ${aclItems(`coalesce((select i.initprivs from pg_catalog.pg_init_privs i where i.objoid = n.oid
      and i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass), pg_catalog.acldefault('n', n.nspowner))`)}
  from pg_catalog.pg_namespace n
  where n.nspacl is not null and ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}
  union all
  select 'pg_proc/' || p.oid, n.nspname, pg_catalog.quote_ident(n.nspname), p.proname, case p.prokind when 'p' then 'PROCEDURE ' else 'FUNCTION ' end || pg_catalog.replace(${quotedFunction('p', 'n')}, '(*)', '()'),
    null, 0, ${aclItems(`coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))`)}, ${aclItems(`pg_catalog.acldefault('f', p.proowner)`)}
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where (${all} or p.proacl is not null) and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  union all
  select 'pg_type/' || t.oid, n.nspname, pg_catalog.quote_ident(n.nspname), t.typname, 'TYPE ' || ${quotedName('n', 't.typname')}, null, 0, ${aclItems(`coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))`)},
    ${aclItems(`pg_catalog.acldefault('T', t.typowner)`)}
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where (${all} or t.typacl is not null) and t.typtype in ('e', 'd', 'r', 'c') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  union all
  select 'pg_foreign_server/' || s.oid, '', '', s.srvname, 'FOREIGN SERVER ' || pg_catalog.quote_ident(s.srvname), null, 0, ${aclItems('s.srvacl')},
    ${aclItems(`pg_catalog.acldefault('S', s.srvowner)`)}
  from pg_catalog.pg_foreign_server s
  where s.srvacl is not null and ${notOfExtension('pg_foreign_server', 's.oid')}
  order by key, position`

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

interface OwnerRow {
  readonly key: string
  readonly schema: string
  readonly name: string
  readonly object: string
  readonly owner: string
  /** Its schema belongs to the same role. */
  readonly isHome: boolean
}

const ownedClass = (catalogTable: string, owner: string, where = 'true'): string => `
  select '${catalogTable}/' || o.oid as key, '${catalogTable}'::text as class, o.oid, ${owner} as owner from pg_catalog.${catalogTable} o
  where o.oid >= 16384 and ${owner} >= 16384 and ${owner} <> ${databaseOwner} and ${where} and ${notOfExtension(catalogTable, 'o.oid')}`

/** Sequences of columns, row types and constructors of ranges go with what they belong to. */
const notInternal = (
  catalogTable: string,
  types: string,
): string => `not exists (select from pg_catalog.pg_depend i
    where i.classid = 'pg_catalog.${catalogTable}'::pg_catalog.regclass and i.objid = o.oid and i.deptype in (${types}))`

const ownersSql = `
  select owned.key, coalesce(i.schema, '') as schema, coalesce(i.name, i.identity) as name,
    case i.type when 'statistics object' then 'STATISTICS' else upper(i.type) end || ' ' || i.identity as object,
    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(owned.owner)) as owner,
    exists (select from pg_catalog.pg_namespace n where pg_catalog.quote_ident(n.nspname) = i.schema and n.nspowner = owned.owner) as "isHome"
  from (${[
    ownedClass(
      'pg_class',
      'o.relowner',
      `o.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and (o.relkind <> 'S' or ${notInternal('pg_class', `'a', 'i'`)})`,
    ),
    ownedClass('pg_proc', 'o.proowner', notInternal('pg_proc', `'i'`)),
    ownedClass(
      'pg_type',
      'o.typowner',
      `(o.typtype in ('e', 'd', 'r') or exists (select from pg_catalog.pg_class c where c.oid = o.typrelid and c.relkind = 'c'))`,
    ),
    ownedClass('pg_operator', 'o.oprowner'),
    ownedClass('pg_collation', 'o.collowner'),
    ownedClass('pg_ts_dict', 'o.dictowner'),
    ownedClass('pg_ts_config', 'o.cfgowner'),
    ownedClass('pg_statistic_ext', 'o.stxowner'),
    ownedClass('pg_foreign_server', 'o.srvowner'),
    ownedClass('pg_publication', 'o.pubowner'),
  ].join('\n  union all')}) owned,
  pg_catalog.pg_identify_object(owned.class::pg_catalog.regclass, owned.oid, 0) i`

const ownerPieces = (rows: readonly OwnerRow[]): readonly Piece[] => {
  // The new owner has to be one who may create it there; his real rights come behind this.
  const places = [
    ...new Set(
      rows
        .filter(({ schema, isHome }) => schema !== '' && !isHome)
        .map(({ schema, owner }) => `SCHEMA ${schema} _ ${owner}`),
    ),
  ]
  const split = places.toSorted(compare).map((place) => place.split(' _ '))
  const lend: Piece = {
    key: 'owners/lend',
    name: 'rights of the new owners',
    section: 'Owners',
    sort: ['0'],
    statements: split.map(([place, owner]) => `GRANT CREATE ON ${place} TO ${owner}`),
  }
  const take: Piece = {
    key: 'owners/take',
    name: 'rights of the new owners',
    section: 'Owners',
    sort: ['2'],
    statements: split.map(([place, owner]) => `REVOKE CREATE ON ${place} FROM ${owner}`),
  }
  const owned = rows.map((row): Piece => ({
    key: `owner/${row.key}`,
    name: `owner of ${row.object}`,
    section: 'Owners',
    sort: ['1', row.schema, row.name],
    statements: [`ALTER ${row.object} OWNER TO ${row.owner}`],
    on: [row.key],
  }))
  return rows.length === 0 ? [] : [lend, ...owned, take]
}

const defaultsPiece = (row: DefaultPrivileges, before: readonly DefaultPrivileges[]): Piece => ({
  key: `defaults/${row.role ?? ''}/${row.schema ?? ''}/${row.objects}`,
  name: `default privileges on ${row.objects.toLowerCase()}`,
  section: 'Privileges of objects to come',
  sort: [row.role ?? '', row.schema ?? '', row.objects],
  statements: defaultsStatements(row, before),
})

/** `UPDATE (name, slug)`: a column's privileges as one item for all columns that have them, in their order. */
const columnItems = (rows: readonly PrivilegesRow[]): readonly AclItem[] => {
  const columns = new Map<string, { item: AclItem; names: string[] }>()
  for (const { column, acl } of rows) {
    for (const item of column === null ? [] : acl) {
      const known = columns.get(JSON.stringify([item.grantee, item.privilege, item.grantable]))
      if (known) known.names.push(column ?? '')
      else
        columns.set(JSON.stringify([item.grantee, item.privilege, item.grantable]), {
          item,
          names: [column ?? ''],
        })
    }
  }
  return [...columns.values()].map(({ item, names }) => ({
    ...item,
    privilege: `${item.privilege} (${names.join(', ')})`,
  }))
}

const byObject = (rows: readonly PrivilegesRow[]): readonly (readonly PrivilegesRow[])[] => {
  const groups = new Map<string, PrivilegesRow[]>()
  for (const row of rows) groups.set(row.key, [...(groups.get(row.key) ?? []), row])
  return [...groups.values()]
}

const privilegesPiece = (rows: readonly PrivilegesRow[]): Piece => {
  const [first] = rows
  const whole = rows.filter(({ column }) => column === null)
  const acl = [...whole.flatMap((row) => row.acl), ...columnItems(rows)]
  return {
    key: `privileges/${first?.key}`,
    name: `privileges on ${first?.object}`,
    section: 'Privileges',
    sort: [first?.schema ?? '', first?.name ?? ''],
    statements: aclChanges(
      first?.object ?? '',
      acl,
      whole.flatMap((row) => row.given),
    ),
    on: [first?.key ?? ''],
  }
}

/** Schema public that was handed to the owner of the database: what its first owner had is his. */
const ofPublic = (row: PrivilegesRow): PrivilegesRow => {
  const isHandedOver =
    row.object === 'SCHEMA public' && row.acl.some(({ grantee }) => grantee === 'CURRENT_USER')
  if (!isHandedOver) return row
  const given = row.given.map((item) =>
    item.grantee === 'pg_database_owner' ? { ...item, grantee: 'CURRENT_USER' } : item,
  )
  return { ...row, given }
}

/** `TABLE public.products` is one of the TABLES of its schema. */
const sortOf = (object: string): string =>
  `${object.slice(0, object.indexOf(' ')).replace('PROCEDURE', 'FUNCTION')}S`

/** Where a platform gives more to objects to come, that is there when they are made. */
const givenMore = (row: PrivilegesRow, defaults: readonly DefaultPrivileges[]): PrivilegesRow =>
  defaults.length === 0 || row.column !== null
    ? row
    : { ...row, given: givenByDefault(defaults, row.schemaSql, sortOf(row.object), row.given) }

export const readPrivileges: Family = async ({ db, defaults: before }) => {
  const owners = await db.json<OwnerRow>(ownersSql)
  const privileges = await db.json<PrivilegesRow>(privilegesSql(before.length > 0))
  const defaults = await readDefaultPrivileges(db)
  return [
    ...ownerPieces(owners),
    ...byObject(privileges.map((row) => givenMore(ofPublic(row), before))).map(privilegesPiece),
    ...defaults.map((row) => defaultsPiece(row, before)),
  ]
}
