/** The old side of a move is put aside, where it can be brought back from, and in the end it goes. */
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, literal, qualified } from '../../../postgres/quote.ts'
import type { ChangeContext } from '../../changes/change.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import { when, type OpenedShape } from '../columns-open.ts'
import { refuseUntil } from '../kept-until.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy, type ShapeLab } from '../lab.ts'
import { functionsNaming } from '../obstacles.ts'
import { apart, headLine, notNamed, oldNameUnused, phaseText, stagesBack, type Stage } from '../phase-text.ts'
import { phases, type MoveShape, type PhaseText } from '../shape.ts'
import { refuseWhere, seeAllRows } from '../walk.ts'
import { foreignKeySql } from './foreign-keys.ts'
import { oldSideOf, type WithoutOldSide } from './old-side.ts'
import { dropPolicies } from './policies.ts'
import {
  besideOther,
  homeRow,
  otherIs,
  otherRow,
  rowsDiffer,
  rowsDifferAside,
  sidesOfMove,
  type MoveSides,
} from './sides.ts'
import { temporaryWhile } from './texts.ts'
import { dropMoveTriggers, moveFunctionNames, moveFunctions, moveTriggers, type MoveWay } from './triggers.ts'

/** Whoever is written by the application that stays comes first, as its writers lock them. */
const lockBoth = ({ direction, table, other }: MoveShape, kept = other): string => {
  const order = direction === 'out' ? [other, table] : [table, kept]
  return `lock table ${order.map(qualified).join(', ')} in access exclusive mode`
}

interface Names {
  /** Statements that put the old side aside, and bring it back. */
  readonly aside: readonly string[]
  readonly back: readonly string[]
  /** Whether it still stands in its place. */
  readonly stands: string
  /** Ids of what is aside. */
  readonly ids: readonly string[]
  readonly called: readonly string[]
}

const namesOf = (shape: MoveShape): Names => {
  const aside = sidesOfMove(shape, 'aside')
  const id = relationId(shape.table)
  if (shape.direction === 'out') {
    const pairs = shape.columns.map(({ home }, i) => [home, aside.columns[i]?.home ?? ''] as const)
    const rename = `alter table ${qualified(shape.table)} rename column`
    const [first = ''] = shape.columns.map(({ home }) => home)
    return {
      aside: pairs.map(([from, to]) => `${rename} ${ident(from)} to ${ident(to)}`),
      back: pairs.map(([from, to]) => `${rename} ${ident(to)} to ${ident(from)}`),
      stands: `exists (select from pg_catalog.pg_attribute where attrelid = ${literal(qualified(shape.table))}::regclass and attname = ${literal(first)} and not attisdropped)`,
      ids: pairs.map(([, to]) => structureId(id, 'column', to)),
      called: pairs.map(([, to]) => to),
    }
  }
  return {
    aside: [`alter table ${qualified(shape.other)} rename to ${ident(aside.other.name)}`],
    back: [`alter table ${qualified(aside.other)} rename to ${ident(shape.other.name)}`],
    stands: `to_regclass(${literal(qualified(shape.other))}) is not null`,
    ids: [relationId(aside.other)],
    called: [relationId(aside.other)],
  }
}

/** Of a table that goes: what drops them, and makes them again. */
const foreignKeys = (
  shape: MoveShape,
  { before, pointing }: WithoutOldSide,
  context: ChangeContext,
  fromHalfWay: ShapeLab['fromHalfWay'],
): { readonly drop: readonly string[]; readonly add: readonly Stage[] } => {
  if (pointing === undefined) return { drop: [], add: [] }
  const there = { ...context, before, after: pointing }
  return {
    drop: foreignKeySql(shape, pointing).map((sql) => fromHalfWay(sql.replace(/;\s*$/u, ''))),
    add: stagesBack(changesBetween(there), there, fromHalfWay),
  }
}

/** What the table that goes has put where nothing was written, at home: the old application finds it on both sides. */
const fillHome = (sides: MoveSides): Stage => {
  const filled = sides.columns.filter(({ otherFill }) => otherFill !== undefined)
  if (filled.length === 0) return []
  const set = filled.map(
    ({ home, other }) => `${ident(home)} = coalesce(${homeRow}.${ident(home)}, ${otherRow}.${ident(other)})`,
  )
  return [
    `update ${qualified(sides.home)} as ${homeRow} set ${set.join(', ')} from ${qualified(sides.other)} as ${otherRow}
  where ${otherIs(sides, homeRow, 'home')} and (${filled.map(({ home }) => `${homeRow}.${ident(home)} is null`).join(' or ')})`,
  ]
}

const isAlone = (stage: Stage): boolean => stage.some((sql) => / concurrently /u.test(sql))

