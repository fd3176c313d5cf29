/** What stands only for the old shape of a move: columns at home, or the table that goes, with all that stands on them. */
import type { ReferencesFacts } from '../../../catalog/foreign-key.ts'
import { kindOfStructure } from '../../../catalog/kind-of.ts'
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

/** To be pasted: what else would go with it is named by itself, and owners have other names elsewhere. */
const said = (all: readonly string[]): string =>
  all
    .filter((sql) => !/ owner to /u.test(sql))
    .map((sql) => `${sql.replace(/;?\s*$/u, '').replace(/^(drop .*) cascade$/u, '$1')};`)
    .join('\n')

/** A foreign key to a row of the table that goes points to the row at home all the same: both have one key. */
const pointsHome = (shape: MoveShape, one: Structure, before: Catalog): string | null => {
  if (one.kind !== 'references') return null
  const facts = one.facts as ReferencesFacts
  const homes = facts.targetColumns.map((name) => shape.key.find(({ other }) => other === name)?.home)
  if (facts.target !== relationId(shape.other) || homes.some((home) => home === undefined)) return null
  const own = {
    ...one,
    facts: { ...facts, target: relationId(shape.table), targetColumns: homes as readonly string[] },
  }
  return `let it point to ${relationId(shape.table)} instead, which has the same keys, in a migration of its own before:\n${said(
    [...kindOfStructure(one).drop(one, before), ...kindOfStructure(own).create(own, before)],
  )}`
}

/** Each by itself: what can be done while nothing of the change stands. */
const mendOf = (shape: MoveShape, one: Structure | string, before: Catalog): string => {
  if (typeof one === 'string')
    return `take ${one} out of the declaration: what it asks for is declared of ${relationId(shape.table)}`
  return (
    pointsHome(shape, one, before) ??
    `take it away before, in a migration of its own, and make it again behind the switch, over ${relationId(shape.table)}:\n${said(kindOfStructure(one).drop(one, before))}\n-- … assay migrate expand, up to the switch; then, reading ${relationId(shape.table)} instead of ${relationId(shape.other)} …\n${said(kindOfStructure(one).create(one, before))}`
  )
}

const stillUsed = (
  shape: MoveShape,
  used: readonly (Structure | string)[],
  before: Catalog,
): readonly Finding[] => {
  const id = relationId(shape.other)
  return used.map((one) => ({
    code: 'expand.still-used',
    severity: 'error',
    structure: structureId(id, 'table'),
    summary: `${saysShape(shape)}: ${id} cannot go, because of ${typeof one === 'string' ? one : one.id}`,
    why:
      typeof one === 'string' ? 'a declared rule asks for it' : 'it reads or points to the table that goes',
    fix: mendOf(shape, one, before),
  }))
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
  const used = [...(await leaningOn(db, shape, before)), ...claimed]
  if (used.length > 0) return stillUsed(shape, used, before)
  await runAll(db, foreignKeySql(shape, before))
  const bare = await readCatalog(db)
  const names = shape.columns.map(({ home }) => home)
  const { rules, findings, catalog } = await designColumns(lab, db, shape.table, names, refusedRule, bare)
  if (findings.length > 0) return findings
  return { before: bare, after: catalog, ids: [id], rules, pointing: before }
}
