/**
 * Conditions that a statement states of one table alone (`deleted_at is null`), and that the policies state under which
 * it is asked: of loaded rows some have to meet them, or it would find nothing whatever it asks for.
 */
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { parseStatements } from '../../postgres/parse.ts'
import { treesIn } from '../../rows/body-trees.ts'
import { conditionOver, conjuncts, lookedAtIn, readReading } from '../policies/reading.ts'
import { tableNamed } from './bound-tree.ts'

export interface StatedCondition {
  /** Relation id. */
  readonly table: string
  /** SQL over its bare columns. */
  readonly sql: string
}

/** Of a statement. Needs `loadParser()`. */
export const statedIn = (sql: string, catalog: Catalog): readonly StatedCondition[] =>
  lookedAtIn(
    parseStatements(sql).map(({ node }) => node),
    tableNamed(catalog),
    true,
  ).flatMap(({ table, conditions }) => conditions.map((one) => ({ table: table.id, sql: one })))

/** Of the policies of a relation, and of the tables that they read, also in functions. Needs `loadParser()`. */
export const statedByPolicies = (id: string, catalog: Catalog): readonly StatedCondition[] => {
  const table = catalog.tables.get(id)
  if (table?.rowSecurity !== true) return []
  const using = catalog.of(id, 'policy').flatMap(({ facts }) => (facts as PolicyFacts).using ?? [])
  const own = using
    .flatMap((sql) => treesIn(sql).flatMap(conjuncts))
    .flatMap((part) => conditionOver(part, { table, alias: table.name }, true) ?? [])
  return [
    ...own.map((sql) => ({ table: id, sql })),
    ...readReading(catalog, using).tables.flatMap(({ table: read, conditions }) =>
      conditions.map((sql) => ({ table: read.id, sql })),
    ),
  ]
}
