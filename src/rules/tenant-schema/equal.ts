/** A tenant's tables are what the template's are: columns, defaults, keys, constraints, indexes, triggers, policies, grants. */
import type { TenantSchemaRule } from '../../architecture/kinds/tenant-schema.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Attempt } from '../attacks/attack.ts'
import type { World } from '../experiment.ts'
import { differences, keepTemplate } from './facts-sql.ts'
import type { SchemaGround, Sort } from './ground.ts'

const declaredOf = ({ rule, context }: SchemaGround): readonly string[] =>
  context.architecture.tables.filter((t) => t.schema === rule.template).map((t) => t.name)

/** Compares as the prover, after whatever was given. */
export const equalTo = (ground: SchemaGround, own: string, where: string): Pick<Attempt, 'when' | 'then'> => {
  const comparison = { template: ground.rule.template, role: ground.rule.role, own }
  return {
    when: [...keepTemplate(comparison), differences(comparison, where)],
    then: { kind: 'rows', rows: [] },
  }
}

/** What belongs to no table that is declared: the first rule of the template looks at it. */
const restOf = (ground: SchemaGround): string => `$of not in (${declaredOf(ground).map(literal).join(', ')})`

/** Tables of tenants that the migrations made: they have to be what the template is, as any other tenant's. */
export const standing = (rule: TenantSchemaRule, catalog: Catalog, table: Table): readonly Table[] =>
  [...catalog.tables.values()].filter(
    ({ schema, name }) => name === table.name && schema !== rule.template && schema.startsWith(rule.prefix),
  )

const asMigrated: World = { id: 'as migrated', statements: [] }

export const equal: Sort = {
  name: 'equal',
  async attempts(ground) {
    const { rule, context, tenants, made, isFirst, mends } = ground
    const { table } = context
    const migrated = standing(rule, context.catalog, table).map(({ schema }): Attempt => ({
      title: `the table in ${schema}, which stands already, differs from its template in nothing`,
      world: asMigrated,
      ...equalTo(ground, schema, `$of = ${literal(table.name)}`),
      mend: `-- bring ${schema} to what the template is, with a migration of its own`,
    }))
    const fresh = tenants.flatMap((tenant): readonly Attempt[] => [
      {
        title: `the table of ${tenant.title} differs from its template in nothing`,
        world: made,
        ...equalTo(ground, tenant.own, `$of = ${literal(table.name)}`),
        mend: mends.create,
      },
      ...(isFirst
        ? [
            {
              title: `the schema of ${tenant.title} has nothing more and nothing less than the template`,
              world: made,
              ...equalTo(ground, tenant.own, restOf(ground)),
              mend: mends.create,
            },
          ]
        : []),
    ])
    return [...fresh, ...migrated]
  },
}
