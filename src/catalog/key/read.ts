/** Reads keys and indexes part by part: one query for all indexes of the database that satisfy a condition. */
import { parseStatements } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { tablesByOid } from '../alter.ts'
import { fieldsOf, listOf } from '../expression/tree.ts'
import type { KeyFacts, KeyPart } from './key.ts'
import type { Table } from '../table.ts'
import { usesSql, type Use } from '../uses.ts'

interface PartRow {
  readonly column: string | null
  readonly expression: string
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** Qualified outside pg_catalog. */
  readonly operatorClass: string
  readonly isDefaultClass: boolean
  /** `siglen=32` */
  readonly classOptions: readonly string[] | null
  readonly collation: string | null
  readonly hasOwnCollation: boolean
}

interface KeyRow extends Omit<KeyFacts, 'keys' | 'otherColumns' | 'options'> {
  readonly table: number
  readonly definition: string
  readonly indexDefinition: string
  readonly namelessDefinition: string
  readonly parts: readonly PartRow[]
  readonly options: readonly string[] | null
  readonly keyable: readonly string[] | null
  readonly valid: boolean
  readonly uses: readonly Use[]
  readonly constraintUses: readonly Use[]
}

export interface ReadKey {
  readonly table: Table
  readonly facts: KeyFacts
  /** Canonical, without the name. */
  readonly definition: string
  readonly uses: readonly Use[]
}

/**
 * Keyable: columns whose type, base type, elements' kind or binary twin has a default btree operator class. Names of
 * operator classes and collations are qualified unless they are PostgreSQL's own.
 */
const keysSql = (condition: string): string => `
  with keyable as materialized (
    select a.attrelid, json_agg(a.attname order by a.attnum) as columns
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_type own on own.oid = a.atttypid
    join pg_catalog.pg_type t on t.oid = case when own.typtype = 'd' then own.typbasetype else own.oid end
    where c.relkind in ('r', 'p') and c.oid >= 16384 and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
      and exists (
        select from pg_catalog.pg_opclass o
        join pg_catalog.pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
        where o.opcdefault and (o.opcintype = t.oid
          or (t.typtype = 'e' and o.opcintype = 'anyenum'::pg_catalog.regtype)
          or (t.typtype = 'r' and o.opcintype = 'anyrange'::pg_catalog.regtype)
          or (t.typtype = 'm' and o.opcintype = 'anymultirange'::pg_catalog.regtype)
          or (t.typcategory = 'A' and t.typelem <> 0 and o.opcintype = 'anyarray'::pg_catalog.regtype
            and t.typelem not in ('json'::pg_catalog.regtype, 'xml'::pg_catalog.regtype, 'point'::pg_catalog.regtype))
          or exists (select from pg_catalog.pg_cast k where k.castsource = t.oid and k.casttarget = o.opcintype
            and k.castmethod = 'b' and k.castcontext = 'i')))
    group by a.attrelid
  )
  select
    i.indrelid::bigint as table, c.relname as name,
    case when k.oid is not null then pg_catalog.pg_get_constraintdef(k.oid) else '' end as definition,
    pg_catalog.pg_get_indexdef(i.indexrelid) as "indexDefinition",
    case when i.indisunique then 'UNIQUE INDEX' else 'INDEX' end
      || substr(pg_catalog.pg_get_indexdef(i.indexrelid), 1 + length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I',
        case when i.indisunique then 'UNIQUE ' else '' end, c.relname,
        case when c.relkind = 'I' then 'ONLY ' else '' end, tn.nspname, t.relname))) as "namelessDefinition",
    (select json_agg(json_build_object(
        'column', a.attname,
        'expression', pg_catalog.pg_get_indexdef(i.indexrelid, p.at, false),
        'descending', (i.indoption[p.at - 1] & 1) <> 0,
        'nullsFirst', (i.indoption[p.at - 1] & 2) <> 0,
        'operatorClass', case when opn.nspname = 'pg_catalog' then '' else pg_catalog.quote_ident(opn.nspname) || '.' end
          || pg_catalog.quote_ident(op.opcname),
        'isDefaultClass', op.opcdefault,
        'classOptions', part.attoptions,
        'collation', case when con.nspname = 'pg_catalog' then '' else pg_catalog.quote_ident(con.nspname) || '.' end
          || pg_catalog.quote_ident(co.collname),
        'hasOwnCollation', co.oid is not null and co.oid is distinct from a.attcollation
      ) order by p.at)
      from generate_series(1, i.indnkeyatts) p(at)
      join pg_catalog.pg_attribute part on part.attrelid = i.indexrelid and part.attnum = p.at
      join pg_catalog.pg_opclass op on op.oid = i.indclass[p.at - 1]
      join pg_catalog.pg_namespace opn on opn.oid = op.opcnamespace
      left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[p.at - 1] and a.attnum <> 0
      left join pg_catalog.pg_collation co on co.oid = i.indcollation[p.at - 1]
      left join pg_catalog.pg_namespace con on con.oid = co.collnamespace) as parts,
    coalesce((select json_agg(a.attname order by p.at)
      from generate_series(i.indnkeyatts + 1, i.indnatts) p(at)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[p.at - 1]), '[]'::json) as include,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
    m.amname as method,
    coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as "nullsNotDistinct",
    case when k.condeferrable is not true then 'no' when k.condeferred then 'deferred' else 'immediate' end as deferrable,
    k.oid is not null as "isConstraint",
    coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) as "withoutOverlaps",
    c.reloptions as options,
    case when k.oid is not null then pg_catalog.obj_description(k.oid, 'pg_constraint')
      else pg_catalog.obj_description(c.oid, 'pg_class') end as comment,
    i.indisreplident as "isReplicaIdentity",
    i.indisvalid as valid,
    keyable.columns as keyable,
    ${usesSql('pg_class', 'i.indexrelid')} as uses,
    ${usesSql('pg_constraint', 'coalesce(k.oid, 0)')} as "constraintUses"
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam
  join pg_catalog.pg_class t on t.oid = i.indrelid and t.relkind in ('r', 'p')
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  left join keyable on keyable.attrelid = i.indrelid
  left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
  where i.indrelid >= 16384 and not c.relispartition and (${condition})
  order by i.indrelid, c.relname collate "C"`

