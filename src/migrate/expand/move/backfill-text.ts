/** Fills rows, and says so in a file of its own for a look at replicas and load. */
import { relationId } from '../../../ground/names.ts'
import { ident, identList, qualified } from '../../../postgres/quote.ts'
import { saysShape } from '../lab.ts'
import { backfillFile, headLine, inPages, phaseText, withALook } from '../phase-text.ts'
import { phases, type MoveShape, type PhaseText } from '../shape.ts'
import { hasSuchRows, seeAllRows, walkPages, type WalkedTable } from '../walk.ts'
import { madeRow } from './other-row.ts'
import {
  besideOther,
  homeRow,
  homeValues,
  isPresent,
  movedDiffer,
  otherIs,
  otherRow,
  otherValues,
  rowsDiffer,
  sidesOfMove,
  type MoveSides,
} from './sides.ts'

/** Rows of the new table for those at home that have none. Whoever writes one meanwhile waits, or has made it. */
const fillOther = (sides: MoveSides, isAsked: string | null): string => {
  const { names, values } = madeRow(sides, homeRow)
  return `insert into ${qualified(sides.other)} (${identList(names)})
        select ${values.join(', ')} from only ${qualified(sides.home)} as ${homeRow}
        where ${isAsked === null ? '' : `${isAsked}\n          and `}${isPresent(sides, homeRow)}
          and not exists (select from ${qualified(sides.other)} as ${otherRow} where ${otherIs(sides, homeRow, 'home')})
        for no key update of ${homeRow}
        on conflict (${identList(sides.shape.key.map(({ other }) => other))}) do nothing`
}

const differ = (sides: MoveSides): string =>
  movedDiffer(sides, homeValues(sides, homeRow), otherValues(sides, otherRow))

/** Rows at home are locked first, and read behind that: what somebody else has written meanwhile is seen. */
const fillHome = (sides: MoveSides, isInPages: string): readonly string[] => {
  const from = `only ${qualified(sides.other)} as ${otherRow}`
  const where = `${isInPages}
          and ${otherIs(sides, homeRow, 'home')}
          and ${differ(sides)}`
  const set = sides.columns.map(({ home, other }) => `${ident(home)} = ${otherRow}.${ident(other)}`)
  return [
    `perform 1 from ${qualified(sides.home)} as ${homeRow}, ${from}
        where ${where}
        for no key update of ${homeRow}`,
    `update ${qualified(sides.home)} as ${homeRow} set ${set.join(', ')} from ${from}
        where ${where}`,
  ]
}

/**
 * The same in one statement: the other row is locked where its values are read, so that they are those which it has when
 * this statement ends, whoever was waited for.
 */
const fillHomeAtOnce = (sides: MoveSides): string => {
  const other = `${qualified(sides.other)} as ${otherRow} where ${otherIs(sides, homeRow, 'home')}`
  return `update ${qualified(sides.home)} as ${homeRow}
set (${identList(sides.columns.map(({ home }) => home))}) = (
  select ${otherValues(sides, otherRow).join(', ')} from ${other} for no key update)
where exists (select from ${other} and ${differ(sides)})`
}

export const backfillText = (shape: MoveShape, table: WalkedTable): Omit<PhaseText, 'temporary'> => {
  const isOut = shape.direction === 'out'
  const sides = sidesOfMove(shape, 'beside')
  const id = relationId(shape.table)
  const other = relationId(shape.other)
  const walked = isOut ? table : { ...table, ...shape.other }
  return {
    phase: 'backfill',
    up: phaseText({
      head: [
        headLine(2, phases.length, 'backfill', saysShape(shape)),
        isOut
          ? `Rows of ${other} for rows of ${id} that nobody has written since, some pages in each transaction.`
          : `Rows of ${id} for rows of ${other} that nobody has written since, some pages in each transaction.`,
        'It may be stopped at any time and run again: what is filled stays.',
        withALook(backfillFile),
        'assay: data',
        'assay: rerunnable',
        ...(isOut ? [] : [inPages]),
      ],
      stages: [
        [
          walkPages(walked, isOut ? homeRow : otherRow, (isInPages) =>
            isOut ? [fillOther(sides, isInPages)] : fillHome(sides, isInPages),
          ),
        ],
      ],
      session: [seeAllRows],
    }),
    down: `-- Takes back nothing: ${isOut ? 'the new table goes' : 'the new columns go'} with expand.\n`,
    files: {
      [backfillFile]: `-- The same in one statement, for: assay migrate backfill FILE --url …\n${isOut ? fillOther(sides, null).replaceAll(/^ {8}/gmu, '') : fillHomeAtOnce(sides)};\n`,
      'after.sql': `-- Rows whose two shapes do not say the same.\n${hasSuchRows(besideOther(table, sides), rowsDiffer(table, sides))};\n`,
    },
  }
}
