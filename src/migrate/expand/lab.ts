/** Copies of the migrated database on which phases are tried, and what they are given by whoever asks for them. */
import type { Architecture } from '../../architecture/architecture.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import type { RelationName } from '../../ground/names.ts'
import { relationId } from '../../ground/names.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import { loadParser } from '../../postgres/parse.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { bind } from '../../prove/bind.ts'
import type { Finding } from '../../prove/result.ts'
import type { ChangeContext } from '../changes/change.ts'
import { emptyCopy } from './empty-copy.ts'
import { isSwapped, type Shape } from './shape.ts'
import type { WalkedTable } from './walk.ts'

export interface ShapeLab {
  readonly server: Server
  /** A database with the migrations applied; nobody is connected to it. */
  readonly template: string
  readonly architecture: Architecture
  /** The major version for which phases are written: the server's, or an older one. */
  readonly major: number
  /** Makes a statement of a way back run where only a part of what it undoes stands. */
  readonly fromHalfWay: (sql: string) => string
  /** Expressions that give another value for each row. */
  readonly volatile: (db: Session, catalog: Catalog) => Promise<ReadonlySet<string>>
  /** Runs a script as a migration is run. Throws AssayError. */
  readonly run: (database: string, file: string, text: string) => Promise<void>
}

/** A copy of the template without rows for the length of `work`; its session is the owner's. */
export const withCopy = async <T>(
  { server, template }: Pick<ShapeLab, 'server' | 'template'>,
  work: (db: Session, database: string) => Promise<T>,
): Promise<T> => {
  await loadParser()
  const database = await server.clone(template, 'shape')
  try {
    const db = await server.connect(database, 'owner')
    try {
      await db.query(emptyCopy)
      return await work(db, database)
    } finally {
      await db.end()
    }
  } finally {
    await server.dropDatabase(database)
  }
}

const refusedStatement = (sql: string, cause: PgError): AssayError =>
  new AssayError(`PostgreSQL refuses a phase on a copy of the database: ${cause.fault.message}`, {
    code: 'expand.refused',
    exit: 1,
    asked: sql,
    found: `SQLSTATE ${cause.fault.sqlstate}`,
    why: 'each phase runs on a copy before it is written; nothing was written',
    mend: 'Take what stands in its way out of the database or the declaration, or write this change by hand.',
    cause,
  })

/** Throws AssayError `expand.refused` with the statement. */
export const runAll = async (db: Session, statements: readonly string[]): Promise<void> => {
  for (const sql of statements)
    await db.query(sql).catch((cause: unknown) => {
      throw cause instanceof PgError ? refusedStatement(sql, cause) : cause
    })
}

/** What PostgreSQL refused; null: it took all of them. */
export const tryAll = async (db: Session, statements: readonly string[]): Promise<PgFault | null> => {
  for (const sql of statements) {
    const [reply] = await db.batch([sql])
    if (reply !== undefined && reply.fault !== null) return reply.fault
  }
  return null
}

/** Statements are chosen as that version knows them. */
const asOf = (catalog: Catalog, major: number): Catalog =>
  catalog.major > major ? { ...catalog, major } : catalog

export const contextOf = async (
  { server, volatile, major }: ShapeLab,
  db: Session,
  before: Catalog,
  after: Catalog,
): Promise<ChangeContext> => {
  const found = new Set([...(await volatile(db, before)), ...(await volatile(db, after))])
  return {
    before: asOf(before, major),
    after: asOf(after, major),
    owner: server.owner,
    online: true,
    isVolatile: (expression) => found.has(expression),
    // Either way of a phase may begin where the other was broken off.
    fromHalfWay: true,
  }
}

/** The way back of what it makes. */
export const turned = (context: ChangeContext): ChangeContext => ({
  ...context,
  before: context.after,
  after: context.before,
})

