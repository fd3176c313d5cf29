/** Measured writes for a person at a terminal: what one call did, and the times of one and of many at once. */
import type { MeasuredWrite, ValidatedWrite } from '../queries/result.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'
import { counted, filledText, timesText } from './times-text.ts'

const entries = (n: number): string => counted(n, 'index entry').replace('entrys', 'entries')

const workText = (call: MeasuredWrite): string =>
  [
    ...(call.statements === 1 ? [] : [counted(call.statements, 'statement')]),
    `${counted(call.rowsRead, 'row')} read`,
    `${call.rowsWritten.toLocaleString('en')} written`,
    entries(call.indexEntries),
    counted(call.buffers, 'buffer'),
    ...(call.wal === null ? [] : [`${counted(call.wal, 'byte')} of log`]),
    ...(call.triggerCalls ? [`${counted(call.triggerCalls, 'call')} of triggers`] : []),
  ].join(', ')

const refusedText = ({ refused }: MeasuredWrite): string => {
  const all = Object.entries(refused).map(([sqlstate, times]) => `${times} with ${sqlstate}`)
  return all.length === 0 ? '' : `; refused: ${all.join(', ')}`
}

const callLine = (call: MeasuredWrite, { target }: ValidatedWrite, { paint, width }: Layout): string => {
  const mark = call.broken === null ? paint.good('✓') : paint.bad('✗')
  const words = call.title.replace(', it stays within the budget', '')
  const line = (text: string): string => `    ${mark} ${wrap(printable(`${words}: ${text}`), width, 6)}`
  if (call.runs === 0) return line(`${call.broken ?? 'every run was refused'}${refusedText(call)}`)
  // What one call does is told of one alone.
  const work = call.writers === 1 ? `${workText(call)}; ` : ''
  return line(`${work}${timesText(call, target)}${refusedText(call)}`)
}

export const writeLines = (write: ValidatedWrite, layout: Layout): readonly string[] => [
  `  ${layout.paint.strong(wrap(printable(filledText(write)), layout.width, 2))}`,
  ...write.calls.map((call) => callLine(call, write, layout)),
  ...write.unsolved.map((why) => `    ${layout.paint.bad('✗')} ${wrap(printable(why), layout.width, 6)}`),
]