export const contractMove = (lab: ShapeLab, shape: MoveShape, keep: string): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const isOut = shape.direction === 'out'
    const way: MoveWay = 'aside'
    const beside = sidesOfMove(shape, 'beside')
    const aside = sidesOfMove(shape, 'aside')
    const names = namesOf(shape)
    const id = relationId(shape.table)
    const gone = isOut ? shape.columns.map(({ home }) => home) : [shape.other.name]
    const named = await functionsNaming(db, {
      table: isOut ? shape.table : shape.other,
      names: gone,
      instead: isOut ? `${relationId(shape.other)}` : id,
      own: moveFunctionNames(beside, 'both'),
    })
    if (named.some(({ severity }) => severity === 'error')) return { texts: [], rules: [], findings: named }
    const table = await walkedTable(db, shape.table)
    await runAll(db, dropMoveTriggers(beside, way))
    // The table that goes is renamed last: until then its foreign keys are named by it.
    if (isOut) await runAll(db, [...moveFunctions(aside, way), ...names.aside])
    const without = await oldSideOf(lab, db, shape, isOut ? 'aside' : 'beside')
    if (!('ids' in without)) return { texts: [], rules: [], findings: without }
    if (!isOut) await runAll(db, [...names.aside, ...moveFunctions(aside, way)])
    const context = await contextOf(lab, db, without.before, without.after)
    const back = turned(context)
    const changes = changesBetween(context)
    // Either may begin where a part of the other was done.
    const stages = stagesBack(changes, context, lab.fromHalfWay)
    const stagesOfBack = stagesBack(changesBetween(back), back, lab.fromHalfWay)
    const pointing = foreignKeys(shape, without, context, lab.fromHalfWay)
    const verify = refuseWhere(
      besideOther(table, beside),
      rowsDiffer(table, beside),
      `${id}: old and new differ in rows`,
      'They were written past the triggers, or have only a part of what the other table requires: write the same on both sides.',
      names.stands,
    )
    const verifyBack = refuseWhere(
      besideOther(table, aside),
      rowsDifferAside(table, aside),
      `${id}: the old shape does not say what stands in rows`,
      'Change these rows to values that the old shape can hold, then go back.',
    )
    // A way back that was broken off may have left it aside.
    const setAside = [
      when(names.stands, [lockBoth(shape), ...pointing.drop, ...names.aside]),
      ...dropMoveTriggers(isOut ? beside : aside, way),
      ...moveFunctions(aside, way),
    ]
    const bringBack = [
      lockBoth(shape, aside.other),
      ...names.back,
      ...moveFunctions(beside, 'both'),
      ...moveTriggers(beside, isOut ? ['other'] : ['home']),
    ]
    const text: PhaseText = {
      phase: 'contract',
      up: phaseText({
        head: [
          headLine(4, phases.length, 'contract', saysShape(shape)),
          'For when no application of the old shape runs any more.',
          `The old ${isOut ? 'columns are' : 'table is'} kept aside as ${names.called.join(', ')} for ${keep}, and ${isOut ? 'go' : 'goes'} on being written: the way back loses nothing.`,
          oldNameUnused,
        ],
        stages: isOut
          ? [
              [verify],
              [...setAside, ...stages.filter((stage) => !isAlone(stage)).flat()],
              ...stages.filter(isAlone),
            ]
          : [[verify], ...stages, setAside],
        session: [seeAllRows],
      }),
      down: phaseText({
        head: [
          'Takes back contract: the old side has what was written since, too.',
          'Refuses, and changes nothing, where the old shape cannot say what stands in a row.',
        ],
        stages: isOut
          ? [setAside, [verifyBack], ...stagesOfBack, [verifyBack], bringBack]
          : [setAside, [verifyBack], fillHome(aside), bringBack, ...stagesOfBack, ...pointing.add],
        session: [seeAllRows],
      }),
      files: {},
      temporary: [...names.ids, ...temporaryWhile(aside, way)],
    }
    return { texts: [text], rules: without.rules, findings: named }
  })

/** `contracted`: the migration whose age in the journal counts. */
export const forgetMove = (shape: MoveShape, keep: string, contracted: string): PhaseText => {
  const isOut = shape.direction === 'out'
  const aside = sidesOfMove(shape, 'aside')
  const id = relationId(shape.table)
  const kept = aside.columns.map(({ home }) => home)
  const bound = shape.bound.map((table) =>
    relationId(table) === relationId(shape.other) ? aside.other : table,
  )
  return {
    phase: 'forget',
    up: phaseText({
      head: [
        headLine(5, phases.length, 'forget', saysShape(shape)),
        `Refuses until ${keep} after ${contracted} ran here.`,
        notNamed(isOut ? 'column' : 'table'),
        'assay: direction forward because what was kept aside is gone; the old shape comes back by an expand of its own',
        ...(isOut
          ? kept.map(
              (name) =>
                `assay: loses ${structureId(id, 'column', name)} because the time for a way back is over`,
            )
          : [
              `assay: loses ${structureId(relationId(aside.other), 'table')} because the time for a way back is over`,
            ]),
      ],
      stages: [
        [refuseUntil(contracted, keep, id)],
        // Nobody waits for one of the tables while the other is held.
        ...apart([[...dropMoveTriggers(aside, null), ...dropPolicies(shape, bound)]]),
        isOut
          ? kept.map((name) => `alter table ${qualified(shape.table)} drop column ${ident(name)}`)
          : [`drop table ${qualified(aside.other)}`],
      ],
    }),
    down: null,
    files: {},
    temporary: [],
  }
}
