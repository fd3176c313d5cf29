/**
 * isolatedBy: no tenant ever sees or touches another tenant's rows. Isolation is attacked, not looked at: each
 * attack in attacks/ is tried by either tenant against the other, and each experiment names what would mend it.
 */
import type { Architecture } from '../architecture/architecture.ts'
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { grantsFor } from './access.ts'
import type { Attempt } from './attacks/attack.ts'
import { attacks } from './attacks/attacks.ts'
import { isGap } from './attacks/gap.ts'
import { isAccessDeclared } from './attacks/privilege.ts'
import { readTenancy } from './attacks/tenancy.ts'
import type { Experiment, Note, Unsolved } from './experiment.ts'
import { isolationDdl } from './isolated-by/design.ts'
import type { RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'

const toExperiment = (rule: IsolatedByRule, attack: string, n: number, attempt: Attempt): Experiment => ({
  id: `${rule.id}#${attack}-${n}`,
  rule: rule.id,
  given: [],
  ...attempt,
})

/** This table and every partition below it: a policy may stand on either. */
const withPartitions = (catalog: Catalog, table: string): readonly string[] => [
  table,
  ...[...catalog.tables.values()]
    .filter((t) => t.partitionOf === table)
    .flatMap((t) => withPartitions(catalog, t.id)),
]

const claimsOf = (
  rule: IsolatedByRule,
  catalog: Catalog,
  table: Table,
  architecture: Architecture,
): readonly string[] => {
  const tables = withPartitions(catalog, table.id)
  const of = (kind: string): readonly Structure[] => tables.flatMap((t) => catalog.of(t, kind))
  const policies = of('policy')
  const functions = policies
    .flatMap((p) => p.dependsOn)
    .filter((id) => catalog.structures.get(id)?.kind === 'function')
  const role = architecture.identity?.role
  const grants =
    role === undefined || isAccessDeclared({ architecture }, rule.table)
      ? []
      : grantsFor(catalog, table, role)
  return [...new Set([...[...of('rowSecurity'), ...policies].map((s) => s.id), ...functions, ...grants])]
}

export const isolatedBy: RuleKind<IsolatedByRule> = {
  kind: 'isolatedBy',
  sentence: ({ table, column }) =>
    `nobody sees or touches ${noun(table)} of another ${column.replace(/_?ids?$/u, '').replaceAll('_', ' ') || 'owner'}`,
  async experiments(rule, context) {
    const tenancy = await readTenancy(rule, context)
    if (isGap(tenancy)) return { experiments: [], unsolved: [{ rule: rule.id, ...tenancy }] }
    const experiments: Experiment[] = []
    const unsolved: Unsolved[] = []
    const notes: Note[] = []
    for (const attack of attacks) {
      const { attempts, gaps = [], notes: told = [] } = await attack.attempts(tenancy)
      experiments.push(...attempts.map((attempt, i) => toExperiment(rule, attack.name, i + 1, attempt)))
      unsolved.push(...gaps.map((gap) => ({ rule: rule.id, ...gap })))
      notes.push(...told.map((note) => ({ rule: rule.id, ...note })))
    }
    return { experiments, unsolved, notes }
  },
  design: (rule, architecture) => isolationDdl(rule, architecture),
  claims: (rule, { catalog, table, architecture }) => claimsOf(rule, catalog, table, architecture),
}
