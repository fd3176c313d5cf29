/** The policies of each table, and what a policy asks of whom. */
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'

export type Policy = Structure<PolicyFacts>

export const policiesOf = (catalog: Catalog, table: string): readonly Policy[] =>
  catalog.of(table, 'policy') as readonly Policy[]

/** Tables with policies, in the order of the catalog. */
export const guardedTables = (
  catalog: Catalog,
): readonly { readonly table: Table; readonly policies: readonly Policy[] }[] =>
  [...catalog.tables.values()].flatMap((table) => {
    const policies = policiesOf(catalog, table.id)
    return policies.length === 0 ? [] : [{ table, policies }]
  })

export type Command = 'select' | 'insert' | 'update' | 'delete'

export const commandsOf = ({ facts }: Policy): readonly Command[] =>
  facts.command === 'all' ? ['select', 'insert', 'update', 'delete'] : [facts.command as Command]

export const rolesSql = (roles: readonly (string | null)[]): string =>
  roles.map((role) => (role === null ? 'public' : ident(role))).join(', ')

/** `policy "p" on "s"."t"` */
export const policySql = ({ facts }: Policy): string => `policy ${ident(facts.name)} on ${facts.relation}`
