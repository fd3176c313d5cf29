/**
 * A partition that came after the phases were written gets the indexes of the new side in the switch. A large one is
 * named, with what builds its index while writers go on.
 */
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { dollarQuoted, literal, qualified } from '../../../postgres/quote.ts'

/** Bytes of a partition whose index is built under a lock of that partition. */
const small = 64 * 1024 * 1024

const block = (index: string): string => `
declare
  head regclass := (select indrelid from pg_index where indexrelid = ${literal(index)}::regclass);
  rest text := (select substr(pg_get_indexdef(i.oid), length(format('CREATE INDEX %I ON ONLY %I.%I ', i.relname, n.nspname, t.relname)) + 1)
    from pg_class i, pg_class t join pg_namespace n on n.oid = t.relnamespace where i.oid = ${literal(index)}::regclass and t.oid = head);
  part record;
  made text;
  above text;
  attach text;
begin
  for part in
    select c.oid, c.relname, n.nspname, t.parentrelid, t.isleaf, pg_relation_size(c.oid) as bytes
    from pg_partition_tree(head) as t join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
    where not exists (select from pg_partition_tree(${literal(index)}::regclass) as tree join pg_index o on o.indexrelid = tree.relid where o.indrelid = t.relid)
    order by t.level, t.relid
  loop
    made := left('assay_next_' || part.relname, 40) || '_' || substr(md5(${literal(index)} || part.oid), 1, 8);
    select o.indexrelid::regclass::text into above
    from pg_partition_tree(${literal(index)}::regclass) as tree join pg_index o on o.indexrelid = tree.relid where o.indrelid = part.parentrelid;
    attach := format('alter index %s attach partition %I.%I', above, part.nspname, made);
    if part.bytes > ${small} then
      raise exception using message = format('the partition %I.%I came since this was written, and has no index like %s', part.nspname, part.relname, above),
        errcode = 'undefined_object',
        hint = format(e'Make it, then go on:\ncreate index concurrently %I on %I.%I %s;\n%s;', made, part.nspname, part.relname, rest, attach);
    end if;
    execute format('create index %I on %s %I.%I %s', made, case when part.isleaf then '' else 'only' end, part.nspname, part.relname, rest);
    execute attach;
  end loop;
end
`

/** One for each index of a partitioned table, by the name that it has then. */
export const indexNewPartitions = (
  all: readonly Structure[],
  catalog: Catalog,
  named: (name: string) => string = (name) => name,
): readonly string[] =>
  all.flatMap(({ kind, table, name }) => {
    const of = catalog.tables.get(table ?? '')
    if (kind !== 'index' || of?.kind !== 'partitioned') return []
    return [`do ${dollarQuoted(block(qualified({ schema: of.schema, name: named(name) })))}`]
  })
