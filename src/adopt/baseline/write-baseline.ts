/**
 * Writes a database as one migration in plain SQL: made in an empty database by an owner without superuser, it gives
 * the same catalog. What it cannot carry is named in findings, with what hangs on it.
 */
import type { Catalog } from '../../catalog/structure.ts'
import { withCanonicalSettings } from '../../catalog/read-catalog.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { readComments } from './comments.ts'
import { readDefaultPrivileges } from '../../catalog/default-privileges.ts'
import { readConstraints } from './constraints.ts'
import { readFacts } from './facts.ts'
import { readFiring } from './firing.ts'
import { readIndexes } from './indexes.ts'
import { readOperators } from './operators.ts'
import {
  namesToLeave,
  nothingLeftAlone,
  rowsLeftAlone,
  withoutLeftAlone,
  type LeftAlone,
} from './left-alone.ts'
import { inOrder, standsOn, type Edge, type Ordered } from './order.ts'
import type { Family, Piece, Source } from './piece.ts'
import { readPolicies } from './policies.ts'
import { printBaseline } from './print-baseline.ts'
import { readPrivileges } from './privileges.ts'
import { readRolesAndSchemas } from './roles.ts'
import { readRoutines } from './routines.ts'
import { readSequences } from './sequences.ts'
import { readServants } from './servants.ts'
import { readTableShapes } from './table-shapes.ts'
import { readTablePieces } from './tables.ts'
import { readTypes } from './types.ts'
import { readUnread } from './unread.ts'
import { readViews } from './views.ts'

export interface Baseline {
  readonly sql: string
  /** For `schema.extensions` of the configuration: only the administrator makes them. */
  readonly extensions: readonly string[]
  readonly findings: readonly Finding[]
}

const families: readonly Family[] = [
  readRolesAndSchemas,
  readTypes,
  readOperators,
  readRoutines,
  readSequences,
  readTablePieces,
  readConstraints,
  readIndexes,
  readViews,
  readFiring,
  readPolicies,
  readServants,
  readPrivileges,
]

/** That a sequence belongs to a column says nothing about which of them is made first. */
const edgesSql = `
  select distinct d.classid::pg_catalog.regclass::text || '/' || d.objid as from, d.refclassid::pg_catalog.regclass::text || '/' || d.refobjid as to
  from pg_catalog.pg_depend d
  where d.refobjid >= 16384 and d.deptype in ('n', 'a', 'i', 'P', 'S')
    and not (d.deptype in ('a', 'i') and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refclassid = d.classid and exists (select from pg_catalog.pg_class s where s.oid = d.objid and s.relkind = 'S'))`

interface ExtensionRow {
  readonly name: string
  readonly schema: string
  /** It brings its schema along. */
  readonly isOwn: boolean
}

const extensionsSql = `
  select e.extname as name, n.nspname as schema,
    exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
      and d.objid = n.oid and d.refobjid = e.oid and d.deptype = 'e') as "isOwn"
  from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname <> 'plpgsql' order by e.extname collate "C"`

const extensionText = ({ name, schema, isOwn }: ExtensionRow): string =>
  schema === 'public' || schema === 'pg_catalog' || isOwn ? name : `${name} with schema ${schema}`

const isRelation = ({ key, section }: Piece): boolean =>
  key.startsWith('pg_class/') && (section === 'Tables' || section === 'Views')

/** Functions that speak of tables in their signature or body stand behind the tables. */
const behindTables = (pieces: readonly Piece[], edges: readonly Edge[]): readonly Piece[] => {
  const overTables = standsOn(pieces, edges, isRelation)
  return pieces.map((piece) =>
    piece.section === 'Functions' && overTables(piece)
      ? { ...piece, section: 'Functions over tables' }
      : piece,
  )
}

const mostNamed = 20

const hanging = (pieces: readonly Piece[]): string => {
  const names = [...new Set(pieces.filter(({ key }) => key.startsWith('pg_')).map(({ name }) => name))]
  if (names.length === 0) return ''
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return `; with it goes what stands on it: ${names.slice(0, mostNamed).join(', ')}${more}`
}

