/** What findings and faults have in common: a marked headline, and below it rows with a dim label each. */
import type { Layout } from './paint.ts'
import { proseAndCode, wrap } from './printable.ts'

/** Columns before the text of a row: four of indent, the label, a space. */
const textColumn = 10

export const headline = (mark: string, text: string, { width }: Layout): string =>
  `  ${mark} ${wrap(text, width, 4)}`

/** No row for a text that is not there. */
export const labelledRow = (
  label: string,
  text: string | undefined,
  { paint, width }: Layout,
): readonly string[] =>
  text === undefined || text === ''
    ? []
    : [`    ${paint.dim(label.padEnd(5))} ${proseAndCode(text, width, textColumn)}`]
