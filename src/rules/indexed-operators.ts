/** The operators that an index can answer, key by key, as its operator classes have them in the catalog. */
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

export interface IndexOperator {
  /** Such as `@>`. */
  readonly name: string
  readonly schema: string
  readonly right: string
  /** The right operand is of the key's own type (also through a polymorphic one). */
  readonly isSameType: boolean
  /** `order`: sorts by distance (`<->`). */
  readonly purpose: 'search' | 'order'
  readonly strategy: number
  /** Another operator class of this method for the type does not have it: asking for it tells the classes apart. */
  readonly isOwn: boolean
}

export interface KeyOperators {
  /** In the operator class's order. */
  readonly own: readonly IndexOperator[]
  /** Operators that only other operator classes of this method have for this type. */
  readonly foreign: readonly IndexOperator[]
}

interface OperatorRow extends IndexOperator {
  readonly key: number
  readonly isForeign: boolean
}

/** Families of the method for the same input type; an operator is told by its name and right operand. */
const operatorsSql = (index: string): string => `
with keys as (
  select k.at::int as key, o.opcmethod as method, o.opcfamily as family, o.opcintype as input
    from pg_catalog.pg_index i
    cross join lateral unnest(i.indclass::oid[]) with ordinality k(class, at)
    join pg_catalog.pg_opclass o on o.oid = k.class
   where i.indexrelid = ${literal(index)}::pg_catalog.regclass
),
offered as (
  select distinct keys.key, keys.family, other.opcfamily as offering, keys.input,
         op.oprname as name, op.oprnamespace, op.oprright, a.amoppurpose, a.amopstrategy
    from keys
    join pg_catalog.pg_opclass other on other.opcmethod = keys.method and other.opcintype = keys.input
    join pg_catalog.pg_amop a on a.amopfamily = other.opcfamily and a.amoplefttype = keys.input
    join pg_catalog.pg_operator op on op.oid = a.amopopr
)
select o.key, o.name, n.nspname as schema, pg_catalog.format_type(o.oprright, null) as "right",
       o.oprright = o.input as "isSameType",
       case o.amoppurpose when 'o' then 'order' else 'search' end as purpose,
       o.amopstrategy as strategy,
       o.offering <> o.family as "isForeign",
       exists (
         select from offered elsewhere
          where elsewhere.key = o.key and elsewhere.offering <> o.family
            and not exists (
              select from offered same
               where same.key = o.key and same.offering = elsewhere.offering
                 and same.name = o.name and same.oprright = o.oprright)
       ) as "isOwn"
  from offered o
  join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
 where o.offering = o.family
    or not exists (
      select from offered mine
       where mine.key = o.key and mine.offering = o.family and mine.name = o.name and mine.oprright = o.oprright)
 order by o.key, o.offering = o.family desc, o.amopstrategy, o.name collate "C",
          pg_catalog.format_type(o.oprright, null) collate "C", o.offering`

/** `index` is the index's name as SQL text. One entry per key. */
export const readOperators = async (
  db: Session,
  index: string,
  keys: number,
): Promise<readonly KeyOperators[]> => {
  const rows = await db.json<OperatorRow>(operatorsSql(index))
  return Array.from({ length: keys }, (_, n) => {
    const ofKey = rows.filter((row) => row.key === n + 1)
    return { own: ofKey.filter((row) => !row.isForeign), foreign: ofKey.filter((row) => row.isForeign) }
  })
}
