/** What stands only for the old shape of a move: columns at home, or the table that goes, with all that stands on them. */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import { bind } from '../../../prove/bind.ts'
import type { Finding } from '../../../prove/result.ts'
import { designColumns, refusedRule, runAll, saysShape, type ShapeLab } from '../lab.ts'
import { takeOldSide, type WithoutOld } from '../old-side.ts'
import type { ColumnsShape, MoveShape } from '../shape.ts'
import { sidesOf } from '../sides.ts'
import { foreignKeySql } from './foreign-keys.ts'

/** The columns at home as the old side of columns that go. */
const homeAsColumns = ({ name, table, columns }: MoveShape): ColumnsShape => ({
  kind: 'reshape',
  name,
  table,
  olds: columns.map(({ home, type }) => ({ name: home, type, sql: 'null' })),
  news: [],
  types: [],
})

const stillUsed = (shape: MoveShape, ids: readonly string[]): Finding => {
  const id = relationId(shape.other)
  return {
    code: 'expand.still-used',
    severity: 'error',
    structure: structureId(id, 'table'),
    summary: `${saysShape(shape)}: ${id} cannot go, because of ${ids.join(', ')}`,
    why: 'it reads or points to the table that goes, or a declared rule asks for it',
    fix: `let it read, or point to, ${relationId(shape.table)} instead: once expand ran, replace it in a migration of its own; or take its rule out of the declaration`,
  }
}

/** What would go with the table and is not its own. */
const leaningOn = async (db: Session, shape: MoveShape, catalog: Catalog): Promise<readonly Structure[]> => {
  const id = relationId(shape.other)
  await db.query('begin')
  try {
    await db.query(`drop table ${qualified(shape.other)} cascade`)
    const without = await readCatalog(db)
    return [...catalog.structures.values()].filter(
      (one) => !without.structures.has(one.id) && one.table !== id && one.id !== id && isForeign(one, id),
    )
  } finally {
    await db.query('rollback')
  }
}

/** Rights, comments and sequences of the table go with it. */
const isForeign = ({ kind, dependsOn }: Structure, id: string): boolean =>
  !['comment', 'grant', 'sequence'].includes(kind) || !dependsOn.some((one) => one.startsWith(`${id}/`))

export interface WithoutOldSide extends WithoutOld {
  /** The database with the foreign keys of the table that goes; absent: no table goes. */
  readonly pointing?: Catalog
}

/** Takes away, in this very database, what nobody asks for once the old shape is aside. */
export const oldSideOf = async (
  lab: ShapeLab,
  db: Session,
  shape: MoveShape,
  stand: 'beside' | 'aside' = 'beside',
): Promise<WithoutOldSide | readonly Finding[]> => {
  if (shape.direction === 'out') return takeOldSide(lab, db, sidesOf(homeAsColumns(shape), stand))
  const before = await readCatalog(db)
  const { claimedBy } = await bind(lab.architecture, before, db)
  const id = relationId(shape.other)
  const claimed = [...claimedBy.keys()].filter((one) => before.structures.get(one)?.table === id)
  const used = [...(await leaningOn(db, shape, before)).map((one) => one.id), ...claimed]
  if (used.length > 0) return [stillUsed(shape, used)]
  await runAll(db, foreignKeySql(shape, before))
  const bare = await readCatalog(db)
  const names = shape.columns.map(({ home }) => home)
  const { rules, findings, catalog } = await designColumns(lab, db, shape.table, names, refusedRule, bare)
  if (findings.length > 0) return findings
  return { before: bare, after: catalog, ids: [id], rules, pointing: before }
}
