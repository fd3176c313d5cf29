/**
 * What stands on the columns of a key, and how it is said over columns of the other type: nobody translates an expression,
 * PostgreSQL prints it of a copy where the columns have that type.
 */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, literal, qualified } from '../../../postgres/quote.ts'
import { loadParser } from '../../../postgres/parse.ts'
import type { Session } from '../../../postgres/session.ts'
import type { Finding } from '../../../prove/result.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import { stepsOf } from '../../changes/kinds.ts'
import { contextOf, runAll, tryAll, withCopy, type ShapeLab } from '../lab.ts'
import { obstacles } from '../obstacles.ts'
import type { KeyShape } from '../shape.ts'
import { sidesOf } from '../sides.ts'
import { isHead } from './drawn/places.ts'
import { keyObstacles, notSaidAgain } from './obstacles.ts'

export interface Sequence {
  /** Of the column whose default draws from it. */
  readonly table: string
  readonly column: string
  readonly schema: string
  readonly name: string
  readonly type: string
  readonly isOwned: boolean
}

export interface StandsOn {
  /** As the migrations have made it. */
  readonly before: Catalog
  /** The same with the other types, and nothing of the change in it. */
  readonly goal: Catalog
  /** Over columns that still have the names which they have beside the old ones. */
  readonly named: Catalog
  /** What goes with the columns. */
  readonly olds: readonly Structure[]
  readonly sequences: readonly Sequence[]
  readonly obstacles: readonly Finding[]
}

const sequencesSql = (shape: KeyShape): string =>
  shape.parts
    .map(({ table, olds }) => {
      const oid = `${literal(qualified(table))}::regclass`
      const names = olds.map(({ name }) => literal(name)).join(', ')
      return `select ${literal(relationId(table))} as table, a.attname as column, n.nspname as schema, c.relname as name,
        pg_catalog.format_type(s.seqtypid, null) as type,
        exists (select from pg_catalog.pg_depend o where o.classid = 'pg_class'::regclass and o.objid = c.oid
          and o.refobjid = a.attrelid and o.refobjsubid = a.attnum and o.deptype = 'a') as "isOwned"
      from pg_catalog.pg_attrdef f
      join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
      join pg_catalog.pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
      join pg_catalog.pg_class c on c.oid = d.refobjid and c.relkind = 'S'
      join pg_catalog.pg_sequence s on s.seqrelid = c.oid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where f.adrelid = ${oid} and a.attname in (${names})`
    })
    .join('\nunion all\n')

/** What draws the old value says nothing of the new one, and stays with it. */
const isDrawnOld = (shape: KeyShape, { kind, table, name }: Structure): boolean =>
  (kind === 'default' || kind === 'identity') && isHead(shape, table, name)

/** A sequence that a column owns falls with it, and with it whoever may use it: one that draws on does not. */
const keepSequences = (shape: KeyShape, sequences: readonly Sequence[]): readonly string[] =>
  sequences
    .filter(({ isOwned, table, column }) => isOwned && isHead(shape, table, column))
    .map((one) => `alter sequence ${qualified(one)} owned by none`)

/** The columns with the other types: what falls with them is made again by its own text. */
const retype = async (
  lab: ShapeLab,
  db: Session,
  shape: KeyShape,
  before: Catalog,
): Promise<readonly Finding[]> => {
  for (const { table, olds } of shape.parts)
    await runAll(
      db,
      olds.map(({ name }) => `alter table ${qualified(table)} drop column ${ident(name)} cascade`),
    )
  for (const { table, news } of shape.parts)
    await runAll(
      db,
      news.map(({ name, type }) => `alter table ${qualified(table)} add column ${ident(name)} ${type}`),
    )
  const own = new Set(
    shape.parts.flatMap(({ table, olds }) =>
      olds.map(({ name }) => structureId(relationId(table), 'column', name)),
    ),
  )
  const bare = await readCatalog(db)
  const context = { ...(await contextOf(lab, db, bare, before)), online: false }
  const changes = changesBetween(context).filter(
    ({ id, after }) => !own.has(id) && !(after !== null && isDrawnOld(shape, after)),
  )
  for (const change of changes) {
    const { after: one } = change
    const steps = stepsOf(change, context).map(({ sql }) => sql)
    if (one === null) await runAll(db, steps)
    else {
      const refused = await tryAll(db, steps)
      if (refused !== null) return [notSaidAgain(shape, one, before, refused)]
    }
  }
  await runAll(
    db,
    (shape.drawn?.heads ?? []).flatMap(({ table, column, preset }) =>
      preset === null
        ? []
        : [`alter table ${qualified(table)} alter column ${ident(column)} set default ${preset}`],
    ),
  )
  return []
}

/** What a key may be, though a column that nobody points to may not. */
const handled: ReadonlySet<string> = new Set(['expand.key', 'expand.identity'])

const obstaclesOfParts = async (db: Session, shape: KeyShape): Promise<readonly Finding[]> => {
  const all: Finding[] = []
  for (const part of shape.parts)
    all.push(...(await obstacles(db, part)).filter(({ code }) => !handled.has(code)))
  return all
}

export const findStandsOn = (lab: ShapeLab, shape: KeyShape): Promise<StandsOn> =>
  withCopy(lab, async (db) => {
    const before = await readCatalog(db)
    const none = { before, goal: before, named: before, olds: [], sequences: [] }
    const refused = await obstaclesOfParts(db, shape)
    if (refused.length > 0) return { ...none, obstacles: refused }
    const sequences = await db.json<Sequence>(sequencesSql(shape))
    const olds = await withoutColumns(db, shape, before)
    await loadParser()
    const found = keyObstacles(shape, olds, before, lab.major)
    if (found.length > 0) return { ...none, obstacles: found }
    await runAll(db, keepSequences(shape, sequences))
    const unsaid = await retype(lab, db, shape, before)
    if (unsaid.length > 0) return { ...none, obstacles: unsaid }
    const goal = await readCatalog(db)
    for (const part of shape.parts)
      await runAll(
        db,
        sidesOf(part, 'beside').news.map(
          ({ name, physical }) =>
            `alter table ${qualified(part.table)} rename column ${ident(name)} to ${ident(physical)}`,
        ),
      )
    return { before, goal, named: await readCatalog(db), olds, sequences, obstacles: [] }
  })

/** What goes when the columns go. */
const withoutColumns = async (
  db: Session,
  shape: KeyShape,
  before: Catalog,
): Promise<readonly Structure[]> => {
  await db.query('begin')
  try {
    for (const { table, olds } of shape.parts)
      for (const { name } of olds)
        await db.query(`alter table ${qualified(table)} drop column ${ident(name)} cascade`)
    const without = await readCatalog(db)
    return [...before.structures.values()].filter(({ id }) => !without.structures.has(id))
  } finally {
    await db.query('rollback')
  }
}
