/**
 * The table's policies as the database has them, and every way in which they may be broken: what the chosen cells have
 * to tell apart, and which of them nobody can, because no role is asked anything else by them.
 */
import type { PolicyFacts } from '../../catalog/policy.ts'
import { policyVariants } from '../../catalog/policy/mutants.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { RowSecurityFacts } from '../../catalog/row-security.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Foregone } from './foregone.ts'
import { saysNoMore } from './propositions.ts'
import {
  askedOf,
  formulaOf,
  points,
  type Asked,
  type Point,
  type PolicySet,
  type Standing,
} from './policy-set.ts'

export interface Variant {
  readonly structure: string
  readonly mutant: string
  readonly set: PolicySet
}

export const policiesOf = (catalog: Catalog, table: string): readonly Structure<PolicyFacts>[] =>
  catalog.of(table, 'policy') as readonly Structure<PolicyFacts>[]

/** As the database has them. */
export const standingSet = (catalog: Catalog, table: Table): PolicySet => ({
  policies: policiesOf(catalog, table.id).map((s) => s.facts),
  enabled: table.rowSecurity,
  forced: table.forceRowSecurity,
})

/** Mutants of row-level security that change the table itself. */
const securityChanges: Readonly<Record<string, Partial<PolicySet>>> = {
  'rowSecurity.disabled': { enabled: false },
  'rowSecurity.force-off': { forced: false },
  'rowSecurity.force-on': { forced: true },
}

export const variantsOf = (catalog: Catalog, table: Table): readonly Variant[] => {
  const standing = standingSet(catalog, table)
  const broken = policiesOf(catalog, table.id).flatMap((structure) =>
    policyVariants(structure, catalog).map(({ mutant, facts }): Variant => {
      const policies = standing.policies.flatMap((p) => (p === structure.facts ? (facts ?? []) : [p]))
      return { structure: structure.id, mutant: mutant.id, set: { ...standing, policies } }
    }),
  )
  const switched = (catalog.of(table.id, 'rowSecurity') as readonly Structure<RowSecurityFacts>[]).flatMap(
    (structure) =>
      kindOfStructure(structure)
        .mutants(structure, catalog)
        .flatMap((mutant): readonly Variant[] => {
          const change = securityChanges[mutant.operator]
          return change === undefined
            ? []
            : [{ structure: structure.id, mutant: mutant.id, set: { ...standing, ...change } }]
        }),
  )
  return [...switched, ...broken]
}

/** Without what is foregone: what can never be true, and at a new row what the old one has already been asked. */
const reduced = (
  set: PolicySet,
  standing: Standing,
  point: Point,
  { isNeverTrue, isSteady }: Foregone,
): Asked | null => {
  const asked = askedOf(set, standing, point)
  if (asked === null) return null
  const before = point === 'updated' ? askedOf(set, standing, 'update') : null
  const isAnswered = (sql: string): boolean => before?.restrictive.includes(sql) === true && isSteady(sql)
  return {
    restrictive: asked.restrictive.filter((sql) => !isAnswered(sql)),
    permissive: asked.permissive.filter((sql) => !isNeverTrue(sql, standing)),
  }
}

/** Whether two sets ask the same of every role there is, for every command. */
export const asksTheSame = (
  one: PolicySet,
  other: PolicySet,
  standings: readonly Standing[],
  known: Foregone,
): boolean =>
  standings.every((standing) =>
    points.every((point) => {
      const [before, after] = [reduced(one, standing, point, known), reduced(other, standing, point, known)]
      return formulaOf(before) === formulaOf(after) || saysNoMore(before, after)
    }),
  )
