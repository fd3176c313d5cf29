/** Columns beside columns: the old ones are put aside, where they can be brought back from, and in the end they go. */
import { relationId, structureId } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { changesBetween } from '../changes/changes-between.ts'
import { columnStands, fillEmptied, syncIds, when, type OpenedShape } from './columns-open.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy, type ShapeLab } from './lab.ts'
import { takeOldSide } from './old-side.ts'
import { namedInFunctions } from './obstacles.ts'
import {
  headLine,
  mayBeNull,
  notNamed,
  oldNameUnused,
  phaseText,
  stagesBack,
  type Stage,
} from './phase-text.ts'
import { refuseUntil } from './kept-until.ts'
import { isSwapped, type ColumnsShape, type PhaseText } from './shape.ts'
import { sidesOf, unsaid } from './sides.ts'
import { dropSync, syncFunction } from './sync.ts'
import { refuseWhere, seeAllRows } from './walk.ts'

const phasesOf = 5

const isAlone = (stage: Stage): boolean => stage.some((sql) => / concurrently /u.test(sql))

export const contractColumns = (lab: ShapeLab, shape: ColumnsShape, keep: string): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const switched = sidesOf(shape, 'switched')
    const aside = sidesOf(shape, 'aside')
    const id = relationId(shape.table)
    const kept = aside.olds.map(({ physical }) => physical)
    const moved = switched.olds
      .map(({ physical }, i) => [physical, kept[i] ?? ''] as const)
      .filter(([from, to]) => from !== to)
    const alter = `alter table ${qualified(shape.table)} rename column`
    const putAside = moved.map(([from, to]) => `${alter} ${ident(from)} to ${ident(to)}`)
    const named = moved.length === 0 ? [] : await namedInFunctions(db, shape)
    if (named.some(({ severity }) => severity === 'error')) return { texts: [], rules: [], findings: named }
    await runAll(db, putAside)
    const table = await walkedTable(db, shape.table)
    const without = await takeOldSide(lab, db, aside)
    if (!('ids' in without)) return { texts: [], rules: [], findings: without }
    const context = await contextOf(lab, db, without.before, without.after)
    const back = turned(context)
    const verify = refuseWhere(
      table,
      unsaid(aside),
      `${id}: the old shape cannot say what stands in rows`,
      'Change these rows to values that the old columns can hold, then go back.',
    )
    // A way back that was broken off may have left them aside.
    const setAside = [
      ...(moved.length === 0 ? [] : [when(columnStands(shape, moved[0]?.[0] ?? ''), putAside)]),
      syncFunction(aside, 'aside'),
    ]
    const bringBack = [
      verify,
      ...moved.map(([from, to]) => `${alter} ${ident(to)} to ${ident(from)}`),
      syncFunction(switched, isSwapped(shape) ? 'from-new' : 'both'),
    ]
    const filled = isSwapped(shape) ? { head: [], stage: [] } : fillEmptied(shape, table, 'switched')
    const stages = stagesBack(changesBetween(context), context, lab.fromHalfWay)
    // All that takes no time is one transaction: nobody sees a column that is half aside.
    const atOnce = [...setAside, ...stages.filter((stage) => !isAlone(stage)).flat()]
    const text: PhaseText = {
      phase: 'contract',
      up: phaseText({
        head: [
          headLine(4, phasesOf, 'contract', saysShape(shape)),
          'For when no application of the old shape runs any more.',
          `The old columns are kept aside as ${kept.join(', ')} for ${keep}, and go on being written: the way back loses nothing.`,
          ...(moved.length === 0 ? [] : [oldNameUnused]),
          ...mayBeNull([atOnce, ...stages]),
        ],
        stages: [atOnce, ...stages.filter(isAlone)],
      }),
      down: phaseText({
        head: [
          'Takes back contract: the old columns have what was written since, too.',
          'Refuses, and changes nothing, where the old shape cannot say what stands in a row.',
          ...filled.head,
        ],
        stages: [
          setAside,
          [verify],
          ...stagesBack(changesBetween(back), back, lab.fromHalfWay),
          bringBack,
          filled.stage,
        ],
        session: [seeAllRows],
      }),
      files: {},
      temporary: [...kept.map((name) => structureId(id, 'column', name)), ...syncIds(shape)],
    }
    return { texts: [text], rules: without.rules, findings: named }
  })

/** `contracted`: the migration whose age in the journal counts. */
export const forgetColumns = (shape: ColumnsShape, keep: string, contracted: string): PhaseText => {
  const id = relationId(shape.table)
  const kept = sidesOf(shape, 'aside').olds.map(({ physical }) => physical)
  return {
    phase: 'forget',
    up: phaseText({
      head: [
        headLine(5, phasesOf, 'forget', saysShape(shape)),
        `Refuses until ${keep} after ${contracted} ran here.`,
        notNamed('column'),
        'assay: direction forward because what was kept aside is gone; the old shape comes back by an expand of its own',
        ...kept.map(
          (name) => `assay: loses ${structureId(id, 'column', name)} because the time for a way back is over`,
        ),
      ],
      stages: [
        [
          refuseUntil(contracted, keep, relationId(shape.table)),
          ...dropSync(shape),
          ...kept.map((name) => `alter table ${qualified(shape.table)} drop column ${ident(name)}`),
        ],
      ],
    }),
    down: null,
    files: {},
    temporary: [],
  }
}
