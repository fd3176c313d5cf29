/**
 * isolatedBy in the shape of a schema per tenant: tenants are made by the function under proof, compared with their
 * template, and each tenant's role attacks every other; one file per sort of experiment in tenant-schema/.
 */
import type { VisibleToRule } from '../architecture/kinds/visible-to.ts'
import type { TenantSchemaRule } from '../architecture/kinds/tenant-schema.ts'
import { ident } from '../postgres/quote.ts'
import { grantsFor } from './access.ts'
import { isGap } from './attacks/gap.ts'
import { rulesOf } from './declared.ts'
import type { Experiment } from './experiment.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { calling, functionIds } from './tenant-schema/calling.ts'
import { crossing } from './tenant-schema/crossing.ts'
import { definers } from './tenant-schema/definers.ts'
import { tenantSchemaDdl } from './tenant-schema/design.ts'
import { equal, standing } from './tenant-schema/equal.ts'
import { isFirstOf, readSchemaGround, type Sort } from './tenant-schema/ground.ts'
import { laterTables } from './tenant-schema/later-tables.ts'
import { migration } from './tenant-schema/migration.ts'
import { oddNamed } from './tenant-schema/odd-names.ts'
import { own } from './tenant-schema/own.ts'
import { reach } from './tenant-schema/reach.ts'
import { removal } from './tenant-schema/removal.ts'
import { templateAccess } from './tenant-schema/template-access.ts'

const sorts: readonly Sort[] = [
  equal,
  own,
  crossing,
  reach,
  templateAccess,
  definers,
  calling,
  oddNamed,
  laterTables,
  migration,
  removal,
]

/** Whether a rule declares what the template's role may do with the table. */
const isDeclared = (rule: TenantSchemaRule, { architecture }: Pick<RuleContext, 'architecture'>): boolean =>
  rulesOf<VisibleToRule>(architecture, rule.table, 'visibleTo').some((r) => r.role === rule.role)

export const tenantSchema: RuleKind<TenantSchemaRule> = {
  kind: 'tenantSchema',
  sentence: ({ table }) =>
    `${noun(table)} of each tenant stand in a schema of its own, which no other tenant touches`,
  async experiments(rule, context) {
    const ground = await readSchemaGround(rule, context)
    if (isGap(ground)) return { experiments: [], unsolved: [{ rule: rule.id, ...ground }] }
    const experiments: Experiment[] = []
    for (const sort of sorts) {
      const attempts = await sort.attempts(ground)
      experiments.push(
        ...attempts.map((attempt, i) => ({
          id: `${rule.id}#${sort.name}-${i + 1}`,
          rule: rule.id,
          given: [],
          ...attempt,
        })),
      )
    }
    return {
      experiments,
      unsolved: isGap(ground.filled) ? [{ rule: rule.id, ...ground.filled }] : [],
      notes: ground.isFirst
        ? [
            {
              rule: rule.id,
              summary: `every tenant reads the names of all schemas, roles, tables and columns in pg_catalog: with them, the names of all tenants`,
              mend: `-- PostgreSQL hides no names: name tenants by what tells nothing, such as ${ident(`${rule.prefix}6f1b`)}`,
            },
          ]
        : [],
    }
  },
  design: (rule, architecture) =>
    isFirstOf(rule, architecture) && architecture.identity !== null
      ? tenantSchemaDdl(rule, architecture.identity.role)
      : [],
  claims: (rule, context) => {
    const { catalog, table, architecture } = context
    const grants = [...catalog.structures.values()].filter((s) => s.kind === 'grant')
    const made = standing(rule, catalog, table)
    const ofTenants = [
      ...made.flatMap((t) => catalog.of(t.id)),
      ...grants.filter((s) => s.table === null && made.some(({ schema }) => s.name === schema)),
    ].map((s) => s.id)
    const own = catalog
      .of(table.id, 'grant')
      .filter((s) => s.name === rule.role)
      .map((s) => s.id)
    const access = isDeclared(rule, context) ? [] : grantsFor(catalog, table, rule.role)
    // Its own grant alone: what breaks a function is asked of the first rule, or each mutant would make every table anew.
    if (!isFirstOf(rule, architecture) && own.length > 0) return [...own, ...access, ...ofTenants]
    const functions = functionIds({ rule, catalog })
    const onFunctions = grants
      .filter((s) => functions.some((id) => s.dependsOn.includes(id)))
      .map((s) => s.id)
    return [...functions, ...onFunctions, ...access, ...ofTenants]
  },
}
