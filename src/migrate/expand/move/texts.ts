/** The texts of the phases up to the switch of a move. */
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident } from '../../../postgres/quote.ts'
import { saysShape } from '../lab.ts'
import { givesWay, headLine, phaseText, type Stage } from '../phase-text.ts'
import { phases, type MovedColumn, type MoveShape, type PhaseText } from '../shape.ts'
import { refuseWhere, seeAllRows, type WalkedTable } from '../walk.ts'
import { dropPolicies, makePolicies, policyIds } from './policies.ts'
import { besideOther, isPartial, rowsDiffer, sidesOfMove, type MoveSides } from './sides.ts'
import {
  dropMoveTriggers,
  moveFunctionNames,
  moveFunctions,
  moveTriggerNames,
  moveTriggers,
  type MoveWay,
} from './triggers.ts'

type Text = Omit<PhaseText, 'temporary'>

interface Wish {
  readonly shape: MoveShape
  readonly table: WalkedTable
  readonly there: readonly Stage[]
  readonly back: readonly Stage[]
}

/** Ids of triggers, functions and policies. */
export const temporaryWhile = (sides: MoveSides, way: MoveWay): readonly string[] => [
  ...moveTriggerNames(sides, way).map(({ table, trigger }) =>
    structureId(relationId(table), 'trigger', trigger),
  ),
  ...moveFunctionNames(sides, way).flatMap((name) => {
    const id = `function:${relationId(name)}()`
    // That nobody may run it is said, too.
    return [id, structureId(id, 'grant', 'PUBLIC')]
  }),
  ...policyIds(sides.shape),
]

/** Until the switch a new column has no default: what stands in it was written. */
const withoutNewDefaults = (shape: MoveShape): MoveShape =>
  shape.direction === 'out'
    ? shape
    : {
        ...shape,
        columns: shape.columns.map(({ home, other, type, otherDefault, otherFill }): MovedColumn => ({
          home,
          other,
          type,
          ...(otherDefault === undefined ? {} : { otherDefault }),
          ...(otherFill === undefined ? {} : { otherFill }),
        })),
      }

const list = (names: readonly string[]): string => names.join(', ')

export const expandText = ({
  shape,
  table,
  there,
  atOnce,
  back,
  before,
}: Wish & {
  /** What goes with the triggers on the way back. */
  readonly atOnce: Stage
  readonly before: Catalog
}): Text => {
  const isOut = shape.direction === 'out'
  const id = relationId(shape.table)
  const other = relationId(shape.other)
  const sides = sidesOfMove(withoutNewDefaults(shape), 'beside')
  const standing = before.tables.get(id)?.columns ?? []
  const mustBe = (name: string): boolean => standing.some((one) => one.name === name && one.notNull)
  const needed = shape.columns.filter((one) => shape.required.includes(one.other))
  const check =
    isOut && needed.some(({ home }) => !mustBe(home))
      ? [
          refuseWhere(
            table,
            isPartial(sides, ident(shape.table.name)),
            `${id}: rows that have no ${list(needed.map(({ home }) => home))}, which ${other} requires, and others of its columns`,
            `Write a value there, or declare these columns of ${other} as optional.`,
          ),
        ]
      : []
  const emptied = shape.columns.filter(({ home }) => isOut && mustBe(home))
  const refuseEmpty =
    emptied.length === 0
      ? []
      : [
          refuseWhere(
            table,
            emptied.map(({ home }) => `${ident(home)} is null`).join(' or '),
            `${id}: rows without ${list(emptied.map(({ home }) => home))}`,
            'The old application has to find a value there: write one, then go back.',
          ),
        ]
  const lost = isOut
    ? [
        `assay: loses ${structureId(other, 'table')} because the old columns say the same of every row; what stands in further columns of it goes`,
      ]
    : shape.columns.map(
        ({ home }) =>
          `assay: loses ${structureId(id, 'column', home)} because the old table says the same of every row`,
      )
  return {
    phase: 'expand',
    up: phaseText({
      head: [
        headLine(1, phases.length, 'expand', saysShape(shape)),
        `Triggers keep both sides of a row alike, whichever application writes: each writes the other side only where that differs.`,
        shape.required.length > 0
          ? `A row of ${other} stands for each row of ${id} that has ${list(needed.map(({ home }) => home))}.`
          : `A row of ${other} stands for each row of ${id} in which any of the columns is not null.`,
        ...(emptied.length === 0
          ? []
          : [
              `${list(emptied.map(({ home }) => home))} may be missing from now on: the new application inserts into ${id} first.`,
            ]),
        givesWay,
      ],
      stages: [
        check,
        ...there,
        [...moveFunctions(sides, 'both'), ...moveTriggers(sides), ...makePolicies(shape)],
      ],
      session: check.length > 0 ? [seeAllRows] : [],
    }),
    down: phaseText({
      head: ['Takes back expand: what stood before has all that was written.', ...lost],
      // At once with what it undoes: `up` may come again behind any part of it.
      stages: [
        [
          ...(refuseEmpty.length > 0 ? ['set local row_security = off', ...refuseEmpty] : []),
          ...dropMoveTriggers(sides, null),
          ...dropPolicies(shape),
          ...atOnce,
        ],
        ...back,
      ],
    }),
    files: {},
  }
}

export const switchText = ({
  shape,
  table,
  made,
  required,
  there,
  back,
}: Wish & {
  /** Ids of what it makes. */
  readonly made: readonly string[]
  /** Columns at home that have to have a value once the old table is gone. */
  readonly required: readonly MovedColumn[]
}): Text => {
  const id = relationId(shape.table)
  const sides = sidesOfMove(shape, 'beside')
  const early = sidesOfMove(withoutNewDefaults(shape), 'beside')
  const knows = shape.direction === 'in' && shape.columns.some(({ homeDefault }) => homeDefault !== undefined)
  const verify = refuseWhere(
    besideOther(table, sides),
    rowsDiffer(table, sides),
    `${id}: old and new differ in rows`,
    'Run the backfill before it: it fills them; rows that stay were written past the triggers, or have only a part of what the other table requires.',
  )
  const names = required.map(({ home }) => home)
  const complete =
    names.length === 0
      ? []
      : [
          refuseWhere(
            table,
            names.map((name) => `${ident(name)} is null`).join(' or '),
            `${id}: rows without ${list(names)}, which will be required`,
            `They have no row in ${relationId(shape.other)}: write a value there, or declare the columns as optional.`,
          ),
        ]
  return {
    phase: 'switch',
    up: phaseText({
      head: [
        headLine(3, phases.length, 'switch', saysShape(shape)),
        'Refuses, and changes nothing, while old and new differ in any row.',
        ...(made.length === 0 ? [] : [`Makes ${list(made)}.`]),
        ...(names.length === 0
          ? []
          : [`${list(names)} may be missing until contract: the old application inserts into ${id} first.`]),
      ],
      stages: [[verify, ...complete], ...(knows ? [moveFunctions(sides, 'both')] : []), ...there],
      session: [seeAllRows],
    }),
    down: phaseText({
      head: ['Takes back switch.'],
      stages: [...back, ...(knows ? [moveFunctions(early, 'both')] : [])],
    }),
    files: {},
  }
}
