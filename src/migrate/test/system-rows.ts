/**
 * A digest of PostgreSQL's own rows about what users made, as they lie there: the same only while nothing at all was
 * done to the schema. Cheap, and stricter than a comparison of catalogs: what is made again has other numbers.
 */
import type { Session } from '../../postgres/session.ts'

const byOid = [
  'pg_class',
  'pg_type',
  'pg_proc',
  'pg_constraint',
  'pg_attrdef',
  'pg_namespace',
  'pg_trigger',
  'pg_policy',
  'pg_rewrite',
  'pg_operator',
  'pg_collation',
  'pg_cast',
  'pg_event_trigger',
  'pg_extension',
  'pg_publication',
  'pg_publication_rel',
  'pg_foreign_server',
  'pg_conversion',
  'pg_statistic_ext',
  'pg_default_acl',
] as const

const byOther = [
  ['pg_attribute', 'attrelid'],
  ['pg_index', 'indexrelid'],
  ['pg_sequence', 'seqrelid'],
  ['pg_enum', 'enumtypid'],
  ['pg_inherits', 'inhrelid'],
  ['pg_description', 'objoid'],
  ['pg_depend', 'objid'],
] as const

/** What VACUUM and ANALYZE write, and not a person. */
const upkeep = [
  'relpages',
  'reltuples',
  'relallvisible',
  'relallfrozen',
  'relfrozenxid',
  'relminmxid',
  'relhasindex',
  'relhassubclass',
]

const withoutUpkeep = upkeep.map((column) => ` - '${column}'`).join('')

const digestSql = (catalog: string, id: string): string =>
  `select coalesce(pg_catalog.sum(pg_catalog.hashtextextended((pg_catalog.to_jsonb(rows_)${withoutUpkeep})::text, 0)), 0)::text
    from pg_catalog.${catalog} as rows_ where rows_.${id} >= 16384`

const systemRowsSql = [...byOid.map((catalog) => [catalog, 'oid'] as const), ...byOther]
  .map(([catalog, id]) => `(${digestSql(catalog, id)})`)
  .join(`\n  || ' ' || `)

export const readSystemRows = async (db: Session): Promise<string> => {
  const commands = await db.query(`select ${systemRowsSql}`)
  return commands.at(-1)?.rows[0]?.[0] ?? ''
}