const mostOthers = 8

/** Whether PostgreSQL itself found an operator class or a collation worth printing. */
const printedParts = (indexDefinition: string) => {
  const [statement] = parseStatements(indexDefinition)
  const parts = listOf(fieldsOf(statement?.node, 'IndexStmt')?.['indexParams'])
  return parts.map((part) => {
    const element = fieldsOf(part, 'IndexElem')
    return {
      hasClass: listOf(element?.['opclass']).length > 0,
      hasCollation: listOf(element?.['collation']).length > 0,
    }
  })
}

const classOptions = (options: readonly string[] | null): string => {
  if (!options) return ''
  const list = options.map((text) => {
    const equals = text.indexOf('=')
    return `${text.slice(0, equals)}='${text.slice(equals + 1).replaceAll("'", "''")}'`
  })
  return `(${list.join(', ')})`
}

const toParts = (row: KeyRow): readonly KeyPart[] => {
  const isPlain = row.parts.every((p) => p.column !== null && p.isDefaultClass && p.classOptions === null)
  const printed = isPlain ? [] : printedParts(row.indexDefinition)
  return row.parts.map((part, i) => {
    const hasClass = printed[i]?.hasClass ?? false
    const hasCollation = part.column === null ? (printed[i]?.hasCollation ?? false) : part.hasOwnCollation
    return {
      column: part.column,
      expression: part.expression,
      descending: part.descending,
      nullsFirst: part.nullsFirst,
      operatorClass: hasClass ? part.operatorClass + classOptions(part.classOptions) : null,
      collation: hasCollation ? part.collation : null,
    }
  })
}

export const readKeys = async (
  db: Session,
  tables: ReadonlyMap<string, Table>,
  condition: string,
): Promise<readonly ReadKey[]> => {
  const byOid = tablesByOid(tables)
  const rows = await db.json<KeyRow>(keysSql(condition))
  return rows.flatMap((row): ReadKey[] => {
    const table = byOid.get(row.table)
    if (!table) return []
    const keys = toParts(row)
    const used = new Set([...keys.map((k) => k.column), ...row.include])
    const facts: KeyFacts = {
      name: row.name,
      keys,
      include: row.include,
      predicate: row.predicate,
      method: row.method,
      nullsNotDistinct: row.nullsNotDistinct,
      deferrable: row.deferrable,
      isConstraint: row.isConstraint,
      withoutOverlaps: row.withoutOverlaps,
      options: row.options ?? [],
      comment: row.comment,
      otherColumns: (row.keyable ?? []).filter((column) => !used.has(column)).slice(0, mostOthers),
      isReplicaIdentity: row.isReplicaIdentity,
    }
    const text = row.isConstraint ? row.definition : row.namelessDefinition
    return [
      {
        table,
        facts,
        definition: row.valid ? text : `${text} INVALID`,
        uses: [...row.uses, ...row.constraintUses],
      },
    ]
  })
}
