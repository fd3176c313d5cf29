/**
 * What a platform's prelude makes is there before the baseline runs: its objects, and whatever else stands in the
 * schemas that it makes, are left out of it.
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Piece } from './piece.ts'

export interface LeftAlone {
  /** Schemas that the prelude makes. */
  readonly schemas: readonly string[]
  /** What it makes elsewhere, as pieces are named. */
  readonly names: ReadonlySet<string>
  /** Names of extensions. */
  readonly extensions: readonly string[]
}

export const nothingLeftAlone: LeftAlone = { schemas: [], names: new Set(), extensions: [] }

const inSchemas = (catalogTable: string, schema: string, names: string): string =>
  `select '${catalogTable}/' || o.oid as key from pg_catalog.${catalogTable} o where o.${schema} in (${names})`

const onRelations = (catalogTable: string, relation: string, names: string): string =>
  `select '${catalogTable}/' || o.oid as key from pg_catalog.${catalogTable} o
    join pg_catalog.pg_class c on c.oid = o.${relation} where c.relnamespace in (${names})`

/** Rows of PostgreSQL's catalog that stand in these schemas. */
const rowsSql = (schemas: readonly string[]): string => {
  const names = `select oid from pg_catalog.pg_namespace where nspname in (${schemas.map(literal).join(', ')})`
  return [
    `select 'pg_namespace/' || oid as key from (${names}) o`,
    inSchemas('pg_class', 'relnamespace', names),
    inSchemas('pg_proc', 'pronamespace', names),
    inSchemas('pg_type', 'typnamespace', names),
    inSchemas('pg_constraint', 'connamespace', names),
    inSchemas('pg_operator', 'oprnamespace', names),
    inSchemas('pg_opclass', 'opcnamespace', names),
    inSchemas('pg_opfamily', 'opfnamespace', names),
    inSchemas('pg_collation', 'collnamespace', names),
    inSchemas('pg_conversion', 'connamespace', names),
    inSchemas('pg_ts_config', 'cfgnamespace', names),
    inSchemas('pg_ts_dict', 'dictnamespace', names),
    inSchemas('pg_statistic_ext', 'stxnamespace', names),
    onRelations('pg_policy', 'polrelid', names),
    onRelations('pg_trigger', 'tgrelid', names),
    onRelations('pg_rewrite', 'ev_class', names),
    onRelations('pg_attrdef', 'adrelid', names),
    `select 'pg_default_acl/' || oid as key from pg_catalog.pg_default_acl where defaclnamespace in (${names})`,
  ].join('\nunion all\n')
}

const row = /^pg_\w+\/\d+$/u

/** The row that a piece beside others is about: `owner/pg_class/16401`, `secured/16401`. */
const rowOf = ({ key }: Piece): string => {
  if (row.test(key)) return key
  const about = /pg_\w+\/\d+$/u.exec(key)?.[0]
  if (about !== undefined) return about
  const relation = /^[a-z]+\/(?<oid>\d+)$/u.exec(key)?.groups?.['oid']
  return relation === undefined ? key : `pg_class/${relation}`
}

/** Names under which the pieces of a prelude are left alone. */
export const namesToLeave = (pieces: readonly Piece[]): ReadonlySet<string> =>
  new Set(pieces.filter(({ key }) => row.test(key)).map(({ name }) => name))

/** Keys of rows that the baseline says nothing about. */
export const rowsLeftAlone = async (
  db: Session,
  pieces: readonly Piece[],
  { schemas, names }: LeftAlone,
): Promise<ReadonlySet<string>> => {
  const standing = schemas.length === 0 ? [] : await db.json<{ readonly key: string }>(rowsSql(schemas))
  const made = pieces.filter(({ key, name }) => row.test(key) && names.has(name))
  return new Set([...standing.map(({ key }) => key), ...made.flatMap(({ key, rows = [] }) => [key, ...rows])])
}

/** Default privileges of a schema have its name in their key: `defaults/role/schema/TABLES`. */
const isOfSchemas = ({ key }: Piece, schemas: readonly string[]): boolean =>
  key.startsWith('defaults/') && schemas.includes(key.split('/')[2] ?? '')

export const withoutLeftAlone = (
  pieces: readonly Piece[],
  rows: ReadonlySet<string>,
  { schemas }: LeftAlone,
): readonly Piece[] => pieces.filter((piece) => !rows.has(rowOf(piece)) && !isOfSchemas(piece, schemas))
