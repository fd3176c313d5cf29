/** What has to be known of the columns of a database before their values can be masked: their types down to the base, and words of the schema. */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

export interface DescribedColumn {
  readonly schema: string
  readonly table: string
  readonly name: string
  /** Of pg_type: domains are looked through. */
  readonly type: string
  /** `e` for an enum, `r` for a range, `c` for a composite type … */
  readonly typtype: string
  /** Of the elements of an array, or of the bounds of a range or a multirange; null: it is none of them. */
  readonly element: string | null
  readonly isArray: boolean
  /** Enums: their labels say nothing of a person. */
  readonly elementTyptype: string | null
  readonly isGenerated: boolean
  readonly isNullable: boolean
  /** The database itself gives the value: an identity, a sequence, a random uuid. */
  readonly isSurrogate: boolean
}

const columnsSql = `
  with recursive base as (
    select oid, oid as at, typtype, typbasetype from pg_catalog.pg_type
    union all
    select b.oid, t.oid, t.typtype, t.typbasetype
      from base b join pg_catalog.pg_type t on t.oid = b.typbasetype where b.typtype = 'd')
  select n.nspname as schema, c.relname as "table", a.attname as name, t.typname as type, t.typtype,
         coalesce(e.typname, s.typname) as element, coalesce(e.typtype, s.typtype) as "elementTyptype",
         (t.typelem <> 0 and t.typcategory = 'A') as "isArray",
         a.attgenerated <> '' as "isGenerated", not a.attnotnull as "isNullable",
         (a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            ~* '^(?:nextval\\(|(?:[a-z_]+\\.)?(?:gen_random_uuid|uuidv[47]|uuid_generate_v[14])\\()', false)) as "isSurrogate"
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join base b on b.oid = a.atttypid and b.typtype <> 'd'
    join pg_catalog.pg_type t on t.oid = b.at
    left join base eb on eb.oid = t.typelem and t.typcategory = 'A' and eb.typtype <> 'd'
    left join pg_catalog.pg_type e on e.oid = eb.at
    left join pg_catalog.pg_range r on t.oid in (r.rngtypid, r.rngmultitypid)
    left join pg_catalog.pg_type s on s.oid = r.rngsubtype
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attnum > 0 and not a.attisdropped and c.oid >= 16384 and n.nspname !~ '^pg_'
   order by n.nspname collate "C", c.relname collate "C", a.attnum`

export const describeColumns = (db: Session): Promise<readonly DescribedColumn[]> =>
  db.json<DescribedColumn>(columnsSql)

/** Conditions that rows are held against, as PostgreSQL prints them; `table`: null for those of a domain. */
export interface SchemaText {
  readonly schema: string
  readonly table: string | null
  readonly text: string
}

const textsSql = `
  select coalesce(n.nspname, ${literal('')}) as schema, c.relname as "table", pg_catalog.pg_get_constraintdef(k.oid) as text
    from pg_catalog.pg_constraint k
    left join pg_catalog.pg_class c on c.oid = k.conrelid
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where k.oid >= 16384 and k.contype in ('c', 'x')
  union all
  select n.nspname, c.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid >= 16384 and c.relpartbound is not null
  union all
  select n.nspname, p.relname, pg_catalog.pg_get_expr(c.relpartbound, c.oid)
    from pg_catalog.pg_class c
    join pg_catalog.pg_inherits i on i.inhrelid = c.oid
    join pg_catalog.pg_class p on p.oid = i.inhparent
    join pg_catalog.pg_namespace n on n.oid = p.relnamespace
   where c.oid >= 16384 and c.relpartbound is not null
  union all
  select n.nspname, c.relname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    from pg_catalog.pg_attrdef d
    join pg_catalog.pg_class c on c.oid = d.adrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid >= 16384
  union all
  select n.nspname, c.relname, pg_catalog.pg_get_expr(i.indpred, i.indrelid)
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where i.indexrelid >= 16384 and i.indpred is not null`

export const readSchemaTexts = (db: Session): Promise<readonly SchemaText[]> => db.json<SchemaText>(textsSql)
