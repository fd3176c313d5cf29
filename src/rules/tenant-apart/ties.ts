/**
 * What ties the table to others holds after a move: foreign keys from it and to it, of every kind, and triggers, which
 * a move does not fire. Children of Assay's own point to the table, because the architecture may have none.
 */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { readKeyOf, type KeyPart } from './key.ts'
import { answers, type Attempt } from '../attacks/attack.ts'
import type { Tenant } from '../attacks/tenancy.ts'
import { asOwner, call, type ApartGround, type Sort } from './ground.ts'

/** A plain one that refuses, one that follows, and a partitioned one; each with a row that points to tenant a's. */
const children = (ground: ApartGround, key: readonly KeyPart[]): readonly string[] => {
  const { tenancy, owner } = ground
  const { relation, a } = tenancy
  const names = key.map(({ name }) => ident(name)).join(', ')
  const columns = key.map(({ name, type }) => `${ident(name)} ${type}`).join(', ')
  const points = (action: string): string =>
    `constraint assay_points foreign key (${names}) references ${relation} (${names})${action}`
  const made = (name: string): string => qualified({ schema: tenancy.table.schema, name })
  const tables = ['assay_child', 'assay_follower', 'assay_parted'].map(made)
  const [child, follower, parted] = tables as [string, string, string]
  return [
    ...asOwner(
      owner,
      `create table ${child} (${columns}, ${points('')})`,
      `create table ${follower} (${columns}, ${points(' on delete cascade')})`,
      `create table ${parted} (${columns}, ${points(' on delete cascade')}) partition by hash (${ident(key[0]!.name)})`,
      `create table ${made('assay_part')} partition of ${parted} for values with (modulus 1, remainder 0)`,
    ),
    ...tables.map((name) => `insert into ${name} (${names}) select ${names} from ${relation} where ${a.key}`),
    // The checks of those rows are done before anything is moved.
    'set constraints all immediate',
  ]
}

const counts = ({ tenancy }: ApartGround, more = ''): string =>
  `select ${['assay_child', 'assay_follower', 'assay_parted'].map((name) => `(select count(*) from ${qualified({ schema: tenancy.table.schema, name })})`).join(', ')}${more}`

const constraintsOf = ({ tenancy }: ApartGround): string =>
  `select k.conrelid::regclass::text as child, k.conname, pg_get_constraintdef(k.oid) as def, k.convalidated from pg_catalog.pg_constraint k where k.contype = 'f' and k.conislocal and ${literal(tenancy.relation)}::regclass in (k.conrelid, k.confrelid)`

const pointing = async (ground: ApartGround): Promise<readonly Attempt[]> => {
  const { tenancy, before, rule, owner, mends, context } = ground
  const { relation, a } = tenancy
  const key = await readKeyOf(context.db, tenancy.table)
  if (key.length === 0) return []
  const apart = call(rule.apart, a.value)
  const moves: readonly (readonly [what: string, done: readonly string[], mend: string])[] = [
    ['was set apart', [apart], mends.apart],
    ...(rule.together === null
      ? []
      : ([
          ['was set apart and brought back', [apart, call(rule.together, a.value)], mends.together],
        ] as const)),
  ]
  return moves.flatMap(([what, done, mend]): readonly Attempt[] => {
    const given = [...children(ground, key), ...asOwner(owner, ...done)]
    const asking = { world: before, mend }
    return [
      {
        ...asking,
        title: `foreign keys of the table and to it, and the rows that point to ${a.title}'s, are as they were after it ${what}`,
        given: [
          ...children(ground, key),
          `create temporary table assay_keys as ${constraintsOf(ground)}`,
          ...asOwner(owner, ...done),
        ],
        when: [
          counts(
            ground,
            `, (select count(*) from ((${constraintsOf(ground)} except table pg_temp.assay_keys) union all (table pg_temp.assay_keys except ${constraintsOf(ground)})) changed)`,
          ),
        ],
        then: { kind: 'rows', rows: [['1', '1', '1', '0']] },
      },
      {
        ...asking,
        title: `a row of ${a.title} that is pointed to cannot be deleted after it ${what}`,
        given,
        when: [`delete from ${relation} where ${a.key}`],
        then: { kind: 'rejected', by: { sqlstate: '23503' } },
      },
      {
        ...asking,
        title: `what follows a row of ${a.title} goes with it after it ${what}`,
        given: [
          ...given,
          `delete from ${qualified({ schema: tenancy.table.schema, name: 'assay_child' })}`,
          `delete from ${relation} where ${a.key}`,
        ],
        when: [counts(ground)],
        then: { kind: 'rows', rows: [['0', '0', '0']] },
      },
    ]
  })
}

/** A trigger that lets nothing through, made once the rows stand. */
const refusing = ({ tenancy, owner }: ApartGround): readonly string[] => {
  const refuse = qualified({ schema: tenancy.table.schema, name: 'assay_refuse' })
  return asOwner(
    owner,
    `create function ${refuse}() returns trigger language plpgsql as $$ begin raise exception 'nothing changes here' using errcode = 'AS001'; end $$`,
    `create trigger assay_refuses before insert or update or delete on ${tenancy.relation} for each row execute function ${refuse}()`,
  )
}

const firing = (ground: ApartGround): readonly Attempt[] => {
  const { tenancy, before, rule, owner, mends, context } = ground
  const { a, b, table } = tenancy
  const apart = call(rule.apart, a.value)
  /** Whose rows are with the others then: their partition's triggers were put to sleep. */
  const moves: readonly (readonly [what: string, rest: Tenant, done: readonly string[], mend: string])[] = [
    ['was set apart', b, [apart], mends.apart],
    ...(rule.together === null
      ? []
      : ([
          ['was set apart and brought back', a, [apart, call(rule.together, a.value)], mends.together],
        ] as const)),
  ]
  return moves.flatMap(([what, rest, done, mend]): readonly Attempt[] => [
    {
      title: `no trigger of the table fires while ${a.title} ${what}`,
      world: before,
      given: refusing(ground),
      when: [...asOwner(owner, ...done), `select count(*) from ${tenancy.relation} where ${a.key}`],
      then: answers('1'),
      mend,
    },
    {
      title: `triggers fire for rows of ${rest.title} after ${a.title} ${what}`,
      world: before,
      given: [
        `delete from ${tenancy.relation} where ${rest.key}`,
        ...refusing(ground),
        ...asOwner(owner, ...done),
      ],
      when: [context.rows.insert(table, rest.row)],
      then: { kind: 'rejected', by: { sqlstate: 'AS001' } },
      mend,
    },
  ])
}

export const ties: Sort = {
  name: 'tie',
  attempts: async (ground) => [...(await pointing(ground)), ...firing(ground)],
}
