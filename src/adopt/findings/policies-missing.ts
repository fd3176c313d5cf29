/** Row-level security without any policy, where somebody was granted the table: what is granted shows no row. */
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { readBypassing } from './bypassing-roles.ts'
import type { FindingKind } from './finding-kind.ts'
import { policiesOf } from './table-policies.ts'

const grantees = (catalog: Catalog, { id, owner }: Table): readonly string[] =>
  (catalog.of(id, 'grant') as readonly Structure<GrantFacts>[])
    .filter(({ facts }) => facts.privileges.length > 0 && facts.grantee !== owner)
    .map(({ facts }) => facts.grantee ?? 'public')

const finding = (table: Table, roles: readonly string[]): Finding => ({
  code: 'adopt.policies-missing',
  severity: 'note',
  structure: structureId(table.id, 'rowSecurity'),
  summary: `${table.id}: row-level security is on without any policy, and ${roles.join(', ')} ${roles.length === 1 ? 'has' : 'have'} rights on it`,
  reason: 'row-level security without any policy stands beside rights on the table',
  why: 'without a policy no row is seen or written by them: what is granted waits for the first policy, and then holds more than was thought of',
  fix: `write the policies that are meant, or take the rights back:\nrevoke all on table ${qualified(table)} from ${roles.map((role) => (role === 'public' ? role : ident(role))).join(', ')};`,
})

export const policiesMissing: FindingKind = {
  codes: ['adopt.policies-missing'],
  find: async (ground) => {
    const { catalog } = ground
    // Rows of a partition are reached by its parent, under the parent's policies.
    const closed = [...catalog.tables.values()].filter(
      (table) =>
        table.rowSecurity && table.partitionOf === null && policiesOf(catalog, table.id).length === 0,
    )
    const named = closed.flatMap((table) => grantees(catalog, table))
    const free = await readBypassing(ground, [...new Set(named)])
    return closed.flatMap((table) => {
      const bound = grantees(catalog, table).filter((role) => !free.has(role))
      return bound.length === 0 ? [] : [finding(table, bound)]
    })
  },
}
