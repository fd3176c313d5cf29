/** The operators that an index can answer, key by key, beside those of the classes and methods it could be mistaken for. */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

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
}

/** An operator class that takes the key's type. */
interface OperatorClass {
  readonly method: string
  readonly name: string
  /** In the class's order. */
  readonly operators: readonly IndexOperator[]
}

export interface KeyOperators {
  readonly own: readonly IndexOperator[]
  /** Other classes of the method, and the usual one of each other method. */
  readonly others: readonly OperatorClass[]
}

interface OperatorRow extends IndexOperator {
  readonly key: number
  readonly method: string
  readonly className: string
  readonly isOwn: boolean
}

/** Classes of one family have the same operators: each family is listed once. */
const operatorsSql = (index: string): string => `
with keys as (
  select k.at::int as key, o.opcmethod as method, o.opcfamily as family, o.opcintype as input
    from pg_catalog.pg_index i
    cross join lateral unnest(i.indclass::oid[]) with ordinality k(class, at)
    join pg_catalog.pg_opclass o on o.oid = k.class
   where i.indexrelid = ${literal(index)}::pg_catalog.regclass
),
classes as (
  select distinct on (keys.key, o.opcfamily) keys.key, keys.input, o.opcfamily as family, o.opcmethod,
         o.opcname as name, o.opcfamily = keys.family as is_own
    from keys
    join pg_catalog.pg_opclass o on o.opcintype = keys.input and (o.opcmethod = keys.method or o.opcdefault)
   order by keys.key, o.opcfamily, o.opcdefault desc, o.opcname collate "C"
)
select c.key, m.amname as method, c.name as "className", c.is_own as "isOwn",
       op.oprname as name, n.nspname as schema, pg_catalog.format_type(op.oprright, null) as "right",
       op.oprright = c.input as "isSameType",
       case a.amoppurpose when 'o' then 'order' else 'search' end as purpose,
       a.amopstrategy as strategy
  from classes c
  join pg_catalog.pg_am m on m.oid = c.opcmethod
  join pg_catalog.pg_amop a on a.amopfamily = c.family and a.amoplefttype = c.input
  join pg_catalog.pg_operator op on op.oid = a.amopopr
  join pg_catalog.pg_namespace n on n.oid = op.oprnamespace
 order by c.key, m.amname collate "C", c.name collate "C", a.amopstrategy, op.oprname collate "C",
       pg_catalog.format_type(op.oprright, null) collate "C"`

const classesOf = (rows: readonly OperatorRow[]): readonly OperatorClass[] => {
  const classes = new Map<string, OperatorRow[]>()
  for (const row of rows) {
    const key = `${row.method} ${row.className}`
    const group = classes.get(key)
    if (group) group.push(row)
    else classes.set(key, [row])
  }
  return [...classes.values()].map((group) => ({
    method: group[0]!.method,
    name: group[0]!.className,
    operators: group,
  }))
}

/** `index` is the index's name as SQL text. One entry per key. */
export const readOperators = async (
  db: Session,
  index: string,
  keys: number,
): Promise<readonly KeyOperators[]> => {
  const rows = await db.json<OperatorRow>(operatorsSql(index))
  return Array.from({ length: keys }, (_, n) => {
    const ofKey = rows.filter((row) => row.key === n + 1)
    return { own: ofKey.filter((row) => row.isOwn), others: classesOf(ofKey.filter((row) => !row.isOwn)) }
  })
}

/** What `these` can answer and `those` cannot. */
export const beyond = (
  these: readonly IndexOperator[],
  those: readonly IndexOperator[],
): readonly IndexOperator[] => {
  const known = new Set(those.map((o) => `${o.schema}.${o.name} ${o.right}`))
  return these.filter((o) => !known.has(`${o.schema}.${o.name} ${o.right}`))
}
