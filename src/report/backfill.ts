/** Backfills for a person at a terminal: what one run came to, what one would do, and all of a database. */
import { durationText } from '../migrate/backfill/remaining-time.ts'
import type { Backfill } from '../migrate/backfill/store.ts'
import { relationId } from '../ground/names.ts'
import type { BackfillPlan, BackfillRun, PausedBackfill } from '../project/backfill-database.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

/** Columns before the text of a row. */
const textColumn = 16

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

const labelled = (label: string, text: string, { paint, width }: Layout): string =>
  `  ${paint.dim(label.padEnd(textColumn - 2))}${wrap(printable(text), width - textColumn, textColumn).trimStart()}`

const stateWords = { complete: 'complete', paused: 'paused', running: 'not complete' } as const

export const backfillText = (run: BackfillRun, layout: Layout): string => {
  const { paint } = layout
  const { name, state, table, key, walked, changed, dead, batches, seconds, longest, lockWaits, deadRows } =
    run
  const told = `${name} is ${stateWords[state]}.`
  return [
    state === 'complete' && dead === 0 ? paint.good(told) : paint.bad(told),
    labelled('table', `${table}, along ${key.join(', ')}`, layout),
    labelled('rows', `${walked} walked past, ${changed} changed, ${dead} kept aside`, layout),
    labelled(
      'batches',
      `${batches}; the longest of this run took ${longest.toFixed(0)} ms${lockWaits === 0 ? '' : `, and a lock of others was waited for ${lockWaits === 1 ? 'once' : `${lockWaits} times`}`}`,
      layout,
    ),
    labelled('time', durationText(seconds), layout),
    ...(dead > 0
      ? [
          '',
          `${count(dead, 'row')} could not be changed; all of them stand in assay.backfill_dead_rows:`,
          ...deadRows.map(({ key: of, sqlstate, reason }) =>
            labelled(sqlstate, `(${of.join(', ')}): ${reason}`, layout),
          ),
        ]
      : []),
  ].join('\n')
}

export const backfillPlanText = ({ name, table, firstBatch }: BackfillPlan, layout: Layout): string =>
  [
    `${name} would walk through ${relationId(table.relation)} along ${table.key.map((column) => column.name).join(', ')}${table.rows === null ? '' : `, about ${count(table.rows, 'row')}`}.`,
    'Its first batch; later ones are as large as 30 ms allow:',
    '',
    printable(firstBatch),
    '',
    layout.paint.dim('Nothing was written.'),
  ].join('\n')

export const backfillPausedText = ({ name, state, isRun }: PausedBackfill): string =>
  state === 'complete'
    ? `${printable(name)} is complete: there is nothing left to pause.`
    : `${printable(name)} ${isRun ? 'pauses after the batch that is running' : 'is paused; nobody runs it'}. Run the same command as before to go on.`

export const backfillsText = (all: readonly Backfill[], layout: Layout): string =>
  all.length === 0
    ? 'No backfill was begun in this database.'
    : all
        .map(({ name, state, walked, changed, dead }) =>
          labelled(
            stateWords[state],
            `${name}: ${walked} rows walked past, ${changed} changed, ${dead} kept aside`,
            layout,
          ),
        )
        .join('\n')
