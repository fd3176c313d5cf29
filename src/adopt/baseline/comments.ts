/** Comments of every sort of object, as PostgreSQL itself names the object (pg_identify_object). */
import type { Session } from '../../postgres/session.ts'
import { quotedFunction } from '../../catalog/quoted-sql.ts'

interface CommentRow {
  readonly key: string
  readonly statement: string
}

const commentsSql = `
  select d.classoid::pg_catalog.regclass::text || '/' || d.objoid as key,
    'COMMENT ON ' || case
      when k.contypid <> 0 then pg_catalog.format('CONSTRAINT %I ON DOMAIN %s', k.conname, pg_catalog.format_type(k.contypid, null))
      when i.type like '% column' then 'COLUMN ' || i.identity
      when i.type = 'table constraint' then 'CONSTRAINT ' || i.identity
      when i.type = 'statistics object' then 'STATISTICS ' || i.identity
      when i.type = 'foreign-data wrapper' then 'FOREIGN DATA WRAPPER ' || i.identity
      when p.oid is not null then case p.prokind when 'p' then 'PROCEDURE ' when 'a' then 'AGGREGATE ' else 'FUNCTION ' end || ${quotedFunction('p', 'n')}
      else upper(i.type) || ' ' || i.identity end
    || ' IS ' || pg_catalog.quote_literal(d.description) as statement
  from pg_catalog.pg_description d
  left join pg_catalog.pg_constraint k on d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objoid
  left join pg_catalog.pg_proc p on d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.objoid
  left join pg_catalog.pg_namespace n on n.oid = p.pronamespace,
  pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  where (d.objoid >= 16384 or d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass)
    and d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
    and not (i.identity = 'public' and d.description = 'standard public schema')
  order by d.classoid, d.objoid, d.objsubid`

/** By the row of the catalog that they are on; a table's columns in their order. */
export const readComments = async (db: Session): Promise<ReadonlyMap<string, readonly string[]>> => {
  const comments = new Map<string, string[]>()
  for (const { key, statement } of await db.json<CommentRow>(commentsSql)) {
    const list = comments.get(key)
    if (list) list.push(statement)
    else comments.set(key, [statement])
  }
  return comments
}
