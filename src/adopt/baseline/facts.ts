/** What a baseline cannot carry although it matters: rights of roles, places and secrets. */
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { quotedFunction } from '../../catalog/quoted-sql.ts'
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { argumentTypes, functionId } from '../../catalog/uses.ts'
import { namedRoles } from './roles.ts'

interface Fact {
  readonly code: string
  readonly structure?: string
  readonly summary: string
  readonly why: string
  readonly fix: string
}

const databaseOid = `(select b.oid from pg_catalog.pg_database b where b.datname = current_database())`

/** What a copy of Assay's has: only what differs from it can change an answer. */
const settingsOfCopies: Readonly<Record<string, string>> = {
  search_path: '"$user", public',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  default_text_search_config: 'pg_catalog.english',
  row_security: 'on',
  session_replication_role: 'origin',
  role: 'none',
}

/** Values are asked only of settings that hold no secret. */
const settingsSql = `
  select coalesce(pg_catalog.quote_ident(r.rolname), '') as role, lower(split_part(setting, '=', 1)) as name,
    case when split_part(setting, '=', 1) like '%.%' then '' else substr(setting, 1 + strpos(setting, '=')) end as value
  from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_roles r on r.oid = s.setrole, unnest(s.setconfig) setting
  where s.setdatabase = ${databaseOid}
  order by 1, 2`

const matters = ({ name, value }: { readonly name: string; readonly value: string }): boolean =>
  name.includes('.') || (settingsOfCopies[name] !== undefined && settingsOfCopies[name] !== value)

const rightsSql = `
  select * from (${namedRoles}
  select r.rolname as role, pg_catalog.concat_ws(', ', case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
    case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
    case when r.rolreplication then 'REPLICATION' end) as rights
  from roles r order by r.rolname collate "C") all_roles where rights <> ''`

const placesSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as relation, t.spcname as place
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_tablespace t on t.oid = c.reltablespace
  where c.oid >= 16384 and n.nspname !~ '^pg_' order by 1`

const subscriptionsSql = `
  select s.subname as name from pg_catalog.pg_subscription s where s.subdbid = ${databaseOid} order by 1`

const grantorsSql = `
  select distinct pg_catalog.pg_get_userbyid(x.grantor) as grantor, pg_catalog.format('%I.%I', n.nspname, c.relname) as object
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace, pg_catalog.aclexplode(c.relacl) x
  where c.oid >= 16384 and x.grantor <> c.relowner and n.nspname !~ '^pg_'
    and not exists (select from pg_catalog.pg_depend e where e.objid = c.oid and e.deptype = 'e')
  order by 2, 1`

const invalidSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as index
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where not i.indisvalid and c.relkind = 'i' and c.oid >= 16384 and n.nspname !~ '^pg_' order by 1`

const leakproofSql = `
  select ${quotedFunction('p', 'n')} as routine, n.nspname as schema, p.proname as name, ${argumentTypes('p')} as args
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where p.proleakproof and p.prokind = 'f' and l.lanname not in ('c', 'internal') and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
  order by 1`

const labelsSql = `select distinct l.provider from pg_catalog.pg_seclabel l order by 1`

/** `known`: roles whose rights a platform gives. */
export const readFacts = async (db: Session, known: readonly string[] = []): Promise<readonly Finding[]> => {
  const facts: Fact[] = []
  const settings = await db.json<{ role: string; name: string; value: string }>(settingsSql)
  for (const { role, name, value } of settings.filter(matters))
    facts.push({
      code: 'adopt.database-setting',
      summary: `${name} is set for ${role === '' ? 'the database' : `role ${role} in the database`}, and the baseline does not set it`,
      why: 'it decides how functions find names and what they answer; it hangs on the name of the database, and a copy does not have it',
      fix: `set it where the database is made, and give functions that need it a SET clause:\nALTER ${role === '' ? 'DATABASE …' : `ROLE ${role} IN DATABASE …`} SET ${name} TO ${value === '' ? '…' : value};`,
    })
  const rights = await db.json<{ role: string; rights: string }>(rightsSql)
  for (const { role, rights: has } of rights.filter((one) => !known.includes(one.role)))
    facts.push({
      code: 'adopt.role-rights',
      summary: `role ${role} has ${has}, and the baseline makes it without`,
      why: 'rights over the whole server are given by its administrator; a role that passes row-level security is proven as one that does not',
      fix: `have the administrator give them where the role is made:\nALTER ROLE … ${has.replaceAll(', ', ' ')};`,
    })
  for (const { relation, place } of await db.json<{ relation: string; place: string }>(placesSql))
    facts.push({
      code: 'adopt.tablespace',
      summary: `${relation} stands in tablespace ${place}, and the baseline leaves it in the standard one`,
      why: 'a tablespace is a directory of one server',
      fix: `move it after the migration:\nALTER … ${relation} SET TABLESPACE …;`,
    })
  for (const { name } of await db.json<{ name: string }>(subscriptionsSql))
    facts.push({
      code: 'adopt.not-recreated',
      summary: `subscription ${name} is not in the baseline`,
      why: 'its connection is a secret, and a copy that subscribes would take the original’s changes away from it',
      fix: 'make it by hand in the database that shall subscribe',
    })
  for (const { grantor, object } of await db.json<{ grantor: string; object: string }>(grantorsSql))
    facts.push({
      code: 'adopt.granted-by',
      summary: `rights on ${object} were granted by ${grantor}; in the baseline its owner grants them`,
      why: 'they are the same rights, but revoking the grant option of the role no longer takes them away',
      fix: 'grant them as that role in a migration, if that matters',
    })
  for (const { index } of await db.json<{ index: string }>(invalidSql))
    facts.push({
      code: 'adopt.invalid-index',
      summary: `index ${index} is invalid, and the baseline makes it valid`,
      why: 'it was built concurrently and failed: it costs every write and serves no statement',
      fix: `drop it or build it again in the original:\nREINDEX INDEX CONCURRENTLY ${index};`,
    })
  const leakproof = await db.json<{ routine: string; schema: string; name: string; args: string[] }>(
    leakproofSql,
  )
  for (const { routine, args, ...name } of leakproof)
    facts.push({
      code: 'adopt.leakproof',
      structure: functionId(name, args),
      summary: `function ${routine} is leakproof, and the baseline makes it without`,
      why: 'only a superuser calls a function leakproof; without it row-level security and security barriers keep its conditions from using an index',
      fix: `have the administrator say it after the migration:\nALTER FUNCTION ${routine} LEAKPROOF;`,
    })
  for (const { provider } of await db.json<{ provider: string }>(labelsSql))
    facts.push({
      code: 'adopt.not-recreated',
      summary: `security labels of ${provider} are not in the baseline`,
      why: 'a label needs its provider loaded in the server',
      fix: 'give them in a migration of a server that has the provider',
    })
  return facts.map((fact): Finding => ({ severity: 'warning', ...fact }))
}
