/** A cutover for a person at a terminal: what stands in its way, how far it is, how long the pause was, what comes next. */
import type {
  CutoverAnswer,
  CutoverState,
  Ended,
  Moved,
  MovePlan,
  Places,
  Planned,
  Verified,
} from '../project/cutover-databases.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

const textColumn = 16

const count = (n: number, one: string): string => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`

export const bytesText = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024
  return unit === 0 ? `${value} bytes` : `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

const row = (label: string, text: string, { paint, width }: Layout): string =>
  `  ${paint.dim(label.padEnd(textColumn - 2))}${wrap(printable(text), width - textColumn, textColumn).trimStart()}`

const placeRows = ({ from, to }: Places, layout: Layout): readonly string[] => [
  row('from', from, layout),
  row('to', to, layout),
]

const found = (findings: CutoverAnswer['findings'], layout: Layout): readonly string[] =>
  findings.length === 0 ? [] : ['', ...findingsText(findings, layout)]

const sqlLines = (sql: MovePlan['sql'], { paint }: Layout): readonly string[] => {
  const lines: string[] = []
  let on = ''
  for (const { on: side, statement } of sql) {
    if (side !== on) lines.push('', paint.dim(`-- at --${side}`))
    on = side
    lines.push(`${printable(statement)};`)
  }
  return lines
}

/** `withSql`: every statement of `copy`, as it would be sent. */
export const cutoverPlanText = (plan: Planned, withSql: boolean, layout: Layout): string => {
  const { paint, width } = layout
  const { facts, findings, places, sql } = plan
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return [
    errors === 0
      ? paint.good('A cutover can begin.')
      : paint.bad(`A cutover cannot begin: ${count(errors, 'reason')}.`),
    ...placeRows(places, layout),
    row(
      'size',
      `${bytesText(facts.from.bytes)}, ${count(facts.from.tables, 'table')}, about ${count(facts.from.rows, 'row')}, ${count(facts.from.sequences, 'sequence')}`,
      layout,
    ),
    ...found(findings, layout),
    '',
    ...[
      `copy makes the schema at the target (${count(sql.filter(({ on }) => on === 'to').length - 1, 'statement')}, one transaction), closes the target to everybody else, publishes the tables of the source, and lets PostgreSQL copy the rows and follow. The source stays in use, and gets a publication, a slot and a schema assay_cutover.`,
      'The connection string of the source, with its password, stands in pg_subscription of the target until the end; superusers of that server can read it. That of the target stands in the source from the switch on.',
      'verify compares all rows while the application runs. switch closes the source, waits for the last change, sets the sequences and opens the target; back is the same the other way; finish and abort take everything away.',
      'Run no migrations until then: rows are carried over, and changes of structures are not.',
    ].map((text) => wrap(text, width, 0)),
    ...(withSql
      ? sqlLines(sql, layout)
      : ['', paint.dim('The SQL: the same with --sql. Nothing was written.')]),
  ].join('\n')
}

const phaseWords: Readonly<Record<CutoverState['phase'], string>> = {
  none: 'There is no cutover between these two databases.',
  'half-begun': 'The cutover was broken off while it began.',
  copying: 'The rows are being copied.',
  following: 'The copy has everything and follows.',
  paused: 'Neither side takes writes: a switch was broken off.',
  switched: 'The target is in use, and nothing follows it.',
}

const stateRows = (state: CutoverState, layout: Layout): readonly string[] => {
  const { active, followed, verified } = state
  if (active === null) return []
  const other = active === 'from' ? '--to' : '--from'
  return [
    row('in use', `--${active}`, layout),
    ...(followed === null
      ? []
      : [
          row(
            'copied',
            `${followed.ready} of ${count(followed.tables, 'table')}, about ${followed.copiedRows.toLocaleString('en')} of ${count(followed.totalRows, 'row')}`,
            layout,
          ),
          row(
            'behind',
            `${other} ${followed.lag === 0 ? 'has everything' : `has not confirmed ${followed.lag === null ? 'an unknown number of bytes' : bytesText(followed.lag)}`}; ${followed.kept === null ? 'no WAL is' : `${bytesText(followed.kept)} of WAL are`} kept for it`,
            layout,
          ),
          row(
            'compared',
            `${verified} of ${count(Math.max(0, followed.tables - 1), 'table')} are equal`,
            layout,
          ),
        ]),
  ]
}