const findingsOf = ({ lost, circular }: Ordered): readonly Finding[] => [
  ...[...lost].map(([piece, gone]): Finding => ({
    code: 'adopt.not-recreated',
    severity: 'warning',
    ...(piece.structure === undefined ? {} : { structure: piece.structure }),
    summary: `${piece.name} is not in the baseline`,
    reason: 'is not in the baseline',
    why: `${piece.cannot ?? ''}${hanging(gone)}`,
    fix: 'have the administrator make it before the migrations (schema.before in assay.config.ts), or do without it',
  })),
  ...circular.map((piece): Finding => ({
    code: 'adopt.not-recreated',
    severity: 'warning',
    summary: `${piece.name} is not in the baseline`,
    reason: 'is not in the baseline',
    why: 'it stands on something that in its turn stands on it, so that neither can be made first',
    fix: 'make them by hand in a migration behind the baseline',
  })),
]

/** Function bodies may speak of tables that come later: they are not looked into while the file runs. */
const bodiesOff = 'SET check_function_bodies = off;'
const bodiesOn = 'RESET check_function_bodies;'

const readSource = async (db: Session, { names, roles, defaults }: LeftAlone): Promise<Source> => {
  const [facts] = await db.json<{ major: number; owner: string }>(`
    select current_setting('server_version_num')::int / 10000 as major, pg_catalog.pg_get_userbyid(d.datdba) as owner
    from pg_catalog.pg_database d where d.datname = current_database()`)
  return {
    db,
    major: facts?.major ?? 0,
    owner: facts?.owner ?? '',
    tables: await readTableShapes(db),
    made: names,
    roles,
    defaults,
  }
}

const readPieces = async (db: Session, leftAlone: LeftAlone): Promise<readonly Piece[]> => {
  const source = await readSource(db, leftAlone)
  const read: Piece[] = []
  for (const family of families) read.push(...(await family(source)))
  return [...read, ...(await readUnread(db, read))]
}

const everyRole = `select r.rolname::text as name from pg_catalog.pg_roles r where r.rolname !~ '^pg_' order by 1`

/** What a prelude has made in an otherwise empty database; `schemas`: those that it made. */
export const readLeftAlone = (db: Session, schemas: readonly string[]): Promise<LeftAlone> =>
  withCanonicalSettings(db, async () => ({
    schemas,
    names: namesToLeave(await readPieces(db, nothingLeftAlone)),
    extensions: (await db.json<ExtensionRow>(extensionsSql)).map(({ name }) => name),
    roles: (await db.json<{ readonly name: string }>(everyRole)).map(({ name }) => name),
    defaults: await readDefaultPrivileges(db),
  }))

/** `leftAlone`: what a platform's prelude makes before the baseline runs. */
export const writeBaseline = (
  db: Session,
  _catalog: Catalog,
  leftAlone: LeftAlone = nothingLeftAlone,
): Promise<Baseline> =>
  withCanonicalSettings(db, async () => {
    const pieces = await readPieces(db, leftAlone)
    const edges = await db.json<Edge>(edgesSql)
    const gone = await rowsLeftAlone(db, pieces, edges, leftAlone)
    const all = withoutLeftAlone(pieces, gone, leftAlone)
    const ordered = inOrder(behindTables(all, edges), edges)
    const extensions = (await db.json<ExtensionRow>(extensionsSql))
      .filter(({ name }) => !leftAlone.extensions.includes(name))
      .map(extensionText)
    const hasBodies = ordered.placed.some(({ piece }) => piece.key.startsWith('pg_proc/'))
    const head = [
      ...(extensions.length === 0 ? [] : [`-- Needs the extensions ${extensions.join(', ')}.`]),
      ...(hasBodies ? [bodiesOff] : []),
    ]
    const comments = new Map([...(await readComments(db))].filter(([key]) => !gone.has(key)))
    const text = printBaseline(ordered.placed, comments, head)
    return {
      sql: hasBodies ? `${text}\n${bodiesOn}\n` : text,
      extensions,
      findings: [...findingsOf(ordered), ...(await readFacts(db, leftAlone.roles))],
    }
  })
