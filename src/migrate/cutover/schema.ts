/** The schema of the source, made at the target in one transaction by Assay's own printing, and compared. */
import { writeBaseline, type Baseline } from '../../adopt/baseline/write-baseline.ts'
import { nothingLeftAlone } from '../../adopt/baseline/left-alone.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { standsIn } from '../../catalog/schema-of.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { createHash } from 'node:crypto'
import { ident } from '../../postgres/quote.ts'
import { readScript } from '../../postgres/script.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { cutoverSchema, doorTrigger, publicationName } from './names.ts'
import { placeOf, type Side } from './side.ts'

/** Definitions by id, without what the cutover itself has made. */
export type Schema = ReadonlyMap<string, string>

const isOurs = (structure: Structure, catalog: Catalog): boolean =>
  standsIn(structure, catalog, [cutoverSchema]) ||
  structure.id === `schema:${cutoverSchema}` ||
  (structure.kind === 'publication' && structure.name === publicationName) ||
  (structure.kind === 'trigger' && structure.name === doorTrigger)

export const readSchema = async (
  db: Session,
): Promise<{ readonly major: number; readonly schema: Schema }> => {
  const catalog = await readCatalog(db)
  const own = [...catalog.structures.values()].filter((structure) => !isOurs(structure, catalog))
  return { major: catalog.major, schema: new Map(own.map(({ id, definition }) => [id, definition])) }
}

