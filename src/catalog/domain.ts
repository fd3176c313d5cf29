/**
 * Domains. Their absence is their base type: the domain stripped of NOT NULL, default and CHECKs, which takes exactly
 * what the base type takes and leaves alone what stands on its columns.
 */
import { ident, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { domainMutants } from './domain-mutants.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { unlessItIsThere } from './type/columns.ts'
import { typeId, usedIds, usesSql, type Use } from './uses.ts'

export interface DomainFacts {
  readonly schema: string
  readonly name: string
  /** With its modifiers: `character varying(100)`. */
  readonly base: string
  /** Qualified, null when it is the base type's own. */
  readonly collation: string | null
  readonly notNull: boolean
  readonly default: string | null
  /** In order of name, which is the order in which PostgreSQL asks them. */
  readonly checks: readonly {
    readonly name: string
    /** Over VALUE. */
    readonly expression: string
    readonly validated: boolean
  }[]
}

interface DomainRow extends DomainFacts {
  readonly uses: readonly Use[]
  readonly checkUses: readonly (readonly Use[])[]
}

const domainsSql = `
  select n.nspname as schema, t.typname as name, pg_catalog.format_type(t.typbasetype, t.typtypmod) as base,
    case when t.typcollation <> b.typcollation
      then (select pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname)
        from pg_catalog.pg_collation co join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
        where co.oid = t.typcollation) end as collation,
    t.typnotnull as "notNull",
    -- Not every database keeps the tree of a default beside its text.
    coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault) as default,
    (select coalesce(json_agg(json_build_object('name', k.conname, 'expression', pg_catalog.pg_get_expr(k.conbin, 0),
        'validated', k.convalidated) order by k.conname collate "C"), '[]'::json)
      from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c') as checks,
    ${usesSql('pg_type', 't.oid')} as uses,
    (select coalesce(json_agg(${usesSql('pg_constraint', 'k.oid')}), '[]'::json)
      from pg_catalog.pg_constraint k where k.contypid = t.oid) as "checkUses"
  from pg_catalog.pg_type t
  join pg_catalog.pg_type b on b.oid = t.typbasetype
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'd' and ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}
  order by n.nspname collate "C", t.typname collate "C"`

const baseText = ({ base, collation }: DomainFacts): string =>
  collation === null ? base : `${base} COLLATE ${collation}`

const checkText = (check: DomainFacts['checks'][number]): string =>
  `CONSTRAINT ${ident(check.name)} CHECK (${check.expression})${check.validated ? '' : ' NOT VALID'}`

const definitionOf = (facts: DomainFacts): string =>
  [
    `DOMAIN ${baseText(facts)}`,
    ...(facts.default === null ? [] : [`DEFAULT ${facts.default}`]),
    ...(facts.notNull ? ['NOT NULL'] : []),
    ...facts.checks.map(checkText),
  ].join(' ')

const alter = (facts: DomainFacts): string => `alter domain ${qualified(facts)}`

/** A domain over one that refuses null refuses it too. */
const baseRefusesNull = (structure: Structure<DomainFacts>, catalog: Catalog): string | null => {
  const bases = structure.dependsOn.flatMap((id) => {
    const found = catalog.structures.get(id)
    return found?.kind === 'domain' ? [found as Structure<DomainFacts>] : []
  })
  const base = bases.find(({ facts }) => facts.notNull)
  if (base) return `${base.id}, which it is made of, refuses null already`
  return bases.map((one) => baseRefusesNull(one, catalog)).find((why) => why !== null) ?? null
}

export const domainKind: StructureKind<DomainFacts> = {
  kind: 'domain',
  read: async (db: Session) =>
    (await db.json<DomainRow>(domainsSql)).map(({ uses, checkUses, ...facts }) => ({
      id: typeId('domain', facts),
      kind: 'domain',
      table: null,
      name: facts.name,
      definition: definitionOf(facts),
      dependsOn: usedIds([...uses, ...checkUses.flat()]),
      facts,
    })),
  create: ({ facts }) => [
    unlessItIsThere(`create domain ${qualified(facts)} as ${baseText(facts)}`),
    ...(facts.default === null ? [] : [`${alter(facts)} set default ${facts.default}`]),
    ...(facts.notNull ? [`${alter(facts)} set not null`] : []),
    ...facts.checks.map((check) => `${alter(facts)} add ${checkText(check)}`),
  ],
  drop: ({ facts }) => [
    ...facts.checks.map(({ name }) => `${alter(facts)} drop constraint ${ident(name)}`),
    ...(facts.notNull ? [`${alter(facts)} drop not null`] : []),
    ...(facts.default === null ? [] : [`${alter(facts)} drop default`]),
  ],
  mutants: (structure, catalog) =>
    domainMutants(structure, domainKind.drop(structure, catalog), baseRefusesNull(structure, catalog)),
  declaredBy: ({ facts }) => `a column of domainType(${JSON.stringify(facts.name)}, …)`,
}
