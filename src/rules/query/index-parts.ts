/** An index on a partitioned table is there as its parts: these are what plans name. */
import type { QueryRule } from '../../architecture/kinds/query.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { RuleContext } from '../rule-kind.ts'

const partsSql = (index: string): string => `
select c.relname as name
  from pg_catalog.pg_partition_tree(${literal(index)}::pg_catalog.regclass) tree
  join pg_catalog.pg_class c on c.oid = tree.relid
 where tree.isleaf
 order by c.relname collate "C"`

export const partsOfIndex = async (
  name: string,
  rule: QueryRule,
  { catalog, db }: Pick<RuleContext, 'catalog' | 'db'>,
): Promise<readonly string[]> => {
  const table = rule.reads
    .flatMap((id) => catalog.tables.get(id) ?? [])
    .find((t) => t.kind === 'partitioned' && catalog.of(t.id).some((s) => s.name === name))
  if (!table) return []
  return (await db.json<{ name: string }>(partsSql(qualified({ schema: table.schema, name })))).map(
    (row) => row.name,
  )
}
