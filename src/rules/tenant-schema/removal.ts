/** A tenant is taken away: its schema and its role, nobody else's. */
import { literal } from '../../postgres/quote.ts'
import { accepted, answers, type Attempt } from '../attacks/attack.ts'
import { isGap } from '../attacks/gap.ts'
import { tryOut } from '../attacks/trial.ts'
import { equalTo } from './equal.ts'
import { asOwner, call, isThere, type SchemaGround, type Sort } from './ground.ts'

const unknownOne = async (ground: SchemaGround): Promise<readonly Attempt[]> => {
  const { rule, owner, made, context, mends } = ground
  if (rule.drop === null) return []
  const asking = { world: made, as: { role: owner, settings: {} }, when: [call(rule.drop, 'assay_nobody')] }
  const found = await tryOut(context.db, made, asking)
  return [
    {
      ...asking,
      title: `a tenant that is not there is taken away: ${found.fault ? 'refused' : 'nothing happens'}`,
      then: found.fault ? { kind: 'rejected', by: { sqlstate: found.fault.sqlstate } } : accepted,
      mend: mends.drop,
    },
  ]
}

export const removal: Sort = {
  name: 'removal',
  async attempts(ground) {
    const { rule, isFirst, tenants, made, filled, mends } = ground
    if (rule.drop === null || !isFirst) return []
    const [a, b] = tenants
    const dropped = call(rule.drop, a.name)
    const again = equalTo(ground, a.own, 'true')
    return [
      {
        title: `${a.title} is taken away: its schema and its role are gone, those of ${b.title} and the template stay`,
        world: isGap(filled) ? made : filled.both,
        when: [
          ...asOwner(ground, dropped),
          `select exists (select from pg_catalog.pg_namespace where nspname = ${literal(a.own)}) as schema_a,
       exists (select from pg_catalog.pg_roles where rolname = ${literal(a.own)}) as role_a,
       exists (select from pg_catalog.pg_roles where rolname = ${literal(b.own)}) as role_b,
       (select count(*) from pg_catalog.pg_tables where schemaname = ${literal(b.own)})
         = (select count(*) from pg_catalog.pg_tables where schemaname = ${literal(rule.template)}) as tables_b,
       exists (select from pg_catalog.pg_roles where rolname = ${literal(rule.role)}) as role_of_template`,
        ],
        then: { kind: 'rows', rows: [['f', 'f', 't', 't', 't']] },
        mend: mends.drop,
      },
      ...(isGap(filled)
        ? []
        : [
            {
              title: `${a.title} is taken away: ${b.title} keeps its rows`,
              world: filled.both,
              when: [...asOwner(ground, dropped), `select 1 from ${b.relation} where ${filled.keys.b}`],
              then: { kind: 'affects', rows: 1 } as const,
              mend: mends.drop,
            },
          ]),
      {
        title: `${a.title} is taken away and comes back: nothing was left behind`,
        world: made,
        when: [...asOwner(ground, dropped, call(rule.create, a.name)), ...again.when],
        then: again.then,
        mend: mends.drop,
      },
      {
        title: `${rule.drop.name} finds PostgreSQL's own functions, whatever its caller's search_path names first`,
        world: made,
        given: asOwner(
          ground,
          'create schema assay_false',
          `create function assay_false.format(text, text) returns text language sql as $$ select 'select 1' $$`,
          'set local search_path = assay_false, pg_catalog',
          dropped,
        ),
        when: [`select ${isThere(a.own)}`],
        then: answers('f'),
        mend: mends.drop,
      },
      ...(await unknownOne(ground)),
    ]
  },
}
