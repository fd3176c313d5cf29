/** How large each table is drawn and where its columns stand: arithmetic on text lengths, without a document. */
import type { SiteDiagramColumn, SiteDiagramTable } from '../../report/site-model.ts'
import type { Box, Line, Picture } from './placed.ts'

export type Detail = 'all' | 'keys' | 'none'

export const titleHeight = 42
export const rowHeight = 20
const letter = 6.7
const narrowest = 150
const widest = 360
const mostRows = 30

const marksOf = ({ primaryKey, foreign }: SiteDiagramColumn): string =>
  [...(primaryKey ? ['PK'] : []), ...(foreign ? ['FK'] : [])].join(' ')

const columnsOf = ({ columns }: SiteDiagramTable, detail: Detail): readonly SiteDiagramColumn[] => {
  if (detail === 'none') return []
  return detail === 'all' ? columns : columns.filter(({ primaryKey, foreign }) => primaryKey || foreign)
}

const shortTypes: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
  'double precision': 'float8',
}

const shortType = (type: string): string =>
  shortTypes[type] ?? type.replace(/^character varying/u, 'varchar').replace(/^character\b/u, 'char')

const boxOf = (table: SiteDiagramTable, detail: Detail): Box => {
  const columns = columnsOf(table, detail)
  const rows = columns.slice(0, mostRows).map((column) => ({
    name: column.name,
    type: shortType(column.type),
    marks: marksOf(column),
    notNull: column.notNull,
  }))
  const more = detail === 'all' ? columns.length - rows.length : 0
  const longest = Math.max(
    0,
    ...rows.map(({ name, type, marks }) => name.length + type.length + marks.length + 5),
  )
  const width = Math.round(
    Math.min(widest, Math.max(narrowest, longest * letter + 20, table.id.length * 7.8 + 28)),
  )
  const height = titleHeight + (rows.length + (more > 0 ? 1 : 0)) * rowHeight + (rows.length > 0 ? 6 : 0)
  return { id: table.id, title: table.id, state: table.state, width, height, rows, more }
}

const heightOfColumn = (box: Box, column: string | undefined): number | null => {
  const at = box.rows.findIndex(({ name }) => name === column)
  return at < 0 ? null : titleHeight + at * rowHeight + rowHeight / 2
}

/** The tables with these ids, and the references among them, from what is referred to towards what refers. */
export const pictureOf = (
  tables: readonly SiteDiagramTable[],
  ids: ReadonlySet<string>,
  detail: Detail,
): Picture => {
  const shown = tables.filter(({ id }) => ids.has(id))
  const boxes = new Map(shown.map((table) => [table.id, boxOf(table, detail)]))
  const lines = shown.flatMap(({ id, references }) =>
    references.flatMap(({ name, structure, table, columns, targetColumns }): readonly Line[] => {
      const from = boxes.get(table)
      const to = boxes.get(id)
      if (!from || !to) return []
      return [
        {
          id: structure,
          name,
          from: table,
          to: id,
          // The column that the key does not share with other keys tells them apart.
          fromY: heightOfColumn(from, targetColumns.at(-1)),
          toY: heightOfColumn(to, columns.at(-1)),
        },
      ]
    }),
  )
  return { boxes: [...boxes.values()], lines }
}