export const walkedTable = async (db: Session, table: RelationName): Promise<WalkedTable> => {
  const [found] = await db.json<{ readonly kind: string; readonly key: readonly string[] | null }>(
    `select c.relkind as kind, (
        select pg_catalog.json_agg(a.attname order by k.ordinality)
        from pg_catalog.pg_index i, pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (attnum, ordinality)
        join pg_catalog.pg_attribute a on a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid) as key
      from pg_catalog.pg_class c where c.oid = ${literal(qualified(table))}::regclass`,
  )
  return { ...table, key: found?.key ?? [], isPartitioned: found?.kind === 'p' }
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`)

/** Whether a text of SQL names one of the columns, quoted or plain. */
export const namesOne = (sql: string, names: readonly string[]): boolean =>
  names.some(
    (name) =>
      sql.includes(ident(name)) ||
      new RegExp(String.raw`(?<![\p{L}\p{N}_$"])${escaped(name)}(?![\p{L}\p{N}_$"])`, 'iu').test(sql),
  )

export interface Designed {
  readonly rules: readonly string[]
  /** What stands afterwards. */
  readonly catalog: Catalog
  readonly findings: readonly Finding[]
}

/** What PostgreSQL refuses of a design; null: nobody has to know. */
export type ToldRefusal = (rule: string, statement: string, fault: PgError) => Finding | null

/**
 * Runs the designs of rules that claim nothing yet, those that `isMeant` picks by table and text. Answers their ids.
 * `known`: what stands, where that was read before.
 */
export const designRules = async (
  { architecture, major }: ShapeLab,
  db: Session,
  isMeant: (table: string, design: string) => boolean,
  refused: ToldRefusal,
  known?: Catalog,
): Promise<Designed> => {
  const standing = known ?? (await readCatalog(db))
  const catalog = asOf(standing, major)
  const { rules } = await bind(architecture, catalog, db)
  const wanted = rules.filter(
    ({ rule, claims, design, missing }) =>
      missing === null && claims.length === 0 && design.length > 0 && isMeant(rule.table, design.join('\n')),
  )
  const done: string[] = []
  const findings: Finding[] = []
  for (const { rule, design } of wanted) {
    await db.query('begin')
    let at = ''
    try {
      for (const sql of design) {
        at = sql.replace(/;\s*$/u, '')
        await db.query(at)
      }
      await db.query('commit')
      done.push(rule.id)
    } catch (cause) {
      await db.query('rollback')
      if (!(cause instanceof PgError)) throw cause
      const finding = refused(rule.id, at, cause)
      if (finding !== null) findings.push(finding)
    }
  }
  return { rules: done, findings, catalog: done.length === 0 ? standing : await readCatalog(db) }
}

/**
 * Runs what the rules on these columns design for themselves, where nothing stands that they claim. Answers their ids; what
 * PostgreSQL refuses is told by `refused`.
 */
export const designColumns = (
  lab: ShapeLab,
  db: Session,
  table: RelationName,
  columns: readonly string[],
  refused: ToldRefusal,
  known?: Catalog,
): Promise<Designed> => {
  const id = relationId(table)
  return designRules(
    lab,
    db,
    (of, text) => (of === id || text.includes(qualified(table))) && namesOne(text, columns),
    refused,
    known,
  )
}

/** A rule of the declaration that cannot be had. */
export const refusedRule: ToldRefusal = (rule, statement, { fault }) => ({
  code: 'expand.refused',
  severity: 'error',
  rule,
  summary: `${rule}: PostgreSQL refuses its design: ${fault.message}`,
  why: `SQLSTATE ${fault.sqlstate}, at: ${statement}`,
  fix: 'change the rule, or change this column in a migration by hand',
})

/** `orders.code becomes slug`, for people. */
export const saysShape = (shape: Shape): string => {
  const id = relationId(shape.table)
  if (shape.kind === 'rename-table') return `${relationId(shape.from)} becomes ${id}`
  if (shape.kind === 'required') return `${id}.${shape.column} becomes required`
  if (shape.kind === 'optional') return `${id}.${shape.column} becomes optional`
  if (shape.kind === 'move') {
    const other = relationId(shape.other)
    return shape.direction === 'out'
      ? `${id}: ${shape.columns.map(({ home }) => home).join(' and ')} ${shape.columns.length === 1 ? 'moves' : 'move'} to ${other}`
      : `${other} goes into ${id}, with ${shape.columns.map(({ other: name }) => name).join(' and ')}`
  }
  if (shape.kind === 'key') {
    const [first, ...others] = shape.parts.flatMap(({ table, news }) =>
      news.map(({ name, type }) => ({ column: `${relationId(table)}.${name}`, type })),
    )
    const alike = others.every(({ type }) => type === first?.type)
    const follow = others.map(({ column, type }) => (alike ? column : `${column} ${type}`)).join(', ')
    return `${first?.column ?? id} becomes ${first?.type ?? ''}${follow === '' ? '' : `, with ${follow}`}`
  }
  const list = (names: readonly { readonly name: string; readonly type: string }[]): string =>
    names.map(({ name, type }) => (isSwapped(shape) ? `${name} ${type}` : name)).join(' and ')
  return `${id}: ${list(shape.olds)} becomes ${list(shape.news)}`
}
