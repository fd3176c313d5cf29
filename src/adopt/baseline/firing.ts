/** Rewrite rules and triggers, each with its state; a partition's trigger is said only where its state is another. */
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import { keyOf, type Family, type Piece } from './piece.ts'
import { quotedName } from '../../catalog/quoted-sql.ts'

interface FiringRow {
  readonly class: 'pg_rewrite' | 'pg_trigger'
  readonly oid: number
  readonly schema: string
  readonly relation: string
  readonly table: number
  readonly on: string
  readonly name: string
  readonly sql: string
  /** null: it comes with the parent's. */
  readonly statement: string | null
  readonly parent: number | null
  readonly constraint: number | null
  readonly enabled: string
  readonly usual: string
}

const firingSql = `
  select 'pg_rewrite' as class, r.oid::bigint as oid, n.nspname as schema, c.relname as relation, c.oid::bigint as table,
    ${quotedName('n', 'c.relname')} as on, r.rulename as name, pg_catalog.quote_ident(r.rulename) as sql,
    pg_catalog.pg_get_ruledef(r.oid) as statement, null::bigint as parent, null::bigint as constraint,
    r.ev_enabled as enabled, 'O'::"char" as usual
  from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.rulename <> '_RETURN' and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
  union all
  select 'pg_trigger', t.oid::bigint, n.nspname, c.relname, c.oid::bigint, ${quotedName('n', 'c.relname')},
    t.tgname, pg_catalog.quote_ident(t.tgname),
    case when t.tgparentid = 0 then pg_catalog.pg_get_triggerdef(t.oid) end, nullif(t.tgparentid, 0)::bigint, nullif(t.tgconstraint, 0)::bigint,
    t.tgenabled, coalesce(above.tgenabled, 'O')
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_trigger above on above.oid = t.tgparentid
  where not t.tgisinternal and ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}`

const states: Readonly<Record<string, string>> = {
  O: 'ENABLE',
  D: 'DISABLE',
  R: 'ENABLE REPLICA',
  A: 'ENABLE ALWAYS',
}

const toPiece = (row: FiringRow): Piece => {
  const isRule = row.class === 'pg_rewrite'
  const word = isRule ? 'RULE' : 'TRIGGER'
  const state =
    row.enabled === row.usual ? [] : [`ALTER TABLE ${row.on} ${states[row.enabled]} ${word} ${row.sql}`]
  const made = row.statement === null ? [] : [row.statement.trim().replace(/;$/u, '')]
  return {
    key: keyOf(row.class, row.oid),
    ...(row.constraint === null ? {} : { rows: [keyOf('pg_constraint', row.constraint)] }),
    name: `${isRule ? 'rule' : 'trigger'} ${row.sql} on ${row.on}`,
    section: isRule ? 'Rules' : 'Triggers',
    sort: [row.schema, row.relation, row.name],
    statements: [...made, ...state],
    on: [
      keyOf('pg_class', row.table),
      keyOf('attached', row.table),
      ...(row.parent === null ? [] : [keyOf('pg_trigger', row.parent)]),
    ],
  }
}

export const readFiring: Family = async ({ db }) => (await db.json<FiringRow>(firingSql)).map(toPiece)
