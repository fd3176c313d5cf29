/** What the declaration asks for that two applications would have to live through: found beside the migrated database. */
import type { Architecture, DeclaredTable } from '../../architecture/architecture.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { AssayError } from '../../ground/errors.ts'
import { didYouMean } from '../../ground/nearest-name.ts'
import { relationId } from '../../ground/names.ts'
import { PgError } from '../../postgres/fault.ts'
import { bind } from '../../prove/bind.ts'
import type { Finding } from '../../prove/result.ts'
import { ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { kindOf } from '../../rules/kinds.ts'
import { keyGroups } from './key/groups.ts'
import type { Stated } from './kinds/shape-kind.ts'
import { findMoves, unstatedMoves } from './move/find.ts'
import { shapeKinds } from './kinds/kinds.ts'
import { withCopy, type ShapeLab } from './lab.ts'
import type { MoveShape, Shape, TypeToMake } from './shape.ts'

const formerTable = (table: DeclaredTable, catalog: Catalog): Table | undefined =>
  (table.renamedFrom ?? []).flatMap((one) =>
    one.of === 'table' ? (catalog.tables.get(relationId(one.from)) ?? []) : [],
  )[0]

/** Types as PostgreSQL prints them; null for one that it does not know. Leaves nothing behind. */
const printTypes = async (db: Session, types: readonly string[]): Promise<readonly (string | null)[]> => {
  if (types.length === 0) return []
  await db.query('begin')
  try {
    await db.query(
      `create temporary table assay_probe (${types.map((type, i) => `c${i} ${type}`).join(', ')})`,
    )
    const rows = await db.json<{ readonly type: string }>(
      `select pg_catalog.format_type(a.atttypid, a.atttypmod) as type
        from pg_catalog.pg_attribute a, pg_catalog.set_config('search_path', '', true)
        where a.attrelid = 'pg_temp.assay_probe'::regclass and a.attnum > 0 order by a.attnum`,
    )
    return rows.map(({ type }) => type)
  } catch (cause) {
    if (!(cause instanceof PgError)) throw cause
    if (types.length === 1) return [null]
  } finally {
    await db.query('rollback')
  }
  const each: (string | null)[] = []
  for (const type of types) each.push((await printTypes(db, [type]))[0] ?? null)
  return each
}

const makesType =
  /\b(?<create>create (?<word>type|domain) (?<name>(?:"(?:[^"]|"")+"|[^"\s])+) as [^]*?)(?:; exception when [^]*)?;?\s*$/iu

/** What the rules of a column design to make its type. */
const typesToMake = (
  { architecture, catalog }: { readonly architecture: Architecture; readonly catalog: Catalog },
  table: DeclaredTable,
  columns: ReadonlySet<string>,
): ReadonlyMap<string, TypeToMake> => {
  const found = new Map<string, TypeToMake>()
  for (const rule of table.rules) {
    const column = rule.columns.find((name) => columns.has(name))
    if (column === undefined || found.has(column)) continue
    for (const sql of kindOf(rule).design(rule, architecture, catalog.major)) {
      const groups = makesType.exec(sql)?.groups
      if (groups?.['name'] === undefined) continue
      const word = groups['word']?.toLowerCase() === 'domain' ? 'domain' : 'type'
      found.set(column, {
        create: groups['create'] ?? sql,
        drop: `drop ${word} if exists ${groups['name']}`,
      })
    }
  }
  return found
}

interface Types {
  /** As PostgreSQL prints them, by column; null: it knows no such type yet. */
  readonly types: ReadonlyMap<string, string | null>
  readonly typesToMake: ReadonlyMap<string, TypeToMake>
}

const readTypes = async (
  db: Session,
  wish: { readonly architecture: Architecture; readonly catalog: Catalog },
  declared: DeclaredTable,
): Promise<Types> => {
  const printed = await printTypes(
    db,
    declared.columns.map(({ type }) => type),
  )
  const types = new Map(declared.columns.map(({ name }, i) => [name, printed[i] ?? null]))
  const unknown = new Set([...types].flatMap(([name, type]) => (type === null ? [name] : [])))
  return { types, typesToMake: typesToMake(wish, declared, unknown) }
}

const unknownTable = (table: string, known: readonly string[]): AssayError =>
  new AssayError(`There is no table ${table} in the declaration.${didYouMean(table, known)}`, {
    code: 'expand.table',
    exit: 2,
    asked: `an expression for a column of ${table}`,
    found: known.join(', '),
    mend: 'Write it as table.column = expression, the table as the architecture names it.',
  })

const unknownName = (one: string, known: readonly string[]): AssayError =>
  new AssayError(`--only ${one} names no table that is declared or stands.${didYouMean(one, known)}`, {
    code: 'expand.table',
    exit: 2,
    asked: `changes of ${one} alone`,
    found: known.join(', '),
    mend: 'Name a table as it is written here, or one of its columns: table.column.',
  })

export interface ShapeWish extends Stated {
  /** Ids of tables, or `table.column`; none: all. */
  readonly only: readonly string[]
}

const isAsked = (shape: Shape, only: readonly string[]): boolean => {
  if (only.length === 0) return true
  if (shape.kind === 'key') return shape.parts.some((part) => isAsked(part, only))
  const id = relationId(shape.table)
  if (shape.kind === 'move') {
    const other = relationId(shape.other)
    return only.some(
      (one) =>
        one === id ||
        one === other ||
        shape.columns.some((name) => one === `${id}.${name.home}` || one === `${other}.${name.other}`),
    )
  }
  const columns =
    shape.kind === 'rename-table'
      ? []
      : shape.kind === 'required' || shape.kind === 'optional'
        ? [shape.column]
        : [...shape.olds, ...shape.news].map(({ name }) => name)
  return only.some((one) => one === id || columns.some((name) => one === `${id}.${name}`))
}

