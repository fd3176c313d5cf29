/**
 * Writes of rows that point to a row of another table as the texts of a trigger ask for it (`where issues.id =
 * new.issue_id`), whether a foreign key says so or not: that row stands beside, with the values that may matter.
 */
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { Table } from '../../catalog/table.ts'
import { comparedColumns } from './compared-columns.ts'
import { literalText } from './literal-text.ts'
import { insert, on, remove, update, type Ground } from './write-settings.ts'
import { parses, rowsOfConditions } from './written-values.ts'

const mostLinks = 3
const mostWrites = 40
const mostOthers = 5
const families = ['a', 'b', 'c'] as const

interface Link {
  readonly other: Table
  readonly theirs: string
  readonly own: string
}

const linksOf = ({ context, reads }: Ground): readonly Link[] =>
  reads.tables
    .flatMap((other) =>
      comparedColumns(reads.texts, other, context.table).flatMap(({ theirs, own, is }) =>
        is === '=' ? [{ other, theirs, own }] : [],
      ),
    )
    .slice(0, mostLinks)

const isValue = (sql: string | undefined): sql is string =>
  sql !== undefined && sql !== 'null' && sql !== 'default'

/** What the row that is meant holds, and what those before and behind it do. */
interface Beside {
  readonly meant: Row
  readonly neighbours: readonly [Row, Row]
}

/** Of the other row's columns that the texts name: something rather than nothing, then each of the texts' own words. */
const besidesOf = async ({ context, reads }: Ground, { other, theirs }: Link): Promise<readonly Beside[]> => {
  const filled: (readonly [column: string, values: readonly string[]])[] = []
  const spoken: Row[] = []
  for (const { name: named, generated } of other.columns) {
    if (generated !== null || named === theirs || !reads.names.has(named)) continue
    const values = (await context.rows.candidates(other, named, reads.texts.filter(parses))).filter(isValue)
    if (values.length > 0) filled.push([named, values])
    const words = values.filter((value) => reads.constants.has(literalText(value) ?? value))
    spoken.push(...words.slice(0, 3).map((value): Row => ({ [named]: value })))
  }
  const nth = (n: number): Row =>
    Object.fromEntries(filled.map(([column, values]) => [column, values[n % values.length]!]))
  return [
    { meant: nth(0), neighbours: [nth(1), nth(2)] as const },
    ...[...spoken, {}].map((row) => ({ meant: row, neighbours: [row, row] as const })),
  ].slice(0, mostOthers)
}

export const linkedWrites = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads, base, aged, changes } = ground
  const { rows, table } = context
  const links = linksOf(ground)
  if (links.length === 0) return []
  const conditional = [{}, ...(await rowsOfConditions(context, reads, base))]
  const found: ObservedSetting[] = []
  for (const link of links) {
    const { other, theirs, own } = link
    const keys = await Promise.all(families.map(async (one) => (await rows.base(other, one))?.[theirs]))
    const [before, middle, behind] = keys
    const value = [middle, base[own]].find(isValue)
    if (value === undefined || other.id === table.id) continue
    for (const { meant, neighbours } of await besidesOf(ground, link)) {
      const alone = { ...meant, [theirs]: value }
      // With one before it and one behind it, = is told from <= and >=.
      const around =
        isValue(before) && isValue(behind) && value === middle
          ? [{ ...neighbours[0], [theirs]: before }, alone, { ...neighbours[1], [theirs]: behind }]
          : [alone]
      for (const some of conditional) {
        const written: Row = { ...aged, ...some, [own]: value }
        const beside = { [other.id]: around }
        if (on(reads, 'insert')) found.push({ ...insert(written), beside })
        // A change that leaves the conditions as they are.
        const changed = Object.entries(changes).find(([named]) => named !== own && !(named in some))
        if (on(reads, 'update') && changed)
          found.push({ ...update(written, { [changed[0]]: changed[1] }), beside })
        if (on(reads, 'delete')) found.push({ ...remove(written), beside })
      }
    }
  }
  return found.slice(0, mostWrites)
}
