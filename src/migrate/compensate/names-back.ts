/** What a migration renamed, told by the numbers that PostgreSQL gives tables and columns, and the statements that name it back. */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

interface Named {
  /** Of the relation. */
  readonly oid: string
  /** Of the column; 0: the relation itself. */
  readonly number: number
  readonly schema: string
  readonly relation: string
  readonly column: string | null
}

const namesSql = `
  select c.oid::text as oid, 0 as number, n.nspname as schema, c.relname as relation, null as "column"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_'
  union all
  select c.oid::text, a.attnum, n.nspname, c.relname, a.attname
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid >= 16384 and c.relkind in ('r', 'p', 'f') and n.nspname !~ '^pg_'
     and a.attnum > 0 and not a.attisdropped and a.attinhcount = 0`

/** Of one database; its copies have the same numbers. */
export type Names = ReadonlyMap<string, Named>

export const readNames = async (db: Session): Promise<Names> => {
  const rows = await db.json<Named>(`${namesSql}\n  order by 1, 2`)
  return new Map(rows.map((row) => [`${row.oid} ${row.number}`, row]))
}

interface Rename {
  readonly from: string
  readonly to: string
  readonly sql: readonly string[]
}

const ofRelations = (was: Names, is: Names): readonly Rename[] =>
  [...was].flatMap(([key, before]): readonly Rename[] => {
    const now = is.get(key)
    if (now === undefined || before.number !== 0) return []
    const moved = before.schema !== now.schema
    const renamed = before.relation !== now.relation
    if (!moved && !renamed) return []
    const here = { schema: now.schema, name: now.relation }
    const there = { schema: before.schema, name: now.relation }
    const sql = [
      ...(moved ? [`alter table ${qualified(here)} set schema ${ident(before.schema)}`] : []),
      ...(renamed ? [`alter table ${qualified(there)} rename to ${ident(before.relation)}`] : []),
    ]
    return [{ from: qualified(here), to: qualified({ ...there, name: before.relation }), sql }]
  })

/** They run once the relations have their names again. */
const ofColumns = (was: Names, is: Names): readonly Rename[] =>
  [...was].flatMap(([key, before]): readonly Rename[] => {
    const now = is.get(key)
    if (now?.column == null || before.column === null || now.column === before.column) return []
    const table = qualified({ schema: before.schema, name: before.relation })
    return [
      {
        from: `${table}.${ident(now.column)}`,
        to: `${table}.${ident(before.column)}`,
        sql: [`alter table ${table} rename column ${ident(now.column)} to ${ident(before.column)}`],
      },
    ]
  })

/** Each when its name is free; names that went round in a circle are left out, and told by what is then lost. */
const inFreeOrder = (renames: readonly Rename[]): readonly string[] => {
  const open = [...renames]
  const ordered: string[] = []
  for (;;) {
    const next = open.findIndex(({ to }) => !open.some(({ from }) => from === to))
    if (next < 0) return ordered
    ordered.push(...open.splice(next, 1).flatMap(({ sql }) => sql))
  }
}

export const renamesBack = (was: Names, is: Names): readonly string[] => [
  ...inFreeOrder(ofRelations(was, is)),
  ...inFreeOrder(ofColumns(was, is)),
]
