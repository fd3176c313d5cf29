/**
 * Attacks across schemas: each tenant's role on every other's tables and on the template's, and the application's own
 * role before it has become a tenant's. Each statement is refused for want of a privilege.
 */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { refusedByPrivilege, type Attempt } from '../attacks/attack.ts'
import { isGap } from '../attacks/gap.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import type { Asker } from '../experiment.ts'
import { asOwner, type SchemaGround, type Sort } from './ground.ts'

interface Side {
  readonly title: string
  readonly schema: string
}

interface Attacker {
  readonly title: string
  readonly asker: Asker
  /** A schema in which it may make things once that was granted; null: none is its own. */
  readonly own: string | null
}

/** Sequences of the table's columns, by name; they are the same in every schema. */
const sequencesOf = async ({ context, rule }: SchemaGround): Promise<readonly string[]> => {
  const found = await tryOut(
    context.db,
    { statements: [] },
    {
      when: [
        `select q.relname from pg_catalog.pg_depend d join pg_catalog.pg_class q on q.oid = d.objid and q.relkind = 'S'
 where d.refobjid = ${literal(qualified({ schema: rule.template, name: context.table.name }))}::regclass and d.deptype in ('a', 'i') order by 1`,
      ],
    },
  )
  return isTaken(found) ? found.rows.map(([name]) => name ?? '') : []
}

const onTable = (
  ground: SchemaGround,
  sequences: readonly string[],
  attacker: Attacker,
  victim: Side,
): readonly Attempt[] => {
  const { filled, context, mends, rule } = ground
  if (isGap(filled)) return []
  const { table, rows } = context
  const target = { ...table, schema: victim.schema }
  const relation = qualified(target)
  const [column] = table.columns
  const asking = { world: filled.both, as: attacker.asker, then: refusedByPrivilege, mend: mends.create }
  const attempt = (deed: string, ...when: readonly string[]): Attempt => ({
    ...asking,
    title: `${attacker.title} ${deed} ${victim.title}: refused`,
    when,
  })
  /** Also where it may make things of its own, nothing of its own may stand on another's. */
  const making = (deed: string, what: string): readonly Attempt[] =>
    attacker.own === null
      ? []
      : [
          {
            ...attempt(deed, what),
            given: asOwner(
              ground,
              `grant create on schema ${ident(attacker.own)} to ${ident(attacker.asker.role)}`,
            ),
          },
        ]
  return [
    attempt('reads the rows of', `select 1 from ${relation}`),
    attempt(
      'inserts a row for',
      rows.insert(target, filled.rows[victim.schema === ground.tenants[1].own ? 'b' : 'a']),
    ),
    ...(column
      ? [
          attempt(
            'updates the rows of',
            `update ${relation} set ${ident(column.name)} = ${ident(column.name)}`,
          ),
        ]
      : []),
    attempt('deletes the rows of', `delete from ${relation}`),
    attempt('truncates the table of', `truncate ${relation}`),
    attempt('locks the table of', `lock table ${relation} in access share mode`),
    attempt('changes the table of', `alter table ${relation} add column assay_added int`),
    attempt('drops the table of', `drop table ${relation}`),
    attempt('makes a table in the schema of', `create table ${ident(victim.schema)}.assay_made ()`),
    ...sequences.map((name) =>
      attempt(
        `draws from the sequence ${name} of`,
        `select nextval(${literal(qualified({ schema: victim.schema, name }))})`,
      ),
    ),
    ...making(
      'makes a view over the table of',
      `create view ${ident(attacker.own ?? '')}.assay_view as select * from ${relation}`,
    ),
    ...making(
      'points a foreign key to the table of',
      `create table ${ident(attacker.own ?? '')}.assay_child (id int references ${relation})`,
    ),
    ...(rule.template === victim.schema
      ? []
      : making(
          'makes its table inherit from the table of',
          `create table ${ident(attacker.own ?? '')}.assay_heir () inherits (${relation})`,
        )),
  ]
}

export const crossing: Sort = {
  name: 'crossing',
  async attempts(ground) {
    const { tenants, rule, app, context } = ground
    const sequences = await sequencesOf(ground)
    const [a, b] = tenants
    const roles = tenants.map((t): Attacker => ({ title: t.title, asker: t.asker, own: t.own }))
    const side = (t: (typeof tenants)[number]): Side => ({ title: t.title, schema: t.own })
    const nobody: Attacker = {
      title: `${app} without a tenant`,
      asker: { role: app, settings: {} },
      own: null,
    }
    const template: Side = { title: 'the template', schema: rule.template }
    const may = (attacker: Attacker, victim: Side): readonly Attempt[] =>
      onTable(ground, sequences, attacker, victim)
    return [
      ...may(roles[0]!, side(b)),
      ...may(roles[1]!, side(a)),
      ...may(nobody, side(a)),
      ...may(roles[0]!, template),
      ...may(nobody, template),
      ...tenants.map((tenant): Attempt => ({
        title: `${tenant.title} changes its own table, which is the migrations' to do: refused`,
        world: ground.made,
        as: tenant.asker,
        when: [
          `alter table ${qualified({ schema: tenant.own, name: context.table.name })} add column assay_added int`,
        ],
        then: { kind: 'rejected', by: { sqlstate: '42501' } },
        mend: ground.mends.create,
      })),
    ]
  },
}
