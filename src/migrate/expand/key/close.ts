/** The old columns of a key, put aside until the time for a way back is over: they go on being written. */
import { kindOfStructure } from '../../../catalog/kind-of.ts'
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationObjectId } from '../../../catalog/uses.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import type { OpenedShape } from '../columns-open.ts'
import { refuseUntil } from '../kept-until.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy, type ShapeLab } from '../lab.ts'
import { apart, headLine, mayBeNull, notNamed, phaseText, stagesBack } from '../phase-text.ts'
import type { KeyShape, PhaseText, TwinView } from '../shape.ts'
import { sidesOf } from '../sides.ts'
import { dropSync } from '../sync.ts'
import { refuseWhere, seeAllRows } from '../walk.ts'
import { catchUp, drawOn } from './drawn/draw-on.ts'
import { indexNewPartitions } from './partition-indexes.ts'
import { phasesOfKey } from './phases.ts'
import { keptName } from './stood-on.ts'
import { syncIdsOf } from './sync-ids.ts'
import { tellerOf } from './tellers.ts'
import { dropView } from './twin-views.ts'

const keptColumns = (shape: KeyShape) =>
  shape.parts.flatMap((part) =>
    sidesOf(part, 'aside').olds.map(({ physical }) => ({ table: part.table, column: physical })),
  )

const dropColumn = ({ table, column }: ReturnType<typeof keptColumns>[number]): string =>
  `alter table ${qualified(table)} drop column ${ident(column)}`

/** Views over them, who reads others first: they read on until the columns go. */
const keptViews = ({ views = [] }: KeyShape) =>
  views.map((view) => ({ ...view, name: keptName(view.name) })).toReversed()

const viewId = (view: TwinView): string =>
  relationObjectId(view.materialized ? 'materializedView' : 'view', view)

/** What stands on the columns that are aside, the columns themselves and such views left out. */
const onKept = async (db: Session, shape: KeyShape, catalog: Catalog): Promise<readonly Structure[]> => {
  await db.query('begin')
  try {
    for (const kept of keptColumns(shape)) await db.query(`${dropColumn(kept)} cascade`)
    const without = await readCatalog(db)
    const views = keptViews(shape).map(viewId)
    return [...catalog.structures.values()].filter(
      ({ id, kind }) =>
        !without.structures.has(id) && !views.includes(id) && !['column', 'comment', 'grant'].includes(kind),
    )
  } finally {
    await db.query('rollback')
  }
}

export const contractKey = (lab: ShapeLab, shape: KeyShape, keep: string): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const switched = await readCatalog(db)
    const draws = drawOn(shape, switched)
    await runAll(db, draws.forth)
    const before = await readCatalog(db)
    const sequences = [...before.structures.keys()].filter(
      (id) => id.startsWith('sequence:') && !switched.structures.has(id),
    )
    const dropped = await onKept(db, shape, before)
    for (const structure of dropped.toReversed())
      await runAll(db, kindOfStructure(structure).drop(structure, before))
    const after = await readCatalog(db)
    const context = await contextOf(lab, db, before, after)
    const back = turned(context)
    const teller = tellerOf(shape)
    const setAside = [...shape.parts.flatMap((part) => teller.sync(part, 'aside')), ...draws.forth]
    const verify: string[] = []
    for (const part of shape.parts)
      verify.push(
        refuseWhere(
          await walkedTable(db, part.table),
          teller.differing(part, 'aside'),
          `${relationId(part.table)}: the old shape cannot say what stands in rows`,
          'Change these rows to values that the old columns can hold, then go back.',
        ),
      )
    const bringBack = [...draws.back, ...shape.parts.flatMap((part) => teller.sync(part, 'switched'))]
    const kept = keptColumns(shape).map(({ table, column }) =>
      structureId(relationId(table), 'column', column),
    )
    const without = apart(stagesBack(changesBetween(context), context, lab.fromHalfWay))
    const text: PhaseText = {
      phase: 'contract',
      up: phaseText({
        head: [
          headLine(4, phasesOfKey, 'contract', saysShape(shape)),
          'For when no application of the old shape runs any more: from now on values may be written that the old one could not hold.',
          `The old columns are kept aside as ${kept.join(', ')} for ${keep}, and go on being written: the way back loses nothing.`,
          ...mayBeNull(without),
        ],
        stages: [...catchUp(shape, 'aside').map((sql) => [sql]), setAside, ...without],
      }),
      down: phaseText({
        head: [
          'Takes back contract: the old columns have what was written since, too.',
          'Refuses, and changes nothing, where the old shape cannot say what stands in a row.',
        ],
        stages: [
          setAside,
          ...verify.map((sql) => [sql]),
          ...apart(stagesBack(changesBetween(back), back, lab.fromHalfWay)),
          ...indexNewPartitions(dropped, before).map((sql) => [sql]),
          [...verify, ...bringBack],
        ],
        session: [seeAllRows],
      }),
      files: {},
      temporary: [...kept, ...keptViews(shape).map(viewId), ...sequences, ...syncIdsOf(shape, after)],
    }
    return { texts: [text], rules: [], findings: [] }
  })

/** `contracted`: the migration whose age in the journal counts. */
export const forgetKey = (shape: KeyShape, keep: string, contracted: string): PhaseText => ({
  phase: 'forget',
  up: phaseText({
    head: [
      headLine(5, phasesOfKey, 'forget', saysShape(shape)),
      `Refuses until ${keep} after ${contracted} ran here.`,
      notNamed('column'),
      'assay: direction forward because what was kept aside is gone; the old shape comes back by an expand of its own',
      ...keptColumns(shape).map(
        ({ table, column }) =>
          `assay: loses ${structureId(relationId(table), 'column', column)} because the time for a way back is over`,
      ),
    ],
    stages: shape.parts.map((part, i) => [
      ...(i === 0 ? [refuseUntil(contracted, keep, relationId(shape.table))] : []),
      ...(i === 0 ? keptViews(shape).map(dropView) : []),
      ...dropSync(part),
      ...sidesOf(part, 'aside').olds.map(
        ({ physical }) => `alter table ${qualified(part.table)} drop column if exists ${ident(physical)}`,
      ),
    ]),
  }),
  down: null,
  files: {},
  temporary: [],
})
