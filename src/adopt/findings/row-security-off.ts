/** Tables without row-level security beside siblings that are told apart by a column that these have too. */
import type { GrantFacts } from '../../catalog/grant.ts'
import { partitionParent } from '../../catalog/partition/whole.ts'
import { structureId } from '../../ground/names.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'
import { commonest, conditionOf, siblingsOf, typeOf, type Sibling } from './policy-siblings.ts'
import { rolesSql } from './table-policies.ts'

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
      if (table.rowSecurity || partitionParent(catalog, table) !== null || table.kind === 'foreign') return []
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
