/**
 * Every object of the user that the families could not read, found by asking PostgreSQL's catalogs for all there are:
 * nothing is lost without a word. Each becomes a piece that cannot be made, with the reason.
 */
import type { Session } from '../../postgres/session.ts'
import { idPart } from '../../ground/names.ts'
import { notOfExtension, userSchema } from '../../catalog/tables-sql.ts'
import type { Piece } from './piece.ts'

interface ObjectRow {
  readonly key: string
  readonly class: string
  readonly type: string
  readonly identity: string
}

const inSchema = (column: string): string =>
  `exists (select from pg_catalog.pg_namespace n where n.oid = ${column} and ${userSchema('n')})`

/** What stands on a relation is the user's when the relation is. */
const onRelation = (column: string): string =>
  `exists (select from pg_catalog.pg_class c where c.oid = ${column} and ${inSchema('c.relnamespace')} and ${notOfExtension('pg_class', 'c.oid')})`

const all = (catalogTable: string, where: string): string => `
    select 'pg_catalog.${catalogTable}'::pg_catalog.regclass as class, o.oid from pg_catalog.${catalogTable} o
    where o.oid >= 16384 and ${where} and ${notOfExtension(catalogTable, 'o.oid')}`

const internal = (catalogTable: string): string => `exists (select from pg_catalog.pg_depend i
      where i.classid = 'pg_catalog.${catalogTable}'::pg_catalog.regclass and i.objid = o.oid and i.deptype = 'i')`

const objectsSql = `
  select found.class::text || '/' || found.oid as key, found.class::text as class, i.type, i.identity
  from (${[
    all('pg_class', `o.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${inSchema('o.relnamespace')}`),
    all(
      'pg_class',
      `o.relkind in ('i', 'I') and exists (select from pg_catalog.pg_index x where x.indexrelid = o.oid and ${onRelation('x.indrelid')})`,
    ),
    all('pg_proc', `${inSchema('o.pronamespace')} and not ${internal('pg_proc')}`),
    all(
      'pg_type',
      `${inSchema('o.typnamespace')} and not ${internal('pg_type')} and o.typtype <> 'm'
      and not exists (select from pg_catalog.pg_type e where e.typarray = o.oid)
      and (o.typrelid = 0 or exists (select from pg_catalog.pg_class c where c.oid = o.typrelid and c.relkind = 'c'))`,
    ),
    all(
      'pg_constraint',
      `o.contype <> 'n' and o.conparentid = 0 and (o.conrelid = 0 or ${onRelation('o.conrelid')})
      and ${inSchema('o.connamespace')} and not exists (select from pg_catalog.pg_depend e where o.contypid <> 0 and e.objid = o.contypid and e.deptype = 'e')`,
    ),
    all('pg_attrdef', onRelation('o.adrelid')),
    all('pg_trigger', `not o.tgisinternal and ${onRelation('o.tgrelid')}`),
    all('pg_rewrite', onRelation('o.ev_class')),
    all('pg_policy', onRelation('o.polrelid')),
    all('pg_statistic_ext', inSchema('o.stxnamespace')),
    all('pg_operator', `o.oprcode <> 0 and ${inSchema('o.oprnamespace')}`),
    all('pg_opclass', inSchema('o.opcnamespace')),
    all('pg_opfamily', inSchema('o.opfnamespace')),
    all('pg_cast', `not ${internal('pg_cast')}`),
    all('pg_collation', inSchema('o.collnamespace')),
    all('pg_conversion', inSchema('o.connamespace')),
    all('pg_ts_config', inSchema('o.cfgnamespace')),
    all('pg_ts_dict', inSchema('o.dictnamespace')),
    all('pg_ts_parser', inSchema('o.prsnamespace')),
    all('pg_ts_template', inSchema('o.tmplnamespace')),
    all('pg_foreign_data_wrapper', 'true'),
    all('pg_foreign_server', 'true'),
    // The table itself holds secrets, and is closed.
    `
    select 'pg_catalog.pg_user_mapping'::pg_catalog.regclass, o.umid from pg_catalog.pg_user_mappings o`,
    all('pg_publication', 'true'),
    all('pg_event_trigger', 'true'),
    all('pg_language', 'true'),
    all('pg_transform', 'true'),
    all('pg_am', 'true'),
    all('pg_namespace', userSchema('o')),
  ].join('\n    union all')}) found,
  pg_catalog.pg_identify_object(found.class, found.oid, 0) i
  order by i.type, i.identity collate "C"`

const superuser = 'only a superuser makes it'

const reasons: Readonly<Record<string, string>> = {
  pg_event_trigger: superuser,
  pg_language: superuser,
  pg_transform: superuser,
  pg_am: superuser,
  pg_opclass: superuser,
  pg_opfamily: superuser,
  pg_ts_parser: superuser,
  pg_ts_template: superuser,
  pg_foreign_data_wrapper: superuser,
  pg_cast: 'only a superuser makes a cast without a function',
  pg_proc: 'it is compiled code, and only a superuser makes that',
  pg_type: 'it is a type of compiled functions, and only a superuser makes that',
  pg_user_mapping: 'its options are secrets, which are never read',
}

/** `"it""s"` → `it"s` */
const plainName = (identity: string): string =>
  /^".*"$/su.test(identity) ? identity.slice(1, -1).replaceAll('""', '"') : identity

/** Pieces for what is not among these. */
export const readUnread = async (db: Session, pieces: readonly Piece[]): Promise<readonly Piece[]> => {
  const read = new Set(pieces.flatMap(({ key, rows = [] }) => [key, ...rows]))
  const objects = await db.json<ObjectRow>(objectsSql)
  return objects
    .filter(({ key }) => !read.has(key))
    .map((row): Piece => ({
      key: row.key,
      name: `${row.type} ${row.identity}`,
      section: 'Functions',
      sort: [],
      statements: [],
      cannot: reasons[row.class] ?? 'the baseline has no words for it yet',
      ...(row.class === 'pg_event_trigger'
        ? { structure: `eventTrigger:${idPart(plainName(row.identity))}` }
        : {}),
    }))
}
