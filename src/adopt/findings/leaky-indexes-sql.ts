/** Indexes of tables with row-level security, part by part, with the operators that search them; see index-not-leakproof.ts. */
import { userSchema } from '../../catalog/tables-sql.ts'

export interface OperatorRow {
  /** Quoted and qualified: `OPERATOR("pg_catalog".=)` without its word. */
  readonly operator: string
  /** Type of its right side; null: whatever the part is of. */
  readonly right: string | null
}

export interface PartRow {
  readonly column: string | null
  readonly expression: string
  readonly type: string
  readonly operatorClass: string
  /** At least one operator that searches it is leakproof. */
  readonly hasLeakproof: boolean
  readonly operators: readonly OperatorRow[]
}

export interface GuardedIndexRow {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly method: string
  /** It is there for what it refuses. */
  readonly unique: boolean
  readonly predicate: string | null
  readonly parts: readonly PartRow[]
}

/** Operators over the operator class's own type, in order of strategy, at most so many. */
const mostOperators = 12

const searching = `
      from pg_catalog.pg_amop entry
      join pg_catalog.pg_operator o on o.oid = entry.amopopr
      join pg_catalog.pg_namespace on_ on on_.oid = o.oprnamespace
      where entry.amopfamily = op.opcfamily and entry.amoppurpose = 's' and entry.amoplefttype = op.opcintype`

export const guardedIndexesSql = `
  select n.nspname as schema, t.relname as table, c.relname as name, m.amname as method, i.indisunique as unique,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
    (select json_agg(json_build_object(
        'column', a.attname,
        'expression', pg_catalog.pg_get_indexdef(i.indexrelid, p.at, false),
        'type', pg_catalog.format_type(coalesce(a.atttypid, part.atttypid), null),
        'operatorClass', op.opcname,
        'hasLeakproof', exists (select ${searching} and (select proc.proleakproof from pg_catalog.pg_proc proc where proc.oid = o.oprcode)),
        'operators', (select json_agg(json_build_object('operator', found.operator, 'right', found.right) order by found.strategy)
          from (select pg_catalog.quote_ident(on_.nspname) || '.' || o.oprname as operator, entry.amopstrategy as strategy,
              case when rt.typtype <> 'p' then pg_catalog.format_type(rt.oid, null) end as right
            ${searching.replace('where', 'join pg_catalog.pg_type rt on rt.oid = entry.amoprighttype\n      where')}
            order by entry.amopstrategy limit ${mostOperators}) found)
      ) order by p.at)
      from generate_series(1, i.indnkeyatts) p(at)
      join pg_catalog.pg_attribute part on part.attrelid = i.indexrelid and part.attnum = p.at
      join pg_catalog.pg_opclass op on op.oid = i.indclass[p.at - 1]
      left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[p.at - 1] and a.attnum <> 0) as parts
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am m on m.oid = c.relam
  join pg_catalog.pg_class t on t.oid = i.indrelid and t.relkind = 'r' and t.relrowsecurity
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  where not i.indisexclusion and i.indisvalid and ${userSchema('n')}
  order by n.nspname collate "C", t.relname collate "C", c.relname collate "C"`
