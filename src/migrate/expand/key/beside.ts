/** Columns of the other type beside those of a key, in every table that has one: expand and backfill. */
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { saysShape } from '../lab.ts'
import { headLine, inPages, phaseText } from '../phase-text.ts'
import type { ColumnsShape, KeyShape, PhaseText } from '../shape.ts'
import { sidesOf, valuesInTable } from '../sides.ts'
import { dropSync, syncFunction, triggerName, triggerText } from '../sync.ts'
import {
  fillInPages,
  fillStatement,
  hasSuchRows,
  refuseUnconvertible,
  seeAllRows,
  type WalkedTable,
} from '../walk.ts'
import { differing, isWidened } from './differing.ts'
import { phasesOfKey } from './phases.ts'

/** It may run again where a part of it stands. */
export const makeBeside = (part: ColumnsShape): readonly string[] => {
  const sides = sidesOf(part, 'beside')
  return [
    ...sides.news.map(
      ({ physical, type }) =>
        `alter table ${qualified(part.table)} add column if not exists ${ident(physical)} ${type}`,
    ),
    syncFunction(sides, 'from-old'),
    `drop trigger if exists ${ident(triggerName(part))} on ${qualified(part.table)}`,
    ...triggerText(part),
  ]
}

const checkOf = (part: ColumnsShape, table: WalkedTable): readonly string[] => {
  const sides = sidesOf(part, 'beside')
  if (isWidened(sides)) return []
  const values = valuesInTable(sides, 'news').map((value, i) => ({
    value,
    type: sides.news[i]?.type ?? 'text',
  }))
  const into = part.news.map(({ name, type }) => `${name} ${type}`).join(', ')
  return [refuseUnconvertible(table, values, `Rows of ${relationId(part.table)} do not convert to ${into}`)]
}

const tableAt = (tables: readonly WalkedTable[], i: number): WalkedTable => tables[i] as WalkedTable

export const expandText = (
  shape: KeyShape,
  tables: readonly WalkedTable[],
): Pick<PhaseText, 'up' | 'down'> => {
  const checks = shape.parts.flatMap((part, i) => checkOf(part, tableAt(tables, i)))
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
        ...(checks.length === 0 ? [] : ['A row that does not convert is named, and nothing is changed.']),
      ],
      stages: [...checks.map((sql) => [sql]), ...shape.parts.map(makeBeside)],
      session: checks.length === 0 ? [] : [seeAllRows],
    }),
    down: phaseText({
      head: [
        'Takes back expand: the new columns go, and the old ones have all that was written.',
        ...names.map((name) => `assay: loses ${name} because the old columns say the same of every row`),
      ],
      stages: shape.parts.map((part) => [
        ...dropSync(part),
        ...sidesOf(part, 'beside').news.map(
          ({ physical }) => `alter table ${qualified(part.table)} drop column if exists ${ident(physical)}`,
        ),
      ]),
    }),
  }
}

const fileOf = (part: ColumnsShape, all: KeyShape): string =>
  all.parts.length === 1 ? 'backfill.sql' : `backfill-${1 + all.parts.indexOf(part)}.sql`

export const backfillText = (
  shape: KeyShape,
  tables: readonly WalkedTable[],
): Pick<PhaseText, 'up' | 'down' | 'files'> => {
  const fills = shape.parts.map((part, i) => {
    const sides = sidesOf(part, 'beside')
    const values = valuesInTable(sides, 'news')
    const set = sides.news.map(({ physical }, k) => ({ column: physical, value: values[k] ?? 'null' }))
    return { part, table: tableAt(tables, i), set, condition: differing(sides) }
  })
  const files = fills.map(({ part }) => fileOf(part, shape)).join(', ')
  return {
    up: phaseText({
      head: [
        headLine(2, phasesOfKey, 'backfill', saysShape(shape)),
        'Rows that nobody has written since are filled, some pages in each transaction; it may run again.',
        `With a look at replicas and load, and a way to pause, run ${files} first: assay migrate backfill FILE --url …`,
        'assay: data',
        'assay: rerunnable',
        inPages,
      ],
      stages: fills.map(({ table, set, condition }) => [fillInPages(table, set, condition)]),
      session: [seeAllRows],
    }),
    down: '-- Takes back nothing: the new columns go with expand.\n',
    files: {
      ...Object.fromEntries(
        fills.map(({ part, table, set, condition }) => [
          fileOf(part, shape),
          `-- The same in one statement, for: assay migrate backfill FILE --url …\n${fillStatement(table, set, condition)};\n`,
        ]),
      ),
      'after.sql': `-- Rows whose two shapes do not say the same.\n${fills
        .map(({ table, condition }) => hasSuchRows(table, condition))
        .join('\nunion all\n')};\n`,
    },
  }
}
