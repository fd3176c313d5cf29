/** Text that came from a database or a user's file, made safe for a terminal, and broken into lines that fit. */
import { displayWidth } from '../ground/display-width.ts'

/**
 * Control characters (escape sequences begin with one), what turns the direction of writing around, what is not seen
 * at all, and halves of letters. The joiners U+200C and U+200D are parts of written words and stay.
 */
const unprintable =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu

const escaped = (letter: string): string =>
  [...Array(letter.length).keys()]
    .map((i) => `\\u${letter.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')

/** Line ends and tabs stay: who prints several lines indents them. */
export const printable = (text: string): string => text.replaceAll(unprintable, escaped)

/**
 * The lines of a text that is printed from column `indent` on, none wider than `width`. A word that is wider has a
 * line of its own and is kept whole, so that it can be copied.
 */
export const wrap = (text: string, width: number, indent: number): string => {
  const room = Math.max(20, width - indent)
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).trim().split(/\s+/u)) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}

const planNode =
  /^(?<margin>[-+]? *)(?=(?:Parallel )?(?:Append|Aggregate|Bitmap (?:Heap|Index) Scan|Bitmap(?:And|Or)|(?:CTE|Custom|Foreign|Function|Index|Index Only|Sample|Seq|Subquery|Table Function|Tid|Tid Range|Values|WorkTable) Scan|Gather(?: Merge)?|Group|Hash(?: Join)?|Incremental Sort|Limit|LockRows|Materialize|Memoize|Merge (?:Append|Join)|ModifyTable|Nested Loop|ProjectSet|Recursive Union|Result|SetOp|Sort|Unique|WindowAgg)(?: |$))/u

/** A node of a plan stands on as many lines as it needs; of code nobody breaks a line. */
const codeLine = (line: string, width: number, indent: number): string => {
  const margin = planNode.exec(line)?.groups?.['margin']
  if (margin === undefined) return printable(line)
  return `${margin}${wrap(line.slice(margin.length), width - margin.length - 2, indent).replaceAll('\n', `\n${' '.repeat(margin.length + 2)}`)}`
}

/**
 * What a finding or fault says: its first line is prose and wrapped, the lines after it are SQL, commands or a log
 * and stay as they are, but for the nodes of a plan.
 */
export const proseAndCode = (text: string, width: number, indent: number): string => {
  const [prose = '', ...code] = text.split('\n')
  const gap = `\n${' '.repeat(indent)}`
  return [wrap(prose, width, indent), ...code.map((line) => `${gap}${codeLine(line, width, indent)}`)].join(
    '',
  )
}
