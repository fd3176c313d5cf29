/**
 * What a schema's tables are, as rows of text: `of` (the table), `part`, `fact`. Names print as the search_path has
 * it, so that a schema looked at from within and its template looked at from within read the same.
 */
import { ident, literal } from '../../postgres/quote.ts'

const fact = (from: string, of: string, part: string, text: string): string =>
  `select ${of}::text as of, ${part}::text as part, ${text} as fact\n  from ${from}`

/** `role`: whose grants and policies read as "the tenant". Other roles' grants count only where they must not be. */
const factsOf = (schema: string, role: string, othersToo: boolean): string => {
  const here = `c.relnamespace = ${literal(ident(schema))}::regnamespace`
  const tenant = `${literal(ident(role))}::regrole`
  const nameOf = (oid: string): string =>
    `case when ${oid} = 0 then 'everybody' when ${oid} = ${tenant} then 'the tenant' else ${oid}::regrole::text end`
  const grants = (acl: string, from: string, column: string): string =>
    fact(
      `${from} cross join lateral aclexplode(${acl}) x where ${here} and x.grantee <> c.relowner${othersToo ? '' : ` and x.grantee = ${tenant}`}`,
      'c.relname',
      `'privilege ' || x.privilege_type || ${column} || ' of ' || ${nameOf('x.grantee')}`,
      `case when x.is_grantable then 'with grant option' else 'granted' end`,
    )
  return [
    fact(
      `pg_class c where c.relkind in ('r', 'p', 'f'${othersToo ? ", 'v', 'm'" : ''}) and ${here}`,
      'c.relname',
      `'relation'`,
      `concat_ws(', ', c.relkind::text, c.relpersistence::text, 'owner ' || c.relowner::regrole, case when c.relrowsecurity then 'row security' end,
         case when c.relforcerowsecurity then 'forced' end, array_to_string(c.reloptions, ', '), obj_description(c.oid, 'pg_class'))`,
    ),
    fact(
      `pg_sequence s join pg_class c on c.oid = s.seqrelid
  left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  left join pg_class t on t.oid = d.refobjid
  where ${here}`,
      'coalesce(t.relname, c.relname)',
      `case d.deptype when 'i' then 'sequence of column ' || d.refobjsubid else 'sequence ' || c.relname end`,
      `concat_ws(', ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, 'of column ' || d.refobjsubid, d.deptype::text)`,
    ),
    fact(
      `pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind = 'r' and ${here}`,
      'c.relname',
      `'column ' || a.attname`,
      `concat_ws(', ', 'number ' || row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
         case when a.attnotnull then 'not null' end, 'default ' || pg_get_expr(d.adbin, d.adrelid), nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''),
         nullif(a.attcollation, 0)::regcollation, a.attstorage::text, col_description(c.oid, a.attnum))`,
    ),
    fact(
      `pg_constraint k join pg_class c on c.oid = k.conrelid where k.contype <> 't' and ${here}`,
      'c.relname',
      `'constraint ' || k.conname`,
      `concat_ws(', ', pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'))`,
    ),
    fact(
      `pg_index i join pg_class c on c.oid = i.indrelid join pg_class n on n.oid = i.indexrelid where ${here}`,
      'c.relname',
      `'index ' || n.relname`,
      'pg_get_indexdef(i.indexrelid, 0, true)',
    ),
    fact(
      `pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal and ${here}`,
      'c.relname',
      `'trigger ' || t.tgname`,
      `concat_ws(', ', pg_get_triggerdef(t.oid, true), 'enabled ' || t.tgenabled::text)`,
    ),
    fact(
      `pg_policy p join pg_class c on c.oid = p.polrelid where ${here}`,
      'c.relname',
      `'policy ' || p.polname`,
      `concat_ws(', ', p.polcmd::text, p.polpermissive, (select string_agg(${nameOf('r')}, ', ' order by ${nameOf('r')}) from unnest(p.polroles) r),
         pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))`,
    ),
    grants('c.relacl', 'pg_class c', `''`),
    grants('a.attacl', 'pg_class c join pg_attribute a on a.attrelid = c.oid', `format(' (%I)', a.attname)`),
  ].join('\nunion all\n')
}

const kept = 'pg_temp.assay_template'

export interface Comparison {
  readonly template: string
  readonly role: string
  /** Schema and role of the tenant. */
  readonly own: string
}

/** Keeps what the template is, then looks at the tenant from within: its own names hide the template's. */
export const keepTemplate = ({ template, role, own }: Comparison): readonly string[] => [
  `set local search_path = ${ident(template)}, pg_temp`,
  `create temp table assay_template as\n${factsOf(template, role, false)}`,
  `set local search_path = ${ident(own)}, ${ident(template)}, pg_temp`,
]

/** One row per difference: of, part, what the template has, what the tenant has. `where` speaks of `of`. */
export const differences = ({ own }: Comparison, where: string): string =>
  `select coalesce(t.of, o.of), coalesce(t.part, o.part), t.fact, o.fact
from ${kept} t full join (\n${factsOf(own, own, true)}\n) o on o.of = t.of and o.part = t.part
where t.fact is distinct from o.fact and (${where.replaceAll('$of', 'coalesce(t.of, o.of)')})
order by coalesce(t.of, o.of) collate "C", coalesce(t.part, o.part) collate "C"`
