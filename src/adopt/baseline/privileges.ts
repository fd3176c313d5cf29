/** Who owns what, and who may do what with it: only where it differs from what PostgreSQL gives by itself. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { type Family, type Piece } from './piece.ts'
import { quotedFunction, quotedName } from '../../catalog/quoted-sql.ts'

interface AclItem {
  /** Quoted; PUBLIC, CURRENT_USER for the owner of the database. */
  readonly grantee: string
  readonly privilege: string
  readonly grantable: boolean
}

interface PrivilegesRow {
  readonly key: string
  readonly schema: string
  readonly name: string
  /** `TABLE public.products`. */
  readonly object: string
  readonly column: string | null
  readonly acl: readonly AclItem[]
  readonly given: readonly AclItem[]
}

const databaseOwner = `(select b.datdba from pg_catalog.pg_database b where b.datname = current_database())`

/** The owner of the database and the first superuser (10): whoever applies the baseline stands for both. */
const isOurs = (role: string): string => `${role} in (10, ${databaseOwner})`

const items = (acl: string): string => `(
    select coalesce(json_agg(json_build_object('grantee', x.grantee, 'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by x.privilege_type collate "C", x.is_grantable), '[]'::json)
    from (select distinct case when a.grantee = 0 then 'PUBLIC' when ${isOurs('a.grantee')} then 'CURRENT_USER'
        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee, a.privilege_type, a.is_grantable
      from pg_catalog.aclexplode(${acl}) a) x)`

const privilegesSql = `
  select 'pg_class/' || c.oid as key, n.nspname as schema, c.relname as name,
    case c.relkind when 'S' then 'SEQUENCE ' else 'TABLE ' end || ${quotedName('n', 'c.relname')} as object, null as column, 0 as position,
    ${items('c.relacl')} as acl,
    ${items(`pg_catalog.acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner)`)} as given
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relacl is not null and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'pg_class/' || c.oid, n.nspname, c.relname, 'TABLE ' || ${quotedName('n', 'c.relname')}, pg_catalog.quote_ident(a.attname), a.attnum,
    ${items('a.attacl')}, '[]'::json
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'pg_namespace/' || n.oid, '', n.nspname, 'SCHEMA ' || pg_catalog.quote_ident(n.nspname), null, 0, ${items('n.nspacl')},
    ${items(`coalesce((select i.initprivs from pg_catalog.pg_init_privs i where i.objoid = n.oid
      and i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass), pg_catalog.acldefault('n', n.nspowner))`)}
  from pg_catalog.pg_namespace n
  where n.nspacl is not null and ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}
  union all
  select 'pg_proc/' || p.oid, n.nspname, p.proname, case p.prokind when 'p' then 'PROCEDURE ' else 'FUNCTION ' end || pg_catalog.replace(${quotedFunction('p', 'n')}, '(*)', '()'),
    null, 0, ${items('p.proacl')}, ${items(`pg_catalog.acldefault('f', p.proowner)`)}
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.proacl is not null and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  union all
  select 'pg_type/' || t.oid, n.nspname, t.typname, 'TYPE ' || ${quotedName('n', 't.typname')}, null, 0, ${items('t.typacl')},
    ${items(`pg_catalog.acldefault('T', t.typowner)`)}
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typacl is not null and t.typtype in ('e', 'd', 'r', 'c') and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  union all
  select 'pg_foreign_server/' || s.oid, '', s.srvname, 'FOREIGN SERVER ' || pg_catalog.quote_ident(s.srvname), null, 0, ${items('s.srvacl')},
    ${items(`pg_catalog.acldefault('S', s.srvowner)`)}
  from pg_catalog.pg_foreign_server s
  where s.srvacl is not null and ${notOfExtension('pg_foreign_server', 's.oid')}
  order by key, position`

const itemKey = ({ privilege, grantable }: AclItem): string => `${privilege} ${grantable}`

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** PUBLIC first: what is taken from everybody is given to some. */
const granteesOf = (list: readonly AclItem[]): readonly string[] =>
  [...new Set(list.map(({ grantee }) => grantee))].toSorted(
    (a, b) => Number(b === 'PUBLIC') - Number(a === 'PUBLIC') || compare(a, b),
  )

const grant = (
  list: readonly AclItem[],
  grantable: boolean,
  object: string,
  grantee: string,
): readonly string[] => {
  const privileges = list.filter((item) => item.grantable === grantable).map(({ privilege }) => privilege)
  if (privileges.length === 0) return []
  return [`GRANT ${privileges.join(', ')} ON ${object} TO ${grantee}${grantable ? ' WITH GRANT OPTION' : ''}`]
}

/** From what PostgreSQL gives by itself to what there is. */
const changes = (object: string, acl: readonly AclItem[], given: readonly AclItem[]): readonly string[] =>
  granteesOf([...given, ...acl]).flatMap((grantee) => {
    const has = acl.filter((item) => item.grantee === grantee)
    const had = given.filter((item) => item.grantee === grantee)
    const keys = new Set(has.map(itemKey))
    const lost = had.some((item) => !keys.has(itemKey(item)))
    const before = new Set(had.map(itemKey))
    const wanted = lost ? has : has.filter((item) => !before.has(itemKey(item)))
    return [
      ...(lost ? [`REVOKE ALL ON ${object} FROM ${grantee}`] : []),
      ...grant(wanted, false, object, grantee),
      ...grant(wanted, true, object, grantee),
    ]
  })

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

interface DefaultsRow {
  readonly role: string | null
  readonly schema: string | null
  readonly objects: string
  readonly acl: readonly AclItem[]
  readonly given: readonly AclItem[]
}

const defaultsSql = `
  select case when not ${isOurs('d.defaclrole')} then pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) end as role,
    pg_catalog.quote_ident(n.nspname) as schema,
    case d.defaclobjtype when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES'
      when 'L' then 'LARGE OBJECTS' else 'SCHEMAS' end as objects,
    ${items('d.defaclacl')} as acl,
    case when d.defaclnamespace = 0 then ${items(`pg_catalog.acldefault((case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end)::"char", d.defaclrole)`)}
      else '[]'::json end as given
  from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
  order by 1 nulls first, 2 nulls first, 3`

const defaultsPiece = (row: DefaultsRow): Piece => {
  const of = row.role === null ? '' : ` FOR ROLE ${row.role}`
  const where = row.schema === null ? '' : ` IN SCHEMA ${row.schema}`
  return {
    key: `defaults/${row.role ?? ''}/${row.schema ?? ''}/${row.objects}`,
    name: `default privileges on ${row.objects.toLowerCase()}`,
    section: 'Privileges of objects to come',
    sort: [row.role ?? '', row.schema ?? '', row.objects],
    statements: changes(row.objects, row.acl, row.given).map(
      (sql) => `ALTER DEFAULT PRIVILEGES${of}${where} ${sql}`,
    ),
  }
}

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
    statements: changes(
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

export const readPrivileges: Family = async ({ db }) => {
  const owners = await db.json<OwnerRow>(ownersSql)
  const privileges = await db.json<PrivilegesRow>(privilegesSql)
  const defaults = await db.json<DefaultsRow>(defaultsSql)
  return [
    ...ownerPieces(owners),
    ...byObject(privileges.map(ofPublic)).map(privilegesPiece),
    ...defaults.map(defaultsPiece),
  ]
}
