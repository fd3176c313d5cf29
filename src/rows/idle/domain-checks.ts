/** CHECKs of domains as if they stood on a table of one column, which VALUE is. */
import type { CheckFacts } from '../../catalog/check.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import { plainColumn } from '../../catalog/plain-column.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'

export interface CheckedTable {
  readonly table: Table
  readonly checks: readonly Structure<CheckFacts>[]
  readonly isDomain: boolean
}

/** PostgreSQL's parser reads VALUE as a column of this name. */
const name = 'value'

const valueOf = ({ base, collation }: DomainFacts): Column =>
  plainColumn(name, base, { baseType: base.replace(/\(.*\)/u, ''), collation })

const tableOf = (id: string, facts: DomainFacts): Table => ({
  id,
  oid: 0,
  schema: facts.schema,
  name: facts.name,
  owner: '',
  kind: 'table',
  partitionOf: null,
  columns: [valueOf(facts)],
  rowSecurity: false,
  forceRowSecurity: false,
  comment: null,
})

const checkOf = (domain: Structure, check: DomainFacts['checks'][number]): Structure<CheckFacts> => ({
  ...domain,
  kind: 'check',
  name: check.name,
  facts: {
    name: check.name,
    expression: check.expression,
    columns: [name],
    noInherit: false,
    notValid: !check.validated,
    notEnforced: false,
    comment: null,
  },
})

export const checkedDomains = (catalog: Catalog): readonly CheckedTable[] =>
  [...catalog.structures.values()]
    .filter((structure) => structure.kind === 'domain')
    .map((structure) => {
      const facts = structure.facts as DomainFacts
      const checks = facts.checks.map((check) => checkOf(structure, check))
      return { table: tableOf(structure.id, facts), checks, isDomain: true }
    })
