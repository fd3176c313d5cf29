/** What a row must satisfy to land in a partition that exists: one condition per leaf, as PostgreSQL writes it. */
import type { Table } from '../catalog/table.ts'
import { literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

const boundsSql = (table: Table): string => `
select pg_catalog.pg_get_partition_constraintdef(tree.relid) as bound
  from pg_catalog.pg_partition_tree(${literal(qualified(table))}::pg_catalog.regclass) tree
 where tree.isleaf
 order by tree.relid::pg_catalog.regclass::text collate "C"`

/** A hash partition takes whatever hashes to it: with all of them there, every value has its place. */
const isHash = (bound: string): boolean => bound.includes('satisfies_hash_partition')

/** None for a table that is neither partitioned nor a partition. */
export const readPartitionBounds = async (db: Session, table: Table): Promise<readonly string[]> => {
  const found = await db.json<{ bound: string | null }>(boundsSql(table))
  return found.flatMap(({ bound }) => (bound === null || isHash(bound) ? [] : [bound]))
}
