/** Composite and range types that the schema makes, and what an enum or a domain is where no column uses it. */
import { databaseObjects, parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { DeclaredObject } from '../architecture.ts'
import { declaredAt } from '../declared-at.ts'
import { makeObjectRule, type ObjectCase } from '../kinds/object.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { DeclaredAt } from '../rule.ts'
import type { TypeName, UserType } from '../user-type.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

const nameOf = (name: TypeName): RelationName => (typeof name === 'string' ? parseRelationName(name) : name)

const placeOf = (kind: string, name: RelationName, word = 'type'): ObjectPlace => ({
  structure: `type/${kind}:${relationId(name)}`,
  sql: `${word} ${qualified(name)}`,
  oid: `${literal(qualified(name))}::regtype`,
  catalog: 'pg_type',
})

const standing = (
  at: DeclaredAt | null,
  place: ObjectPlace,
  facts: { readonly sentence: string; readonly cases: readonly ObjectCase[]; readonly design: string },
  options: ObjectOptions,
): DeclaredObject => {
  const own = makeObjectRule(at, place.structure, 'type', {
    sentence: facts.sentence,
    structures: [place.structure],
    cases: facts.cases,
    design: [facts.design],
  })
  return {
    structure: place.structure,
    rules: [own, ...accessRules(at, place, options)],
    design: own.design,
    at,
  }
}

const typeOf = (type: string | UserType): string => (typeof type === 'string' ? type : type.type)

const attributesSql = (type: string): string =>
  `select a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.typrelid = a.attrelid where t.oid = ${literal(type)}::regtype and a.attnum > 0 and not a.attisdropped order by a.attnum`

/** Whether two lists of rows are the same, in their order. */
const sameLists = (one: string, other: string): string =>
  `select array(select "assay row"::text from (${one}) as "assay row") = array(select "assay row"::text from (${other}) as "assay row")`

/**
 * A composite type, among the `objects` of an architecture. Columns of it are `sqlType('address')`.
 *
 * @example
 * compositeType('address', { street: 'text', zip: 'varchar(10)' })  // create type "address" as (street text, zip varchar(10))
 */
export const compositeType = (
  name: TypeName,
  attributes: Readonly<Record<string, string | UserType>>,
  options: ObjectOptions = {},
): ObjectDeclaration => {
  const at = declaredAt(compositeType)
  const place = placeOf('composite', nameOf(name))
  const list = Object.entries(attributes)
    .map(([attribute, type]) => `${ident(attribute)} ${typeOf(type)}`)
    .join(', ')
  return {
    declare: (refuse) => {
      const faults = { table: databaseObjects, tableColumns: [], at, refuse }
      refuseUnknownKeys(faults, 'compositeType', options, ['says', 'usableBy'])
      const type = qualified(nameOf(name))
      const cases: readonly ObjectCase[] = [
        {
          title: 'its attributes have these names and types, in this order',
          given: [`create type pg_temp.assay_declared as (${list})`],
          when: [sameLists(attributesSql(type), attributesSql('pg_temp.assay_declared'))],
          then: { rows: [['t']] },
        },
      ]
      const sentence = `${place.structure} is made of ${Object.keys(attributes).join(', ') || 'nothing'}`
      return standing(at, place, { sentence, cases, design: `create type ${type} as (${list});` }, options)
    },
  }
}

/**
 * A range type, among the `objects` of an architecture. Columns of it are `sqlType('price_range')`.
 *
 * @example
 * rangeType('price_range', 'numeric')  // create type "price_range" as range (subtype = numeric)
 */
export const rangeType = (
  name: TypeName,
  subtype: string | UserType,
  options: ObjectOptions = {},
): ObjectDeclaration => {
  const at = declaredAt(rangeType)
  const place = placeOf('range', nameOf(name))
  return {
    declare: (refuse) => {
      const faults = { table: databaseObjects, tableColumns: [], at, refuse }
      refuseUnknownKeys(faults, 'rangeType', options, ['says', 'usableBy'])
      const type = qualified(nameOf(name))
      const cases: readonly ObjectCase[] = [
        {
          title: 'it spans values of this type',
          given: [],
          when: [
            `select rngsubtype = ${literal(typeOf(subtype))}::regtype from pg_catalog.pg_range where rngtypid = ${literal(type)}::regtype`,
          ],
          then: { rows: [['t']] },
        },
        {
          title: 'one without bounds holds what is not empty',
          given: [],
          when: [`select lower_inf(${type}(null, null)) and not isempty(${type}(null, null))`],
          then: { rows: [['t']] },
        },
      ]
      const sentence = `${place.structure} spans values of ${typeOf(subtype)}`
      const design = `create type ${type} as range (subtype = ${typeOf(subtype)});`
      return standing(at, place, { sentence, cases, design }, options)
    },
  }
}

/** A word that is no label, the same on every run. */
const strange = (labels: readonly string[]): string => {
  const first = labels[0] ?? 'label'
  return [first.toUpperCase(), `${first}s`, `${first}_`].find((word) => !labels.includes(word)) ?? ''
}

/** An enum where no column of a table uses it. */
export const standingEnum = (
  name: TypeName,
  labels: readonly string[],
  at: DeclaredAt | null,
): DeclaredObject => {
  const place = placeOf('enum', nameOf(name))
  const type = qualified(nameOf(name))
  const cases: readonly ObjectCase[] = [
    {
      title: 'these are its labels, in this order',
      given: [],
      when: [`select unnest(enum_range(null::${type}))::text`],
      then: { rows: labels.map((label) => [label]) },
    },
    {
      title: `${literal(strange(labels))} is refused`,
      given: [],
      when: [`select ${literal(strange(labels))}::${type}`],
      then: { sqlstate: '22P02' },
    },
  ]
  const design = `create type ${type} as enum (${labels.map(literal).join(', ')});`
  return standing(
    at,
    place,
    { sentence: `${place.structure} is one of ${labels.join(', ')}`, cases, design },
    {},
  )
}

interface DomainParts {
  readonly base: string
  readonly checks: readonly { readonly name: string | null; readonly expression: string }[]
  readonly required: boolean
  readonly default?: string
}

const domainDefault = (type: string): string =>
  `select pg_catalog.pg_get_expr(t.typdefaultbin, 0) from pg_catalog.pg_type t where t.oid = ${literal(type)}::regtype`

const domainFacts = (type: string): string =>
  `select pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull from pg_catalog.pg_type t where t.oid = ${literal(type)}::regtype union all select pg_catalog.pg_get_constraintdef(k.oid), k.convalidated from pg_catalog.pg_constraint k where k.contypid = ${literal(type)}::regtype and k.contype = 'c' order by 1, 2`

/** A domain where no column of a table uses it: it narrows its base type as another one with the declared checks does. */
export const standingDomain = (
  name: TypeName,
  { base, checks, required, default: given }: DomainParts,
  at: DeclaredAt | null,
): DeclaredObject => {
  const place = placeOf('domain', nameOf(name), 'domain')
  const type = qualified(nameOf(name))
  const body = [
    base,
    ...(given === undefined ? [] : [`default ${given}`]),
    ...(required ? ['not null'] : []),
    ...checks.map((check) => `check (${check.expression})`),
  ].join(' ')
  const cases: readonly ObjectCase[] = [
    {
      title: 'its base type and its checks are as declared',
      given: [`create domain pg_temp.assay_declared as ${body}`],
      when: [sameLists(domainFacts(type), domainFacts('pg_temp.assay_declared'))],
      then: { rows: [['t']] },
    },
    ...(given === undefined
      ? []
      : [
          {
            title: 'its default is as declared',
            given: [`create domain pg_temp.assay_declared as ${body}`],
            when: [sameLists(domainDefault(type), domainDefault('pg_temp.assay_declared'))],
            then: { rows: [['t']] },
          },
        ]),
    ...(required
      ? [{ title: 'null is refused', given: [], when: [`select null::${type}`], then: { sqlstate: '23502' } }]
      : []),
  ]
  const sentence = `${place.structure} takes values of ${base}${checks.length === 0 ? '' : ` where ${checks.map((check) => check.expression).join(' and ')}`}`
  return standing(at, place, { sentence, cases, design: `create domain ${type} as ${body};` }, {})
}
