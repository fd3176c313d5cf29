/**
 * Privileges that objects to come are given by themselves (ALTER DEFAULT PRIVILEGES), as they stand, and as statements
 * that give or take them. They act on no row: what they once gave has mutants of its own.
 */
import { idPart } from '../ground/names.ts'
import { unquoted } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { StructureKind } from './structure.ts'

export interface AclItem {
  /** Quoted; PUBLIC, CURRENT_USER for the owner of the database. */
  readonly grantee: string
  readonly privilege: string
  readonly grantable: boolean
}

export interface DefaultPrivileges {
  /** Quoted; null: whoever owns the database. */
  readonly role: string | null
  /** Quoted; null: in every schema. */
  readonly schema: string | null
  /** `TABLES`. */
  readonly objects: string
  readonly acl: readonly AclItem[]
  readonly given: readonly AclItem[]
}

const databaseOwner = `(select b.datdba from pg_catalog.pg_database b where b.datname = current_database())`

/** The owner of the database and the first superuser (10): whoever applies the baseline stands for both. */
const isOurs = (role: string): string => `${role} in (10, ${databaseOwner})`

/** An ACL as a JSON list of AclItem. */
export const aclItems = (acl: string): string => `(
    select coalesce(json_agg(json_build_object('grantee', x.grantee, 'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by x.privilege_type collate "C", x.is_grantable), '[]'::json)
    from (select distinct case when a.grantee = 0 then 'PUBLIC' when ${isOurs('a.grantee')} then 'CURRENT_USER'
        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end as grantee, a.privilege_type, a.is_grantable
      from pg_catalog.aclexplode(${acl}) a) x)`

const defaultsSql = `
  select case when not ${isOurs('d.defaclrole')} then pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) end as role,
    pg_catalog.quote_ident(n.nspname) as schema,
    case d.defaclobjtype when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES'
      when 'L' then 'LARGE OBJECTS' else 'SCHEMAS' end as objects,
    ${aclItems('d.defaclacl')} as acl,
    case when d.defaclnamespace = 0 then ${aclItems(`pg_catalog.acldefault((case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end)::"char", d.defaclrole)`)}
      else '[]'::json end as given
  from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
  order by 1 nulls first, 2 nulls first, 3`

export const readDefaultPrivileges = (db: Session): Promise<readonly DefaultPrivileges[]> =>
  db.json<DefaultPrivileges>(defaultsSql)

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

/** From what there is by itself to what there shall be. */
export const aclChanges = (
  object: string,
  acl: readonly AclItem[],
  given: readonly AclItem[],
): readonly string[] =>
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

/** What an object that the owner makes in this schema is given: `builtIn`, or what stands in its place, and more. */
export const givenByDefault = (
  defaults: readonly DefaultPrivileges[],
  schema: string,
  objects: string,
  builtIn: readonly AclItem[],
): readonly AclItem[] => {
  const own = defaults.filter((one) => one.role === null && one.objects === objects)
  const everywhere = own.find((one) => one.schema === null)
  const here = own.find((one) => one.schema === schema)
  return [...(everywhere?.acl ?? builtIn), ...(here?.acl ?? [])]
}

const placed = ({ role, schema }: DefaultPrivileges, sql: string): string =>
  `ALTER DEFAULT PRIVILEGES${role === null ? '' : ` FOR ROLE ${role}`}${schema === null ? '' : ` IN SCHEMA ${schema}`} ${sql}`

/** From those that are there before to these. */
export const defaultsStatements = (
  one: DefaultPrivileges,
  before: readonly DefaultPrivileges[] = [],
): readonly string[] => {
  const there = before.find(
    ({ role, schema, objects }) => role === one.role && schema === one.schema && objects === one.objects,
  )
  return aclChanges(one.objects, one.acl, there?.acl ?? one.given).map((sql) => placed(one, sql))
}

/** Takes them away: what is made until they are given again has only what it is granted itself. */
export const withoutDefaults = (one: DefaultPrivileges): readonly string[] =>
  aclChanges(one.objects, one.given, one.acl).map((sql) => placed(one, sql))

const unquote = (name: string | null): readonly string[] => (name === null ? [] : [idPart(unquoted(name))])

/** `defaultPrivileges:sales,tables`; of another role than the owner `defaultPrivileges:for admin,sales,tables`. */
const idOf = ({ role, schema, objects }: DefaultPrivileges): string =>
  `defaultPrivileges:${[...unquote(role).map((name) => `for ${name}`), ...unquote(schema), objects.toLowerCase()].join(',')}`

export const defaultPrivilegesKind: StructureKind<DefaultPrivileges & { readonly name: string }> = {
  kind: 'defaultPrivileges',
  read: async (db: Session) =>
    (await readDefaultPrivileges(db)).map((facts) => {
      const id = idOf(facts)
      const name = id.slice('defaultPrivileges:'.length)
      const definition = defaultsStatements(facts).join('; ')
      return {
        id,
        kind: 'defaultPrivileges',
        table: null,
        name,
        definition,
        dependsOn: [],
        facts: { ...facts, name },
      }
    }),
  create: ({ facts }) => defaultsStatements(facts),
  drop: ({ facts }) => withoutDefaults(facts),
  mutants: () => [],
  notMutated:
    'it acts on no row and on no object that stands: what it once gave is a grant, and is broken there',
}
