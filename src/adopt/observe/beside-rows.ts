/** Rows that may matter to a trigger though they are not written: of the tables that its texts name, and of its own. */
import { referencesOf } from '../../catalog/references.ts'
import type { Table } from '../../catalog/table.ts'
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed-stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { literalText } from './literal-text.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Ground } from './write-settings.ts'

const mostTables = 6
/** Each is tried with several writes. */
const mostBesides = 16

/** Columns of another table that the texts name, with values that may matter to them. */
const valuesBeside = async (
  { rows }: RuleContext,
  reads: TriggerReads,
  table: Table,
): Promise<readonly Row[]> => {
  const found: Row[] = []
  for (const { name, type, generated } of table.columns) {
    if (generated !== null || !reads.names.has(name)) continue
    const spoken = (await rows.candidates(table, name)).filter((value) =>
      reads.constants.has(literalText(value) ?? value),
    )
    const values = type === 'boolean' ? ['true', 'false'] : spoken.slice(0, 3)
    found.push(...values.map((value): Row => ({ [name]: value })))
  }
  const [first] = found
  const together = found.filter((row) => first !== undefined && Object.keys(row)[0] !== Object.keys(first)[0])
  return [...found, ...together.map((row): Row => ({ ...first, ...row }))].slice(0, 8)
}

type Beside = ObservedSetting['beside']

/** Rows of the tables that the texts name, and a second row of the table itself. */
export const besides = async ({ context, reads, base }: Ground): Promise<readonly Beside[]> => {
  const { table, catalog } = context
  const own = { [table.id]: [{}] }
  // Of the same group: the same parent, or another row of the same person.
  const groups = referencesOf(catalog, table.id)
    .flatMap((s) => s.facts.columns)
    .filter((column) => base[column] !== undefined && base[column] !== 'null')
    .slice(0, 3)
    .map((column): Beside => ({ [table.id]: [{ [column]: base[column]! }] }))
  const flagged = groups.flatMap((group) =>
    table.columns
      .filter((c) => c.type === 'boolean')
      .map((c) => c.name)
      .toSorted((a, b) => Number(reads.columns.includes(b)) - Number(reads.columns.includes(a)))
      .slice(0, 2)
      .flatMap((name) =>
        ['true', 'false'].map((value): Beside => ({
          [table.id]: [{ ...group[table.id]![0], [name]: value }],
        })),
      ),
  )
  const tables = reads.tables.slice(0, mostTables)
  const all = Object.fromEntries(tables.map((t) => [t.id, [{}]]))
  const twice = Object.fromEntries(tables.map((t) => [t.id, [{}, {}]]))
  const valued: Beside[] = []
  for (const other of tables) {
    const values = await valuesBeside(context, reads, other)
    valued.push(...values.map((row): Beside => ({ [other.id]: [row] })))
    valued.push(...values.map((row): Beside => ({ ...all, [other.id]: [row] })))
  }
  return [
    own,
    ...groups,
    ...flagged,
    ...tables.map((t): Beside => ({ [t.id]: [{}] })),
    ...tables.map((t): Beside => ({ ...own, [t.id]: [{}, {}] })),
    ...(tables.length < 2 ? [] : [all, { ...own, ...twice }]),
    ...valued,
  ].slice(0, mostBesides)
}
