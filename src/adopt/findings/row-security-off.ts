/** Tables without row-level security beside siblings that are told apart by a column that these have too. */
import type { GrantFacts } from '../../catalog/grant.ts'
import { printExpression } from '../../catalog/expression/text.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { structureId } from '../../ground/names.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { parseExpression } from '../../postgres/parse.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import {
  guardedTables,
  identityComparisons,
  rolesSql,
  type Comparison,
  type Policy,
} from './table-policies.ts'

interface Sibling {
  readonly table: Table
  readonly policy: Policy
  readonly comparison: Comparison
}

/** `users.id = current_user_id()` says who a user is; that other tables have an id too says nothing. */
const isOwnKey = (catalog: Catalog, table: Table, column: string): boolean =>
  primaryKeysOf(catalog, table.id).some(
    ({ facts }) => facts.columns.length === 1 && facts.columns[0] === column,
  )

const siblingsOf = (catalog: Catalog): readonly Sibling[] =>
  guardedTables(catalog)
    .filter(({ table }) => table.rowSecurity)
    .flatMap(({ table, policies }) =>
      policies.flatMap((policy) =>
        [policy.facts.using, policy.facts.withCheck]
          .flatMap((sql) => (sql === null ? [] : identityComparisons(sql)))
          .filter(({ column }) => table.columns.some(({ name }) => name === column))
          .filter(({ column }) => !isOwnKey(catalog, table, column))
          .map((comparison) => ({ table, policy, comparison })),
      ),
    )

const typeOf = (table: Table, column: string): string | undefined =>
  table.columns.find(({ name }) => name === column)?.type

/** As it stands where it is all that the policy says, else the comparison alone. */
const conditionOf = (policy: Policy, { node }: Comparison): string | null => {
  const own = printExpression(node)
  const whole = [policy.facts.using, policy.facts.withCheck].find(
    (sql) => sql !== null && own !== null && printExpression(parseExpression(sql)) === own,
  )
  return whole ?? own
}

/** What it would be mended with. */
const mendKey = ({ policy, comparison }: Sibling): string =>
  JSON.stringify([conditionOf(policy, comparison), rolesSql(policy.facts.roles)])

/** As most siblings are guarded: a policy for one role would shut out the others. Of equals the first. */
const commonest = (siblings: readonly Sibling[]): Sibling | undefined => {
  const counts = new Map<string, number>()
  for (const one of siblings) counts.set(mendKey(one), (counts.get(mendKey(one)) ?? 0) + 1)
  return siblings.toSorted((a, b) => counts.get(mendKey(b))! - counts.get(mendKey(a))!)[0]
}

/** Tables that somebody other than their owner may use, as far as grants say. */
const sharedTables = (catalog: Catalog): ReadonlySet<string> =>
  new Set(
    [...catalog.structures.values()].flatMap((structure) => {
      if (structure.kind !== 'grant') return []
      const { object, grantee, privileges } = structure.facts as GrantFacts
      const owner = catalog.tables.get(structure.table ?? '')?.owner
      return object.kind === 'table' && grantee !== owner && privileges.length > 0
        ? [structure.table ?? '']
        : []
    }),
  )

const finding = (table: Table, { table: sibling, policy, comparison }: Sibling): Finding => {
  const condition = conditionOf(policy, comparison)
  const enable = `alter table ${qualified(table)} enable row level security;`
  const create = `create policy ${ident(policy.name)} on ${qualified(table)} to ${rolesSql(policy.facts.roles)} using (${condition ?? ''});`
  return {
    code: 'adopt.row-security-off',
    severity: 'warning',
    structure: structureId(table.id, 'table'),
    summary: `${table.id}: row-level security is off, and ${sibling.id} beside it is told apart by ${comparison.column}, which this table has too`,
    reason: 'a table without row-level security stands beside siblings that have it',
    why: `policy ${policy.name} of ${sibling.id} compares ${comparison.column} with who asks; here everybody with the privilege sees and writes the rows of all`,
    fix: `guard it likewise:\n${condition === null ? enable : `${enable}\n${create}`}`,
  }
}

export const rowSecurityOff: FindingKind = {
  codes: ['adopt.row-security-off'],
  find: async ({ catalog }) => {
    const siblings = siblingsOf(catalog)
    if (siblings.length === 0) return []
    const shared = sharedTables(catalog)
    // Where no guarded table is granted to anybody, the grants were not told.
    const grantsAreKnown = siblings.some(({ table }) => shared.has(table.id))
    return [...catalog.tables.values()].flatMap((table) => {
      if (table.rowSecurity || table.partitionOf !== null || table.kind === 'foreign') return []
      if (catalog.of(table.id, 'policy').length > 0 || (grantsAreKnown && !shared.has(table.id))) return []
      const like = commonest(
        siblings.filter(
          ({ table: sibling, comparison: { column } }) =>
            sibling.schema === table.schema &&
            typeOf(table, column) !== undefined &&
            typeOf(table, column) === typeOf(sibling, column),
        ),
      )
      return like ? [finding(table, like)] : []
    })
  },
}