export const schemaDigest = (schema: Schema): string =>
  createHash('sha256')
    .update(JSON.stringify([...schema].toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest('hex')
    .slice(0, 16)

const most = 20

const named = (ids: readonly string[]): string =>
  ids.length <= most ? ids.join(', ') : `${ids.slice(0, most).join(', ')} and ${ids.length - most} more`

const differs = (ids: readonly string[], what: string, why: string): readonly Finding[] =>
  ids.length === 0
    ? []
    : [
        {
          code: 'cutover.schema-differs',
          severity: 'error',
          summary: `${what}: ${named(ids)}`,
          why,
          fix: 'Make both sides alike, or begin anew: assay migrate cutover abort --from … --to …',
        },
      ]

/** `known`: structures that the printing has named as left out. Another major version prints some definitions otherwise. */
export const compareSchemas = (
  source: { readonly major: number; readonly schema: Schema },
  target: { readonly major: number; readonly schema: Schema },
): readonly Finding[] => {
  const gone = [...source.schema.keys()].filter((id) => !target.schema.has(id))
  const made = [...target.schema.keys()].filter((id) => !source.schema.has(id))
  const changed = [...source.schema].flatMap(([id, definition]) => {
    const there = target.schema.get(id)
    return there === undefined || there === definition ? [] : [id]
  })
  const isSame = source.major === target.major
  return [
    ...differs(gone, 'missing at the target', 'the application would not find it after the switch'),
    ...differs(made, 'at the target, and not at the source', 'the target is more than a copy'),
    ...(isSame
      ? differs(changed, 'another one at the target', 'it may behave otherwise after the switch')
      : []),
    ...(isSame || changed.length === 0
      ? []
      : [
          {
            code: 'cutover.other-version',
            severity: 'note',
            summary: `PostgreSQL ${source.major} and ${target.major} print ${changed.length} definitions differently: ${named(changed)}`,
            why: 'each major version prints some definitions in its own way, so that their texts cannot be compared',
            fix: 'Prove the architecture on the new version before the switch: assay prove --url …',
          } as const,
        ]),
  ]
}

export interface SourceSchema {
  readonly baseline: Baseline
  readonly major: number
  readonly schema: Schema
}

/** In one read-only transaction: what is printed is what is compared. */
export const readSourceSchema = async (db: Session): Promise<SourceSchema> => {
  await db.query('begin transaction isolation level repeatable read read only')
  try {
    const baseline = await writeBaseline(db, await readCatalog(db), {
      ...nothingLeftAlone,
      schemas: [cutoverSchema],
    })
    return { baseline, ...(await readSchema(db)) }
  } finally {
    await db.batch(['rollback'])
  }
}

/** What the printing leaves out is refused unless it is taken; what it says about a first migration does not apply here. */
export const leftOut = ({ findings }: Baseline, accepts: readonly string[]): readonly Finding[] =>
  findings.map((finding): Finding => {
    const isLost = finding.code === 'adopt.not-recreated'
    return {
      ...finding,
      code: isLost ? 'cutover.schema-left-out' : finding.code.replace(/^adopt\./u, 'cutover.'),
      severity: isLost && !accepts.includes('schema-left-out') ? 'error' : 'warning',
      summary: finding.summary
        .replace('is not in the baseline', 'is not made at the target')
        .replace('the baseline does not set it', 'it is not set at the target')
        .replaceAll('the baseline', 'the cutover')
        .replaceAll('in the baseline', 'at the target'),
      fix: isLost
        ? `Make it at the target by hand after the copy (the administrator may have to), and take it so: --accept schema-left-out`
        : finding.fix,
    }
  })

const refused = (side: Side, text: string, message: string): AssayError =>
  new AssayError(`${placeOf(side)} refuses a statement of the schema.`, {
    code: 'cutover.schema-refused',
    exit: 3,
    asked: text.length > 600 ? `${text.slice(0, 600)} …` : text,
    found: message,
    why: 'the schema is made whole or not at all: nothing was left behind',
    mend: 'Give the role of --to the right that is missing (a superuser has all), or change that structure in the source.',
  })

/** Extensions are created by whoever may; the rest as the owner of the database, so that it owns what the source’s owner owns. */
const extensionStatements = (extensions: readonly string[]): readonly string[] =>
  extensions.flatMap((text) => {
    const [name = '', schema] = text.split(' with schema ')
    return schema === undefined
      ? [`create extension if not exists ${ident(name)} cascade`]
      : [
          `create schema if not exists ${ident(schema)}`,
          `create extension if not exists ${ident(name)} with schema ${ident(schema)} cascade`,
        ]
  })

const isRoles = (text: string): boolean => /^DO \$roles_*\$/u.test(text)

/** Roles that the printed block wants the owner to be a member of. */
const membershipsOf = (roles: string): readonly string[] =>
  [...roles.matchAll(/GRANT (?<role>"(?:[^"]|"")+"|\S+) TO CURRENT_USER;/gu)].map(
    (match) => match.groups?.['role'] ?? '',
  )

interface Applier {
  /** Of the target database. */
  readonly owner: string
  readonly user: string
  readonly isSuperuser: boolean
  /** Before PostgreSQL 15 the schema public belongs to the superuser who made the server. */
  readonly lacksPublic: boolean
  /** Roles that the owner is a member of already, quoted. */
  readonly memberOf: readonly string[]
}

export const readApplier = async (side: Side): Promise<Applier> => {
  const [applier] = await side.db.json<Applier>(`
    select current_user as "user", r.rolsuper as "isSuperuser", pg_catalog.pg_get_userbyid(d.datdba) as owner,
      exists (select from pg_catalog.pg_namespace n where n.nspname = 'public' and not pg_catalog.pg_has_role(d.datdba, n.nspowner, 'usage')) as "lacksPublic",
      coalesce((select json_agg(pg_catalog.quote_ident(m.rolname)) from pg_catalog.pg_roles m
        where pg_catalog.pg_has_role(d.datdba, m.oid, 'member')), '[]'::json) as "memberOf"
    from pg_catalog.pg_database d, pg_catalog.pg_roles r
    where d.datname = pg_catalog.current_database() and r.rolname = current_user`)
  if (!applier) throw new Error('the database of the session is not in pg_database')
  return applier
}

/** All statements, in order, for one transaction of the role of --to. */
export const schemaStatements = (
  { sql, extensions }: Baseline,
  { owner, user, isSuperuser, lacksPublic, memberOf }: Applier,
): readonly string[] => {
  const texts = readScript(sql).map(({ text }) => text)
  const roles = texts.filter(isRoles)
  const rest = texts.filter((text) => !isRoles(text))
  const asOwner = owner !== user
  const lent =
    asOwner && isSuperuser ? roles.flatMap(membershipsOf).filter((role) => !memberOf.includes(role)) : []
  return [
    ...extensionStatements(extensions),
    ...roles,
    ...lent.map((role) => `grant ${role} to ${ident(owner)}`),
    ...(asOwner && isSuperuser && lacksPublic ? [`alter schema public owner to ${ident(owner)}`] : []),
    ...(asOwner ? [`set local role ${ident(owner)}`] : []),
    ...rest,
    ...(asOwner ? ['reset role'] : []),
    ...lent.map((role) => `revoke ${role} from ${ident(owner)}`),
    `set local search_path = ''`,
  ]
}

/** Within a transaction of the caller. Throws AssayError for the first statement that is refused. */
export const runStatements = async (side: Side, statements: readonly string[]): Promise<void> => {
  const replies = await side.db.batch(statements)
  const at = replies.findIndex(({ fault }) => fault !== null)
  const fault = replies[at]?.fault
  if (fault) throw refused(side, statements[at] ?? '', `${fault.message} (SQLSTATE ${fault.sqlstate})`)
}
