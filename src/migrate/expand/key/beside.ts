/** Columns of the other type beside those of a key, in every table that has one: expand and backfill. */
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { saysShape } from '../lab.ts'
import { backfillFile, headLine, inPages, phaseText, withALook } from '../phase-text.ts'
import type { ColumnsShape, KeyShape, PhaseText } from '../shape.ts'
import { sidesOf } from '../sides.ts'
import { dropSync, triggerName, triggerText } from '../sync.ts'
import { fillInPages, fillStatement, hasSuchRows, seeAllRows, type WalkedTable } from '../walk.ts'
import { phasesOfKey } from './phases.ts'
import type { Teller } from './teller.ts'

const columnsOf = (part: ColumnsShape): readonly string[] =>
  sidesOf(part, 'beside').news.map(
    ({ physical, type }) =>
      `alter table ${qualified(part.table)} add column if not exists ${ident(physical)} ${type}`,
  )

const triggerOf = (teller: Teller, part: ColumnsShape): readonly string[] => [
  ...teller.sync(part, 'beside'),
  `drop trigger if exists ${ident(triggerName(part))} on ${qualified(part.table)}`,
  ...triggerText(part),
]

/** A transaction for each table. They may run again where a part of them stands. */
export const makeBeside = (teller: Teller, { parts }: KeyShape): readonly (readonly string[])[] =>
  teller.readsOthers
    ? [...parts.map(columnsOf), ...parts.map((part) => triggerOf(teller, part))]
    : parts.map((part) => [...columnsOf(part), ...triggerOf(teller, part)])

const takeBeside = (teller: Teller, { parts }: KeyShape): readonly (readonly string[])[] => {
  const drop = (part: ColumnsShape): readonly string[] =>
    sidesOf(part, 'beside').news.map(
      ({ physical }) => `alter table ${qualified(part.table)} drop column if exists ${ident(physical)}`,
    )
  return teller.readsOthers
    ? [...parts.map(dropSync), ...parts.map(drop)]
    : parts.map((part) => [...dropSync(part), ...drop(part)])
}

export const expandText = (
  shape: KeyShape,
  teller: Teller,
  tables: readonly WalkedTable[],
): Pick<PhaseText, 'up' | 'down'> => {
  const checks = teller.checks(tables)
  const names = shape.parts.flatMap((part) =>
    sidesOf(part, 'beside').news.map(({ physical }) =>
      structureId(relationId(part.table), 'column', physical),
    ),
  )
  return {
    up: phaseText({
      head: [
        headLine(1, phasesOfKey, 'expand', saysShape(shape)),
        'A column of the other type stands beside each of them; a trigger on each table writes it, whoever writes the row.',
        ...(checks.length === 0 ? [] : teller.says.expand),
      ],
      stages: [...checks.map((sql) => [sql]), ...makeBeside(teller, shape)],
      session: checks.length === 0 ? [] : [seeAllRows],
    }),
    down: phaseText({
      head: [
        'Takes back expand: the new columns go, and the old ones have all that was written.',
        ...names.map((name) => `assay: loses ${name} because ${teller.says.loses}`),
      ],
      stages: takeBeside(teller, shape),
    }),
  }
}

export const backfillText = (
  shape: KeyShape,
  teller: Teller,
  tables: readonly WalkedTable[],
): Pick<PhaseText, 'up' | 'down' | 'files'> => {
  const { fills } = teller
  const tableOf = (part: ColumnsShape): WalkedTable => tables[shape.parts.indexOf(part)] as WalkedTable
  const fileOf = (at: number): string => (fills.length === 1 ? backfillFile : `backfill-${1 + at}.sql`)
  const files = fills.map((_, i) => fileOf(i)).join(', ')
  return {
    up: phaseText({
      head: [
        headLine(2, phasesOfKey, 'backfill', saysShape(shape)),
        'Rows that nobody has written since are filled, some pages in each transaction; it may run again.',
        withALook(files),
        'assay: data',
        'assay: rerunnable',
        inPages,
      ],
      stages: fills.map(({ part, set, condition }) => [fillInPages(tableOf(part), set, condition)]),
      session: [seeAllRows],
    }),
    down: '-- Takes back nothing: the new columns go with expand.\n',
    files: {
      ...Object.fromEntries(
        fills.map(({ part, set, condition }, i) => [
          fileOf(i),
          `-- The same in one statement, for: assay migrate backfill FILE --url …\n${fillStatement(tableOf(part), set, condition)};\n`,
        ]),
      ),
      'after.sql': `-- Rows whose two shapes do not say the same.\n${fills
        .map(({ part, condition }) => hasSuchRows(tableOf(part), condition))
        .join('\nunion all\n')};\n`,
    },
  }
}
