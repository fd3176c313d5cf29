/**
 * What a platform's prelude makes is there before the baseline runs: its objects, and whatever else stands in the
 * schemas that it makes, are left out of it.
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { DefaultPrivileges } from '../../catalog/default-privileges.ts'
import type { Edge } from './order.ts'
import type { Piece } from './piece.ts'

export interface LeftAlone {
  /** Schemas that the prelude makes. */
  readonly schemas: readonly string[]
  /** What it makes elsewhere, as pieces are named. */
  readonly names: ReadonlySet<string>
  /** Names of extensions. */
  readonly extensions: readonly string[]
  readonly roles: readonly string[]
  readonly defaults: readonly DefaultPrivileges[]
}

export const nothingLeftAlone: LeftAlone = {
  schemas: [],
  names: new Set(),
  extensions: [],
  roles: [],
  defaults: [],
}

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
    // One that calls a function of another schema is the project's, and so is a policy that the prelude does not make.
    `${onRelations('pg_trigger', 'tgrelid', names)}
      and exists (select from pg_catalog.pg_proc p where p.oid = o.tgfoid and p.pronamespace in (${names}))`,
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

/** Takes out of `gone` what pieces of the project stand on and no prelude makes: without it they could not be made. */
const keepNeeded = (
  pieces: readonly Piece[],
  edges: readonly Edge[],
  gone: Set<string>,
  made: ReadonlySet<string>,
): void => {
  const pieceOf = new Map(
    pieces.flatMap((piece) => [piece.key, ...(piece.rows ?? [])].map((key) => [key, piece] as const)),
  )
  const under = new Map<string, string[]>()
  for (const { from, to } of edges) {
    const list = under.get(from)
    if (list) list.push(to)
    else under.set(from, [to])
  }
  const open = pieces.filter((piece) => !gone.has(rowOf(piece)))
  for (const piece of open) {
    const rows = [piece.key, ...(piece.rows ?? [])]
    const needed = [...rows.flatMap((key) => under.get(key) ?? []), ...(piece.on ?? [])]
    for (const key of needed) {
      const other = pieceOf.get(key)
      if (!other || !gone.has(rowOf(other)) || made.has(other.key)) continue
      for (const own of [other.key, ...(other.rows ?? [])]) gone.delete(own)
      open.push(other)
    }
  }
}

/** Keys of rows that the baseline says nothing about. */
export const rowsLeftAlone = async (
  db: Session,
  pieces: readonly Piece[],
  edges: readonly Edge[],
  { schemas, names }: LeftAlone,
): Promise<ReadonlySet<string>> => {
  const standing = schemas.length === 0 ? [] : await db.json<{ readonly key: string }>(rowsSql(schemas))
  const made = new Set(
    pieces
      .filter(({ key, name }) => row.test(key) && names.has(name))
      .flatMap(({ key, rows = [] }) => [key, ...rows]),
  )
  const gone = new Set([...standing.map(({ key }) => key), ...made])
  if (standing.length > 0) keepNeeded(pieces, edges, gone, made)
  return gone
}

/** Default privileges of a schema have its name in their key: `defaults/role/schema/TABLES`. */
const isOfSchemas = ({ key }: Piece, schemas: readonly string[]): boolean =>
  key.startsWith('defaults/') && schemas.includes(key.split('/')[2] ?? '')

export const withoutLeftAlone = (
  pieces: readonly Piece[],
  rows: ReadonlySet<string>,
  { schemas }: LeftAlone,
): readonly Piece[] => pieces.filter((piece) => !rows.has(rowOf(piece)) && !isOfSchemas(piece, schemas))
