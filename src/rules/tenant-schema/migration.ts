/** A change of all tenants: it is in the template and in every tenant, or, when one cannot take it, in none. */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { answers, type Attempt } from '../attacks/attack.ts'
import { doBlock } from '../attacks/do-block.ts'
import { equalTo } from './equal.ts'
import { elsewhere } from './later-tables.ts'
import { asOwner, call, type SchemaGround, type Sort } from './ground.ts'

/** A column and a CHECK more, a table more, and other privileges: written once, with bare names. */
const changeOf = ({ context, rule }: SchemaGround): string => {
  const table = ident(context.table.name)
  const role = ident(rule.role)
  return [
    `alter table ${table} add column assay_added int not null default 7`,
    `alter table ${table} add constraint assay_added_positive check (assay_added > 0)`,
    `create table assay_made (id bigserial primary key, n int)`,
    `grant select, update (n) on assay_made to ${role}`,
    `grant usage on sequence assay_made_id_seq to ${role}`,
    `revoke all on ${table} from ${role}`,
    `grant select, references on ${table} to ${role}`,
  ].join('; ')
}

const counted = ({ context, rule, tenants }: SchemaGround): string => {
  const tables = [rule.template, ...tenants.map((t) => t.own)].map((schema) =>
    literal(qualified({ schema, name: context.table.name })),
  )
  return `select count(*) from pg_catalog.pg_attribute where attname = 'assay_added' and not attisdropped and attrelid = any (array[${tables.join(', ')}]::regclass[])`
}

export const migration: Sort = {
  name: 'migration',
  async attempts(ground) {
    const { rule, isFirst, tenants, made, mends } = ground
    if (rule.migrate === null || !isFirst) return []
    const change = call(rule.migrate, changeOf(ground))
    const asking = { world: made, mend: mends.migrate }
    const changed = asOwner(ground, change)
    const [, last] = tenants
    const inTemplate = qualified({ schema: rule.template, name: ground.context.table.name })
    return [
      {
        ...asking,
        title:
          'a column added to all is in the template and in both tenants; schemas that are no tenants are left alone',
        given: asOwner(
          ground,
          ...elsewhere(rule),
          'create role assay_c',
          'create schema assay_c',
          `create schema ${ident(`${rule.prefix}assay_c`)}`,
        ),
        when: [...changed, counted(ground)],
        then: answers('3'),
      },
      ...tenants.map((tenant): Attempt => {
        const { when, then } = equalTo(ground, tenant.own, 'true')
        return {
          ...asking,
          // A privilege that the template gives to somebody else is nobody's in a tenant's schema.
          given: asOwner(ground, `grant trigger on ${inTemplate} to ${ident(last.own)}`),
          title: `after a change of all, tables and privileges of ${tenant.title} are the template's`,
          when: [...changed, ...when],
          then,
        }
      }),
      {
        ...asking,
        title: `a change that ${last.title} cannot take leaves the template and ${tenants[0].title} as they were`,
        given: asOwner(ground, `alter table ${last.relation} add column assay_added text`),
        when: [
          ...asOwner(
            ground,
            doBlock(`begin perform ${change.replace(/^select /u, '')}; exception when others then null; end`),
          ),
          counted(ground),
        ],
        then: answers('1'),
      },
      {
        ...asking,
        title: 'a tenant that lacks the table is not passed over: the template is not changed in its stead',
        given: asOwner(ground, `drop table ${last.relation} cascade`),
        when: [
          ...asOwner(
            ground,
            doBlock(`begin perform ${change.replace(/^select /u, '')}; exception when others then null; end`),
          ),
          counted(ground).replace(`, ${literal(last.relation)}`, ''),
        ],
        then: answers('0'),
      },
    ]
  },
}
