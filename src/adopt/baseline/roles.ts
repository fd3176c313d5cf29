/** Roles that objects of this database name, with those whose rights they have, and the schemas. Passwords are never read. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'

interface RoleRow {
  readonly name: string
  readonly sql: string
  readonly quoted: string
  readonly options: string
  readonly owns: boolean
  /** Roles that it is a member of. */
  readonly memberOf: readonly { readonly sql: string; readonly quoted: string; readonly admin: boolean }[]
}

/** pg_shdepend knows every role that owns something here, has rights on it, or stands in a policy. */
export const namedRoles = `
  with recursive named as (
    select distinct d.refobjid as oid from pg_catalog.pg_shdepend d
    where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      and d.dbid = (select b.oid from pg_catalog.pg_database b where b.datname = current_database())
      and d.refobjid <> (select b.datdba from pg_catalog.pg_database b where b.datname = current_database())
    union
    select m.roleid from named join pg_catalog.pg_auth_members m on m.member = named.oid
  ), roles as (
    select r.* from named join pg_catalog.pg_roles r on r.oid = named.oid
    where r.rolname !~ '^pg_' and r.oid >= 16384
      and r.oid <> (select b.datdba from pg_catalog.pg_database b where b.datname = current_database())
  )`

const rolesSql = `
  select * from (${namedRoles}
  select r.rolname as name, pg_catalog.quote_ident(r.rolname) as sql, pg_catalog.quote_literal(r.rolname) as quoted,
    pg_catalog.concat_ws(' ', '', case when r.rolcanlogin then 'LOGIN' end, case when not r.rolinherit then 'NOINHERIT' end) as options,
    exists (select from pg_catalog.pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o'
      and d.dbid = (select b.oid from pg_catalog.pg_database b where b.datname = current_database())) as owns,
    (select coalesce(json_agg(distinct jsonb_build_object('sql', pg_catalog.quote_ident(of.rolname),
        'quoted', pg_catalog.quote_literal(of.rolname), 'admin', m.admin_option)), '[]'::json)
      from pg_catalog.pg_auth_members m join roles of on of.oid = m.roleid where m.member = r.oid) as "memberOf"
  from roles r order by r.rolname collate "C") named_roles`

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n')

/** Roles belong to the whole server: one that is there already stays as it is. */
const rolesBlock = (rows: readonly RoleRow[]): string => {
  const made = rows.flatMap(({ sql, quoted, options }) => [
    `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoted}) THEN`,
    `  CREATE ROLE ${sql}${options};`,
    'END IF;',
  ])
  const members = rows.flatMap((row) =>
    row.memberOf.flatMap((of) => [
      `IF NOT pg_catalog.pg_has_role(${row.quoted}, ${of.quoted}, 'MEMBER') THEN`,
      `  GRANT ${of.sql} TO ${row.sql}${of.admin ? ' WITH ADMIN OPTION' : ''};`,
      'END IF;',
    ]),
  )
  // Whoever hands objects over to a role has to be a member of it.
  const owners = rows
    .filter(({ owns }) => owns)
    .flatMap(({ sql, quoted }) => [
      `IF NOT pg_catalog.pg_has_role(current_user, ${quoted}, 'MEMBER') THEN`,
      `  GRANT ${sql} TO CURRENT_USER;`,
      'END IF;',
    ])
  const body = indented([...made, ...members, ...owners])
  let tag = 'roles'
  while (body.includes(`$${tag}$`)) tag += '_'
  return `DO $${tag}$\nBEGIN\n${body}\nEND\n$${tag}$`
}

interface SchemaRow {
  readonly oid: number
  readonly name: string
  readonly sql: string
  readonly authorization: string | null
  readonly hasExtension: boolean
  /** Of public: it belongs to the owner of the database himself, not to whoever that is. */
  readonly isHandedOver: boolean
}

const schemasSql = `
  select n.oid::bigint as oid, n.nspname as name, pg_catalog.quote_ident(n.nspname) as sql,
    case when n.nspowner <> (select b.datdba from pg_catalog.pg_database b where b.datname = current_database())
      and n.nspowner >= 16384 then pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) end as authorization,
    exists (select from pg_catalog.pg_extension e where e.extnamespace = n.oid) as "hasExtension",
    n.nspowner = (select b.datdba from pg_catalog.pg_database b where b.datname = current_database()) as "isHandedOver"
  from pg_catalog.pg_namespace n
  where ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}`

const createSchema = (row: SchemaRow): readonly string[] => {
  const { name, sql, authorization, hasExtension } = row
  if (name === 'public') return row.isHandedOver ? ['ALTER SCHEMA public OWNER TO CURRENT_USER'] : []
  // A schema of extensions is there before: they are created first, by whoever may.
  const unless = hasExtension ? 'IF NOT EXISTS ' : ''
  return [`CREATE SCHEMA ${unless}${sql}${authorization === null ? '' : ` AUTHORIZATION ${authorization}`}`]
}

export const readRolesAndSchemas: Family = async ({ db, roles: there }) => {
  const roles = (await db.json<RoleRow>(rolesSql)).filter(({ name }) => !there.includes(name))
  const schemas = await db.json<SchemaRow>(schemasSql)
  const rolesPiece: Piece = {
    key: 'roles',
    name: 'roles',
    section: 'Roles',
    sort: [],
    statements: roles.length === 0 ? [] : [rolesBlock(roles)],
  }
  const noPublic: Piece = {
    key: 'no public',
    name: 'schema public',
    section: 'Schemas',
    sort: [''],
    statements: ['DROP SCHEMA IF EXISTS public'],
  }
  return [
    rolesPiece,
    ...(schemas.some(({ name }) => name === 'public') ? [] : [noPublic]),
    ...schemas.map((row): Piece => ({
      key: keyOf('pg_namespace', row.oid),
      name: `schema ${row.sql}`,
      section: 'Schemas',
      sort: [row.name],
      statements: createSchema(row),
      on: ['roles'],
    })),
  ]
}
