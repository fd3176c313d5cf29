/** What stands on the old columns, and the database without it: tried on a copy, since only PostgreSQL knows all of it. */
import { kindOfStructure } from '../../catalog/kind-of.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { PgError } from '../../postgres/fault.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { bind } from '../../prove/bind.ts'
import type { Finding } from '../../prove/result.ts'
import { designColumns, refusedRule, type ShapeLab } from './lab.ts'
import type { Sides } from './sides.ts'

/** They go with what they are on. */
const onOther: ReadonlySet<string> = new Set(['grant', 'comment', 'column'])

/** Nobody drops them because a column goes: they are read. */
const isRead = ({ kind, id }: Structure, own: ReadonlySet<string>): boolean =>
  ['view', 'materializedView', 'function', 'rule', 'publication'].includes(kind) ||
  (kind === 'column' && !own.has(id))

const stillUsed = (sides: Sides, used: readonly Structure[]): Finding => {
  const id = relationId(sides.shape.table)
  const names = sides.olds.map(({ name }) => name).join(', ')
  const view = used.find(({ kind }) => kind === 'view' || kind === 'materializedView')
  const printed =
    view === undefined ? '' : ` (psql prints the text of a view: \\sv ${view.id.replace(/^[^:]*:/u, '')})`
  return {
    code: 'expand.still-used',
    severity: 'error',
    structure: structureId(id, 'column', sides.olds[0]?.name ?? ''),
    summary: `${id}: ${names} cannot go, because of ${used.map((one) => one.id).join(', ')}`,
    why: 'it reads the old column, or a declared rule asks for it',
    fix: `take it away before, and make it again over ${sides.news.map(({ name }) => name).join(', ')} behind the switch, each in a migration of its own${printed}; or take its rule out of the declaration`,
  }
}

/** Structures that go when the old columns go, also in other tables. */
const structuresOfOlds = async (
  db: Session,
  sides: Sides,
  catalog: Catalog,
  claimed: ReadonlyMap<string, readonly string[]>,
): Promise<readonly Structure[] | Finding> => {
  const { shape, olds } = sides
  const id = relationId(shape.table)
  const own = new Set(olds.map(({ physical }) => structureId(id, 'column', physical)))
  await db.query('begin')
  try {
    for (const { physical } of olds)
      await db.query(`alter table ${qualified(shape.table)} drop column ${ident(physical)} cascade`)
    const without = await readCatalog(db)
    const gone = [...catalog.structures.values()].filter(({ id: one }) => !without.structures.has(one))
    const used = gone.filter((one) => isRead(one, own) || (claimed.has(one.id) && !onOther.has(one.kind)))
    if (used.length > 0) return stillUsed(sides, used)
    return gone.filter(({ kind }) => !onOther.has(kind))
  } finally {
    await db.query('rollback')
  }
}

const alreadyGone: ReadonlySet<string> = new Set(['42704', '42P01', '42703', '42883'])

const dropQuietly = async (db: Session, statements: readonly string[]): Promise<void> => {
  for (const sql of statements) {
    try {
      await db.query(sql)
    } catch (cause) {
      if (!(cause instanceof PgError) || !alreadyGone.has(cause.fault.sqlstate)) throw cause
    }
  }
}

export interface WithoutOld {
  readonly before: Catalog
  /** The columns stand, and nothing on them; what the rules on the new ones ask for and could not have before stands. */
  readonly after: Catalog
  /** Ids of what stands on the old columns, and of these. */
  readonly ids: readonly string[]
  readonly rules: readonly string[]
}

/** Takes it away in this very database. */
export const takeOldSide = async (
  lab: ShapeLab,
  db: Session,
  sides: Sides,
  /** What stands, where that was read before. */
  known?: Catalog,
): Promise<WithoutOld | readonly Finding[]> => {
  const before = known ?? (await readCatalog(db))
  const { claimedBy } = await bind(lab.architecture, before, db)
  const found = await structuresOfOlds(db, sides, before, claimedBy)
  if ('code' in found) return [found]
  for (const structure of found.toReversed())
    await dropQuietly(db, kindOfStructure(structure).drop(structure, before))
  const { table } = sides.shape
  const names = sides.news.map(({ name }) => name)
  const left = found.length === 0 ? before : undefined
  const { rules, findings, catalog } = await designColumns(lab, db, table, names, refusedRule, left)
  if (findings.length > 0) return findings
  const id = relationId(table)
  return {
    before,
    after: catalog,
    ids: [
      ...sides.olds.map(({ physical }) => structureId(id, 'column', physical)),
      ...found.map(({ id: one }) => one),
    ],
    rules,
  }
}
