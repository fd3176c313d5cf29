/** Rewrite rules (CREATE RULE) of tables and views, without the one that makes a view a view. */
import { relationId, structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { firingDdl } from './dependency/dependent-ddl.ts'
import { makeMutant } from './make-mutant.ts'
import { withoutTemplated } from './partition/template.ts'
import type { Mutant, Structure, StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { relationObjectId, usedIds, usesSql, type Use } from './uses.ts'

export interface RewriteRuleFacts {
  readonly name: string
  /** `"schema"."table"`. */
  readonly relation: string
  readonly isView: boolean
  readonly event: 'insert' | 'update' | 'delete'
  readonly enabled: string
  readonly isInstead: boolean
  readonly hasWhere: boolean
  /** pg_get_ruledef, whole. */
  readonly definition: string
  readonly comment: string | null
}

interface RuleRow extends Omit<RewriteRuleFacts, 'relation'> {
  readonly schema: string
  readonly relation: string
  readonly uses: readonly Use[]
}

const rulesSql = `
  select
    n.nspname as schema, c.relname as relation, c.relkind in ('v', 'm') as "isView", r.rulename as name,
    case r.ev_type when '2' then 'update' when '3' then 'insert' else 'delete' end as event,
    r.ev_enabled as enabled, r.is_instead as "isInstead", r.ev_qual <> '<>' as "hasWhere",
    pg_catalog.pg_get_ruledef(r.oid) as definition,
    pg_catalog.obj_description(r.oid, 'pg_rewrite') as comment,
    ${usesSql('pg_rewrite', 'r.oid')} as uses
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.rulename <> '_RETURN' and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  order by n.nspname collate "C", c.relname collate "C", r.rulename collate "C"`

/** From `ON` on: what comes before is its name. */
const definitionOf = ({ definition, enabled }: RuleRow): string =>
  `${definition
    .slice(definition.indexOf(' AS\n') + 4)
    .trim()
    .replace(/;$/u, '')}${enabled === 'D' ? ' DISABLED' : ''}`

const mutantsOf = (structure: Structure<RewriteRuleFacts>): readonly Mutant[] => {
  const { facts } = structure
  const removed = makeMutant(structure, {
    does: 'dropped',
    effect: 'removed',
    summary: 'the rewrite rule is dropped',
    ddl: firingDdl(facts.relation, 'rule', facts).drop,
    equivalent: facts.enabled === 'D' ? 'the rule is disabled: it rewrites nothing' : null,
  })
  // ALTER TABLE … DISABLE RULE is not for views.
  if (facts.isView || facts.enabled === 'D') return [removed]
  return [
    removed,
    makeMutant(structure, {
      does: 'disabled',
      effect: 'removed',
      summary: 'the rewrite rule is disabled',
      ddl: [`alter table ${facts.relation} disable rule ${ident(facts.name)}`],
    }),
  ]
}

export const rewriteRuleKind: StructureKind<RewriteRuleFacts> = {
  kind: 'rule',
  isMadeAnew: true,
  onInsert: () => 'runs',
  read: async (db: Session, tables) => {
    const structures = (await db.json<RuleRow>(rulesSql)).map((row): Structure<RewriteRuleFacts> => {
      const { schema, relation: name, uses, ...facts } = row
      const relation = { schema, name }
      const of = row.isView ? relationObjectId('view', relation) : relationId(relation)
      return {
        id: structureId(of, 'rule', row.name),
        kind: 'rule',
        table: row.isView ? null : of,
        name: row.name,
        definition: definitionOf(row),
        dependsOn: usedIds(uses),
        facts: { ...facts, relation: qualified(relation) },
      }
    })
    return withoutTemplated(structures, tables)
  },
  create: ({ facts }) => firingDdl(facts.relation, 'rule', facts).create,
  drop: ({ facts }) => firingDdl(facts.relation, 'rule', facts).drop,
  mutants: mutantsOf,
  declaredBy: ({ name }) => `the rule that it serves, with { by: ['rule:${name}'] }`,
}