export const cutoverStateText = ({ places, state, findings }: CutoverAnswer, layout: Layout): string => {
  const isWell = state.phase === 'following' || state.phase === 'switched'
  const words = phaseWords[state.phase]
  return [
    isWell ? layout.paint.good(words) : words,
    ...placeRows(places, layout),
    ...stateRows(state, layout),
    ...found(findings, layout),
  ].join('\n')
}

export const cutoverRefusedText = ({ places, findings }: CutoverAnswer, layout: Layout): string =>
  [
    layout.paint.bad('The cutover was not begun; nothing of the source was changed.'),
    ...placeRows(places, layout),
    ...found(findings, layout),
  ].join('\n')

export const cutoverVerifiedText = ({ verification, findings, state }: Verified, layout: Layout): string => {
  const { tables, kept, longestWait } = verification
  const wrong = findings.filter(({ code }) => code === 'cutover.mismatch').length
  const rows = tables.reduce((sum, one) => sum + one.rows, 0)
  return [
    wrong === 0
      ? layout.paint.good('Both sides have the same rows.')
      : layout.paint.bad(`${count(wrong, 'table')} differ${wrong === 1 ? 's' : ''}.`),
    row(
      'compared',
      `${count(tables.length, 'table')}, ${count(rows, 'row')}, by number and checksum`,
      layout,
    ),
    ...(kept > 0 ? [row('before', `${count(kept, 'table')} that an earlier run found equal`, layout)] : []),
    row(
      'writes waited',
      `${longestWait.toFixed(0)} ms at most, for one table at a time or a few small ones`,
      layout,
    ),
    row('in use', `--${state.active ?? '?'}`, layout),
    ...found(findings, layout),
  ].join('\n')
}

export const cutoverMovedText = (
  {
    moved,
    places,
    findings,
  }: { readonly moved: Moved; readonly places: Places; readonly findings: CutoverAnswer['findings'] },
  layout: Layout,
): string => {
  const { active, pauseMs, steps, sequences, comparedInPause, tables, isRepeated, isOneWay } = moved
  const place = places[active]
  return [
    layout.paint.good(`The application is to write to --${active} now: ${printable(place)}.`),
    ...(isRepeated
      ? [row('pause', 'none: it is in use already, and what a switch may have left is in order', layout)]
      : [
          row(
            'pause',
            pauseMs === null
              ? 'not known: it was begun by a run that was killed'
              : `${pauseMs.toFixed(0)} ms without writes: ${steps.map(({ step, ms }) => `${step} ${ms.toFixed(0)}`).join(', ')}`,
            layout,
          ),
          row('carried over', `${count(sequences, 'sequence')}`, layout),
          row(
            'compared',
            `${comparedInPause} of ${count(tables, 'table')} once more while nobody wrote`,
            layout,
          ),
        ]),
    row(
      'way back',
      isOneWay
        ? 'none'
        : `--${active === 'to' ? 'from' : 'to'} follows: assay migrate cutover ${active === 'to' ? 'back' : 'switch'} --from … --to …`,
      layout,
    ),
    ...found(findings, layout),
  ].join('\n')
}

export const movePlanText = (plan: MovePlan & { readonly places: Places }, layout: Layout): string =>
  [
    `--${plan.active} would be closed, and --${plan.active === 'from' ? 'to' : 'from'} opened.`,
    ...placeRows(plan.places, layout),
    row('behind', plan.lag === null ? 'not known' : bytesText(plan.lag), layout),
    row('compared', `${plan.verified} of ${count(plan.tables, 'table')} are equal`, layout),
    ...sqlLines(plan.sql, layout),
    '',
    layout.paint.dim('Nothing was written.'),
  ].join('\n')

export const cutoverEndedText = (
  { gone, closed, toOpen = [], kept = [], findings }: Ended,
  kind: 'finish' | 'abort',
  layout: Layout,
): string =>
  [
    gone.length === 0
      ? 'Nothing of a cutover was left.'
      : layout.paint.good(kind === 'finish' ? 'The cutover is finished.' : 'The cutover is given up.'),
    ...gone.map((one) => row('gone', one, layout)),
    ...closed.map((place) =>
      row(
        'stays closed',
        `${place}: what is written there is lost${toOpen.length === 0 ? '' : '. To open it all the same:'}`,
        layout,
      ),
    ),
    ...toOpen.map((statement) => `    ${printable(statement)};`),
    ...kept.map((place) =>
      row('stays', `what was copied into ${place}: a new copy wants an empty database`, layout),
    ),
    ...found(findings, layout),
  ].join('\n')
