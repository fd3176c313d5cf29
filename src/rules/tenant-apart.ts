/**
 * isolatedBy in the hybrid shape: a large tenant's rows in a partition of their own, the others together. Shape 1's
 * attacks are tried with one tenant apart and one together; what a move must not change is in tenant-apart/.
 */
import type { TenantApartRule } from '../architecture/kinds/tenant-apart.ts'
import type { Catalog } from '../catalog/structure.ts'
import { attacks } from './attacks/attacks.ts'
import type { Attempt } from './attacks/attack.ts'
import { isGap } from './attacks/gap.ts'
import { partition } from './attacks/partition.ts'
import type { Experiment, Unsolved } from './experiment.ts'
import type { RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { calling } from './tenant-apart/calling.ts'
import { rulesOfFunction, tenantApartDdl } from './tenant-apart/design.ts'
import { readApartGround, type Sort } from './tenant-apart/ground.ts'
import { places } from './tenant-apart/places.ts'
import { sameRows } from './tenant-apart/same-rows.ts'
import { ties } from './tenant-apart/ties.ts'

const sorts: readonly Sort[] = [sameRows, places, ties, calling]

/** What this file reads of a function's facts. */
interface Named {
  readonly schema: string
  readonly name: string
}

const functionIds = (rule: TenantApartRule, catalog: Catalog): readonly string[] =>
  [rule.apart, rule.together].flatMap((wanted) =>
    [...catalog.structures.values()]
      .filter((s) => s.kind === 'function' && wanted !== null)
      .filter((s) => (s.facts as Named).schema === wanted?.schema && (s.facts as Named).name === wanted.name)
      .map((s) => s.id),
  )

export const tenantApart: RuleKind<TenantApartRule> = {
  kind: 'tenantApart',
  sentence: ({ table, column }) =>
    `${noun(table)} of a large ${column.replace(/_?ids?$/u, '').replaceAll('_', ' ') || 'owner'} may stand apart, and nobody but it sees them there either`,
  async experiments(rule, context) {
    const ground = await readApartGround(rule, context)
    if (isGap(ground)) return { experiments: [], unsolved: [{ rule: rule.id, ...ground }] }
    const experiments: Experiment[] = []
    const unsolved: Unsolved[] = []
    const add = (name: string, attempts: readonly Attempt[]): void => {
      experiments.push(
        ...attempts.map((attempt, i) => ({
          id: `${rule.id}#${name}-${i + 1}`,
          rule: rule.id,
          given: [],
          ...attempt,
        })),
      )
    }
    for (const sort of sorts) add(sort.name, await sort.attempts(ground))
    for (const attack of attacks) {
      const { attempts, gaps = [] } = await attack.attempts(ground.tenancy)
      add(attack.name, attempts)
      // The partitions that it looks for rows in are those that stand before a tenant is moved: shape 1 asks them.
      if (ground.works && attack !== partition)
        unsolved.push(...gaps.map((gap) => ({ rule: rule.id, ...gap })))
    }
    return { experiments, unsolved }
  },
  design: tenantApartDdl,
  claims: (rule, { catalog, table, architecture }) => {
    const partitions = catalog.of(table.id, 'partition').map((s) => s.id)
    // What breaks a function is asked of the first rule that names it, for all tables that it moves.
    if (rulesOfFunction(rule, architecture)[0]?.id !== rule.id && partitions.length > 0) return partitions
    const functions = functionIds(rule, catalog)
    const grants = [...catalog.structures.values()].filter(
      (s) => s.kind === 'grant' && functions.some((id) => s.dependsOn.includes(id)),
    )
    return [...partitions, ...functions, ...grants.map((s) => s.id)]
  },
}
