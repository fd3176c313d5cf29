/** Where rows stand: a tenant that is set apart has its own partition, in a schema that nobody may ask directly. */
import { ident, literal } from '../../postgres/quote.ts'
import { answers, refusedByPrivilege, type Attempt } from '../attacks/attack.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import { asOwner, call, type ApartGround, type Sort } from './ground.ts'

const isRest = (relation: string, key: string): string =>
  `select pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' from ${relation} r join pg_catalog.pg_class c on c.oid = r.tableoid where ${key}`

/** Of a tenant's row, after the tenant was set apart. */
const partitionOf = async ({ context, tenancy }: ApartGround): Promise<string | null> => {
  const found = await tryOut(context.db, tenancy.both, {
    when: [
      `select format('%I.%I', n.nspname, c.relname) from ${tenancy.relation} r join pg_catalog.pg_class c on c.oid = r.tableoid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${tenancy.a.key}`,
    ],
  })
  return isTaken(found) ? (found.rows[0]?.[0] ?? null) : null
}

/** A move lifts what binds the owner, and puts it back. */
const ownerBound = async ({
  context,
  tenancy,
  before,
  rule,
  owner,
  mends,
}: ApartGround): Promise<readonly Attempt[]> => {
  const { a, relation } = tenancy
  const asking = {
    as: { role: owner, settings: a.asker.settings },
    when: [`select count(*) from ${relation}`],
  }
  const found = await tryOut(context.db, before, asking)
  const moves = [
    { what: 'was set apart', done: [call(rule.apart, a.value)], mend: mends.apart },
    ...(rule.together === null
      ? []
      : [
          {
            what: 'was set apart and brought back',
            done: [call(rule.apart, a.value), call(rule.together, a.value)],
            mend: mends.together,
          },
        ]),
  ]
  return moves.map(({ what, done, mend }) => ({
    ...asking,
    title: `the owner of the table as ${a.title} sees as much as before after ${a.title} ${what}`,
    world: before,
    given: asOwner(owner, ...done),
    then: answers(found.rows[0]?.[0] ?? '0'),
    mend,
  }))
}

export const places: Sort = {
  name: 'place',
  async attempts(ground) {
    const { tenancy, before, rule, owner, mends } = ground
    const { relation, a, b, role, both } = tenancy
    const partition = await partitionOf(ground)
    const revoke = `revoke all on all tables in schema ${ident(tenancy.table.schema)} from ${ident(role)}, public;`
    const moved = asOwner(owner, call(rule.apart, a.value))
    const asked = partition === null ? [] : [partition]
    return [
      ...[both, before].flatMap((world, i): readonly Attempt[] => {
        const given = world === before ? moved : []
        const what = i === 0 ? 'a new row' : 'a row from before'
        return [
          {
            title: `${what} of ${a.title}, which is apart, is in its own partition`,
            world,
            given,
            when: [isRest(relation, a.key)],
            then: answers('f'),
            mend: mends.apart,
          },
          {
            title: `${what} of ${b.title} is with the others`,
            world,
            given,
            when: [isRest(relation, b.key)],
            then: answers('t'),
            mend: mends.apart,
          },
        ]
      }),
      ...(rule.together === null
        ? []
        : [
            {
              title: `${a.title} is with the others once it was brought back`,
              world: before,
              given: asOwner(owner, call(rule.apart, a.value), call(rule.together, a.value)),
              when: [isRest(relation, a.key)],
              then: answers('t'),
              mend: mends.together,
            },
          ]),
      ...(await ownerBound(ground)),
      {
        title: `the partition of ${a.title} stands in a schema of its own`,
        world: both,
        when: [
          `select count(*) from pg_catalog.pg_class o where o.relkind in ('r', 'p') and o.relnamespace = (select c.relnamespace from ${relation} r join pg_catalog.pg_class c on c.oid = r.tableoid where ${a.key}) and not exists (select from pg_catalog.pg_inherits i where i.inhrelid = o.oid)`,
        ],
        then: answers('0'),
        mend: mends.apart,
      },
      ...asked.flatMap((name) =>
        [a, b].map((tenant): Attempt => ({
          title: `${tenant.title} asks the partition of ${a.title} directly: refused`,
          world: both,
          as: tenant.asker,
          when: [`select 1 from ${name}`],
          then: refusedByPrivilege,
          mend: `${mends.apart}\n${revoke}`,
        })),
      ),
      {
        title: `${role} may do nothing with a partition directly`,
        world: both,
        when: [
          `select t.relid::regclass::text, privilege from pg_partition_tree(${literal(relation)}::regclass) t, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege where t.level > 0 and (has_table_privilege(${literal(role)}, t.relid, privilege) or case when privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') then has_any_column_privilege(${literal(role)}, t.relid, privilege) end) order by 1, 2`,
        ],
        then: { kind: 'rows', rows: [] },
        mend: `${revoke}\n${mends.apart}`,
      },
    ]
  },
}
