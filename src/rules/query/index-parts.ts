/** An index on a partitioned table is there as its parts: these are what plans name. */
import type { Architecture } from '../../architecture/architecture.ts'
import type { QueryRule } from '../../architecture/kinds/query.ts'
import { didYouMean } from '../../ground/nearest-name.ts'
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

const indexesSql = `
select c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('i', 'I') and n.nspname !~ '^pg_'
 order by c.relname collate "C"`

const declaredNames = ({ tables }: Architecture): readonly string[] =>
  tables.flatMap(({ rules }) =>
    rules.flatMap((rule) => ('name' in rule && typeof rule.name === 'string' ? [rule.name] : [])),
  )

/** What is wrong with the name of an index that is neither there nor declared; null: nothing. */
export const unknownIndex = async (
  name: string,
  { architecture, db }: Pick<RuleContext, 'architecture' | 'db'>,
): Promise<string | null> => {
  const declared = declaredNames(architecture)
  if (declared.includes(name)) return null
  const standing = (await db.json<{ name: string }>(indexesSql)).map((row) => row.name)
  if (standing.includes(name)) return null
  return `No index is called "${name}": neither in the database nor among what is declared.${didYouMean(name, [...new Set([...standing, ...declared])])}`
}
