/** The functions themselves: nobody but the owner calls them, they lend no rights, and the caller's names do not lead them astray. */
import type { RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { accepted, answers, refusedByPrivilege, type Attempt } from '../attacks/attack.ts'
import { tryOut } from '../attacks/trial.ts'
import type { Expected } from '../experiment.ts'
import { isTextType } from './design.ts'
import { asOwner, call, type ApartGround, type Sort } from './ground.ts'

interface Callable {
  readonly name: RelationName
  readonly deed: string
  readonly mend: string
}

const callables = ({ rule, mends }: ApartGround): readonly Callable[] => [
  { name: rule.apart, deed: 'sets tenant a apart', mend: mends.apart },
  ...(rule.together === null
    ? []
    : [{ name: rule.together, deed: 'brings tenant a back', mend: mends.together }]),
]

const ofOne = async (ground: ApartGround, { name, deed, mend }: Callable): Promise<readonly Attempt[]> => {
  const { tenancy, owner, argument, context, rule } = ground
  const { a, role, both, relation } = tenancy
  const signature = `${qualified(name)}(${argument})`
  const asking = { world: both, mend }
  const onNull = { as: { role: owner, settings: {} }, when: [call(name, null)] }
  const found = await tryOut(context.db, both, onNull)
  const then: Expected = found.fault ? { kind: 'rejected', by: { sqlstate: found.fault.sqlstate } } : accepted
  const isApart = name === rule.apart
  return [
    {
      ...asking,
      title: `${a.title} ${deed}: refused`,
      as: a.asker,
      when: [call(name, a.value)],
      then: refusedByPrivilege,
    },
    {
      ...asking,
      title: `nobody beside the owner may call ${name.name}`,
      when: [
        `select case when x.grantee = 0 then 'PUBLIC' else x.grantee::regrole::text end
  from pg_catalog.pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
 where p.oid = ${literal(signature)}::regprocedure and x.grantee <> ${literal(ident(owner))}::regrole order by 1`,
      ],
      then: { kind: 'rows', rows: [] },
    },
    {
      ...asking,
      title: `${role} ${deed}, were it let call ${name.name}: refused, for it has no rights of its own`,
      world: isApart ? ground.before : both,
      as: { role, settings: {} },
      given: asOwner(owner, `grant execute on function ${signature} to ${ident(role)}`),
      when: [call(name, a.value)],
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
    },
    {
      ...asking,
      ...onNull,
      title: `the owner calls ${name.name} with null: ${found.fault ? 'refused' : 'nothing happens'}`,
      then,
    },
    {
      ...asking,
      world: isApart ? ground.before : both,
      title: `${name.name} finds PostgreSQL's own functions, whatever its caller's search_path names first`,
      given: asOwner(
        owner,
        'create schema assay_false',
        `create function assay_false.format(text, text) returns text language sql as $$ select 'select 1' $$`,
        `create function assay_false.format(text, text, text) returns text language sql as $$ select 'select 1' $$`,
        'set local search_path = assay_false, pg_catalog',
        call(name, a.value),
        'set local search_path = pg_catalog',
      ),
      when: [
        `select pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' from ${relation} r join pg_class c on c.oid = r.tableoid where ${a.key}`,
      ],
      then: answers(isApart ? 'f' : 't'),
    },
  ]
}

/** Only a tenant that is a text can be longer than a name. */
const tooLong = async ({
  rule,
  tenancy,
  owner,
  argument,
  context,
  mends,
}: ApartGround): Promise<readonly Attempt[]> => {
  if (!isTextType(argument)) return []
  const asking = { as: { role: owner, settings: {} }, when: [call(rule.apart, 'x'.repeat(63))] }
  const found = await tryOut(context.db, tenancy.empty, asking)
  return [
    {
      ...asking,
      world: tenancy.empty,
      title:
        'a tenant whose name PostgreSQL would cut off is not set apart: two of them could share a schema',
      then: { kind: 'rejected', by: { sqlstate: found.fault?.sqlstate ?? ['22001', '42622'] } },
      mend: mends.apart,
    },
    ...[`a"b; drop table x; --'`, 'A B.c%I'].map((name): Attempt => ({
      world: tenancy.empty,
      title: `a tenant named ${name} is set apart under exactly that name`,
      given: asOwner(owner, call(rule.apart, name)),
      when: [
        `select count(*) from pg_partition_tree(${literal(tenancy.relation)}::regclass) t join pg_catalog.pg_class c on c.oid = t.relid where pg_get_expr(c.relpartbound, c.oid) = ${literal(`FOR VALUES IN (${literal(name)})`)}`,
      ],
      then: answers('1'),
      mend: mends.apart,
    })),
  ]
}

export const calling: Sort = {
  name: 'calling',
  async attempts(ground) {
    if (!ground.isFirst) return []
    const attempts: Attempt[] = []
    for (const one of callables(ground)) attempts.push(...(await ofOne(ground, one)))
    return [...attempts, ...(await tooLong(ground))]
  },
}
