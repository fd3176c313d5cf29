/** Prints placed pieces as a file that a person can read: headings, one blank line between objects, comments behind theirs. */
import { asReadBack } from '../../catalog/read-back/read-back.ts'
import { sections, type Section } from './piece.ts'
import { textOf, type Placed } from './order.ts'

const widest = 110

/** `ALTER TABLE … ADD CONSTRAINT` on two lines where one would be too long. */
const broken = (sql: string): string =>
  sql.length <= widest || sql.includes('\n')
    ? sql
    : sql.replace(/^(?<head>ALTER TABLE (?:ONLY )?(?:"(?:[^"]|"")*"|[^\s"])+) ADD /u, '$<head>\n  ADD ')

const rowsOf = ({ piece, inline }: Placed): readonly string[] =>
  [piece, ...inline].flatMap(({ key, rows = [] }) => [key, ...rows])

interface Block {
  readonly section: Section
  /** What it belongs to: short statements about one thing stand together. */
  readonly about: string
  readonly text: string
  readonly isShort: boolean
}

/** Sections whose short statements stand in one list, whatever they are about. */
const lists: ReadonlySet<Section> = new Set<Section>([
  'Schemas',
  'Sequences',
  'Owners',
  'Privileges',
  'Privileges of objects to come',
])

const blockOf = (placed: Placed, comments: ReadonlyMap<string, readonly string[]>): readonly Block[] => {
  const { piece } = placed
  const statements = [
    ...textOf(placed).map(asReadBack).map(broken),
    ...rowsOf(placed).flatMap((row) => comments.get(row) ?? []),
  ]
  if (statements.length === 0) return []
  const text = statements.map((sql) => `${sql};`).join('\n')
  const about = lists.has(piece.section)
    ? piece.section
    : JSON.stringify([piece.section, piece.sort[0], piece.sort[1]])
  return [{ section: piece.section, about, text, isShort: !text.includes('\n') }]
}

/** A heading stands where its section begins; what is needed earlier stands under the heading of what needs it. */
export const printBaseline = (
  placed: readonly Placed[],
  comments: ReadonlyMap<string, readonly string[]>,
  head: readonly string[],
): string => {
  const lines: string[] = [...head]
  let section = -1
  let before: Block | undefined
  for (const block of placed.flatMap((one) => blockOf(one, comments))) {
    const at = sections.indexOf(block.section)
    if (at > section) {
      section = at
      lines.push('', `-- ${block.section}`, '')
    } else if (!(before?.isShort && block.isShort && before.about === block.about)) lines.push('')
    lines.push(block.text)
    before = block
  }
  return `${lines.join('\n').replace(/^\n+/u, '')}\n`
}
