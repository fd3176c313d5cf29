/** What a row must satisfy to land in a partition that exists: one condition per leaf, as PostgreSQL writes it. */
import type { Table } from '../../catalog/table.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

const boundsSql = (table: Table): string => `
select pg_catalog.pg_get_partition_constraintdef(tree.relid) as bound
  from pg_catalog.pg_partition_tree(${literal(qualified(table))}::pg_catalog.regclass) tree
 where tree.isleaf
 order by tree.relid::pg_catalog.regclass::text collate "C"`

const hash = 'satisfies_hash_partition('

/** A hash partition takes whatever hashes to it: with all of them there, every value has its place. */
const withoutHash = (bound: string): string => {
  const at = bound.indexOf(hash)
  if (at < 0) return bound
  let depth = 1
  let end = at + hash.length
  for (; depth > 0 && end < bound.length; end++) {
    if (bound[end] === '(') depth += 1
    if (bound[end] === ')') depth -= 1
  }
  return withoutHash(`${bound.slice(0, at)}true${bound.slice(end)}`)
}

/** None for a table that is neither partitioned nor a partition. */
export const readPartitionBounds = async (db: Session, table: Table): Promise<readonly string[]> => {
  if (table.kind !== 'partitioned' && table.partitionOf === null) return []
  const found = await db.json<{ bound: string | null }>(boundsSql(table))
  const bounds = found.flatMap(({ bound }) => (bound === null ? [] : [withoutHash(bound)]))
  return [...new Set(bounds)].filter((bound) => bound !== 'true')
}