const expressionFault = (shape: Shape, what: string, sql: string, cause: PgError): AssayError =>
  new AssayError(
    `PostgreSQL refuses the expression for ${relationId(shape.table)}.${what}: ${cause.fault.message}`,
    {
      code: 'expand.expression',
      exit: 2,
      asked: sql,
      found: `SQLSTATE ${cause.fault.sqlstate}`,
      why: 'it is computed from the columns of the other side, and from nothing else',
      mend: `State another: --set "${relationId(shape.table)}.new_column = …" for new columns, --back "${relationId(shape.table)}.old_column = …" for old ones.`,
      cause,
    },
  )

/** Each expression is asked for once, over a row of nulls. */
const checkExpressions = async (db: Session, shape: Shape): Promise<void> => {
  if (shape.kind === 'rename-table' || shape.kind === 'optional') return
  if (shape.kind === 'move') {
    await checkCopies(db, shape)
    return
  }
  if (shape.kind === 'key') {
    for (const part of shape.parts) await checkExpressions(db, part)
    return
  }
  const ask = async (what: string, sql: string, type: string, from: string): Promise<void> => {
    try {
      await db.query(`select (${sql})::${type} ${from}`)
    } catch (cause) {
      if (!(cause instanceof PgError)) throw cause
      throw expressionFault(shape, what, sql, cause)
    }
  }
  if (shape.kind === 'required') {
    await ask(shape.column, shape.fill, 'text', '')
    return
  }
  await db.query('begin')
  try {
    for (const { create } of shape.types) await db.query(create)
    const row = (columns: typeof shape.olds): string =>
      `from (select ${columns.map(({ name, type }) => `null::${type} as ${ident(name)}`).join(', ')}) as ${ident(shape.table.name)}`
    for (const { name, sql, type } of shape.news) await ask(name, sql, type, row(shape.olds))
    for (const { name, sql, type } of shape.olds) await ask(name, sql, type, row(shape.news))
  } finally {
    await db.query('rollback')
  }
}

/** Columns of a new table that are told from a row of the old one; names resolve as in the triggers. */
const checkCopies = async (db: Session, shape: MoveShape): Promise<void> => {
  await db.query('begin; set local search_path = pg_catalog, pg_temp')
  try {
    for (const { name, sql, type, reads } of shape.copies) {
      const row = reads.map((one) => `null::${one.type} as ${ident(one.name)}`).join(', ')
      await db
        .query(`select (${sql})::${type} from (select ${row}) as ${ident(shape.table.name)}`)
        .catch((cause: unknown) => {
          throw cause instanceof PgError
            ? expressionFault({ ...shape, table: shape.other }, name, sql, cause)
            : cause
        })
    }
  } finally {
    await db.query('rollback')
  }
}

export interface FoundShapes {
  /** Of the migrated database. */
  readonly tables: Catalog['tables']
  readonly shapes: readonly Shape[]
  /** What may be meant, and is not stated. */
  readonly findings: readonly Finding[]
}

export const findShapes = (lab: ShapeLab, wish: ShapeWish): Promise<FoundShapes> =>
  withCopy(lab, async (db) => {
    const { architecture } = lab
    const known = architecture.tables.map(({ id }) => id)
    const catalog = await readCatalog(db)
    for (const { table } of [...wish.set, ...wish.back, ...wish.fill])
      if (!known.includes(table)) throw unknownTable(table, known)
    const names = [...new Set([...known, ...catalog.tables.keys()])]
    for (const one of wish.only)
      if (!names.some((id) => one === id || one.startsWith(`${id}.`))) throw unknownName(one, names)
    const types = new Map<string, Types>()
    for (const declared of architecture.tables)
      types.set(declared.id, await readTypes(db, { architecture, catalog }, declared))
    const tables = architecture.tables.flatMap((declared) => {
      const standing = catalog.tables.get(declared.id) ?? formerTable(declared, catalog)
      const own = types.get(declared.id)
      if (!standing || !own) return []
      return [
        {
          declared,
          standing,
          ...own,
          stated: wish,
          catalog,
          only: wish.only,
          tables: architecture.tables,
        },
      ]
    })
    const { claimedBy } = await bind(architecture, catalog, db)
    const keys = keyGroups(catalog, {
      of: ({ table, column }) =>
        tables
          // Under a former name it is renamed first.
          .find(({ declared, standing }) => standing.id === table && declared.id === table)
          ?.types.get(column) ?? null,
      isNew: ({ table, column }) => types.get(table)?.typesToMake.has(column) === true,
      isAsked: (id) => claimedBy.has(id),
    })
    const ground = {
      architecture,
      catalog,
      stated: wish,
      typeOf: ({ id }: DeclaredTable, column: string) => types.get(id)?.types.get(column) ?? null,
      typesToMake: ({ id }: DeclaredTable) => types.get(id)?.typesToMake ?? new Map<string, TypeToMake>(),
    }
    const moves = findMoves(ground)
    const shapes = tables.flatMap((table) =>
      shapeKinds.flatMap((kind) => kind.find({ ...table, keys, moves })),
    )
    const asked = shapes.filter((shape) => isAsked(shape, wish.only))
    for (const shape of asked) await checkExpressions(db, shape)
    return { shapes: asked, findings: unstatedMoves(ground, wish), tables: catalog.tables }
  })
