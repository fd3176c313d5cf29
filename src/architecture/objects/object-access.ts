/** What every object may carry beside itself: a comment, and the rights of roles. */
import { structureId } from '../../ground/names.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { makeObjectRule, type ObjectRule } from '../kinds/object.ts'
import type { DeclaredAt } from '../rule.ts'

export interface ObjectOptions {
  /** Its comment. */
  readonly says?: string
  /**
   * Exactly what each role is granted on it, `'public'` being every role: `{ app: ['usage'], public: [] }`.
   * `'usage with grant option'` may be handed on.
   */
  readonly usableBy?: Readonly<Record<string, string | readonly string[]>>
}

/** An object as the catalog finds it. */
export interface ObjectPlace {
  /** `sequence:order_numbers` */
  readonly structure: string
  /** As COMMENT and GRANT name it: `sequence "public"."order_numbers"`. */
  readonly sql: string
  /** Its oid, as SQL: `'…'::regclass`. */
  readonly oid: string
  readonly catalog: 'pg_class' | 'pg_proc' | 'pg_type' | 'pg_namespace'
  /** It has columns, and rights on them: a table or a view. */
  readonly hasColumns?: true
}

const acls: Readonly<Record<ObjectPlace['catalog'], string>> = {
  pg_class: `coalesce(c.relacl, pg_catalog.acldefault('s', c.relowner))`,
  pg_proc: `coalesce(c.proacl, pg_catalog.acldefault('f', c.proowner))`,
  pg_type: `coalesce(c.typacl, pg_catalog.acldefault('T', c.typowner))`,
  pg_namespace: `coalesce(c.nspacl, pg_catalog.acldefault('n', c.nspowner))`,
}

const held = (column: string, from: string, of: string): string =>
  `select lower(x.privilege_type)${column} || case when x.is_grantable then ' with grant option' else '' end as privilege from ${from} x where ${of}`

const privilegesSql = (place: ObjectPlace, role: string): string => {
  const isTheirs =
    role === 'public'
      ? 'x.grantee = 0'
      : `x.grantee <> 0 and pg_catalog.pg_get_userbyid(x.grantee) = ${literal(role)}`
  const acl = place.hasColumns
    ? `coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))`
    : acls[place.catalog]
  const whole = held(
    '',
    `pg_catalog.${place.catalog} c, pg_catalog.aclexplode(${acl})`,
    `c.oid = ${place.oid} and ${isTheirs}`,
  )
  if (!place.hasColumns) return `${whole} order by 1`
  const columns = held(
    ` || ' ("' || replace(a.attname, '"', '""') || '")'`,
    'pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl)',
    `a.attrelid = ${place.oid} and not a.attisdropped and ${isTheirs}`,
  )
  return `select privilege from (${whole} union all ${columns}) all_of_them order by privilege collate "C"`
}

const grantSql = (place: ObjectPlace, to: string, privilege: string): string => {
  const plain = privilege.replace(/ with grant option$/u, '')
  return `grant ${plain} on ${place.sql} to ${to}${plain === privilege ? '' : ' with grant option'};`
}

/** What PostgreSQL itself gives PUBLIC on a fresh one. */
const ofEverybody: Readonly<Record<ObjectPlace['catalog'], readonly (readonly string[])[]>> = {
  pg_class: [],
  pg_proc: [['execute']],
  pg_type: [['usage']],
  pg_namespace: [],
}

const accessRule = (
  at: DeclaredAt | null,
  place: ObjectPlace,
  role: string,
  given: readonly string[],
  isPublicStated: boolean,
): ObjectRule => {
  const to = role === 'public' ? 'public' : ident(role)
  const who = role === 'public' ? 'everybody' : `the role ${role}`
  // Names of columns keep their case.
  const privileges = given
    .map((privilege) => privilege.replace(/^[a-z]+/iu, (word) => word.toLowerCase()))
    .toSorted()
  return makeObjectRule(at, place.structure, `usableBy:${role}`, {
    sentence: `${place.structure}: ${who} may ${privileges.length === 0 ? 'do nothing with it' : privileges.join(', ')}`,
    structures: [structureId(place.structure, 'grant', role === 'public' ? 'PUBLIC' : role)],
    cases: [
      {
        title: `${role} is granted exactly this`,
        given: [],
        when: [privilegesSql(place, role)],
        then: { rows: privileges.map((privilege) => [privilege]) },
      },
      // A right that everybody has would make the role's own idle.
      ...(isPublicStated
        ? []
        : [
            {
              title: 'PUBLIC has what PostgreSQL gives it, and nothing else',
              given: [],
              when: [privilegesSql(place, 'public')],
              then: { rows: ofEverybody[place.catalog] },
            },
          ]),
    ],
    design: [
      `revoke all on ${place.sql} from ${to};`,
      ...privileges.map((privilege) => grantSql(place, to, privilege)),
    ],
  })
}

/** Rules for what an object carries beside itself. */
export const accessRules = (
  at: DeclaredAt | null,
  place: ObjectPlace,
  { says, usableBy = {} }: ObjectOptions,
): readonly ObjectRule[] => [
  ...(says === undefined
    ? []
    : [
        makeObjectRule(at, place.structure, 'says', {
          sentence: `${place.structure} says: ${says}`,
          structures: [structureId(place.structure, 'comment')],
          cases: [
            {
              title: 'the comment reads so',
              given: [],
              when: [`select pg_catalog.obj_description(${place.oid}, ${literal(place.catalog)})`],
              then: { rows: [[says]] },
            },
          ],
          design: [`comment on ${place.sql} is ${literal(says)};`],
        }),
      ]),
  ...Object.entries(usableBy).map(([role, privileges]) =>
    accessRule(at, place, role, [privileges].flat(), 'public' in usableBy),
  ),
]
