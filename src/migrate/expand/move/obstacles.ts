/** What no trigger can carry from table to table: named before anything is written. */
import { checksOf } from '../../../catalog/check.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import type { Column, Table } from '../../../catalog/table.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type { Finding } from '../../../prove/result.ts'
import { PgError } from '../../../postgres/fault.ts'
import { saysShape } from '../lab.ts'
import type { MoveShape } from '../shape.ts'
import { isConstant } from './find.ts'

const at = (
  shape: MoveShape,
  table: string,
  [code, severity]: readonly [string, Finding['severity']],
  [what, why, fix]: readonly [string, string, string],
  column?: string,
): Finding => ({
  code,
  severity,
  structure: column === undefined ? structureId(table, 'table') : structureId(table, 'column', column),
  summary: `${saysShape(shape)}: ${what}`,
  why,
  fix,
})

const byHand =
  'move the columns with `assay design` while the application stands still, or write the phases by hand'

const ofTable = (shape: MoveShape, table: Table): readonly Finding[] =>
  table.kind === 'table' && table.partitionOf === null
    ? []
    : [
        at(
          shape,
          table.id,
          ['expand.move-table', 'error'],
          [
            `${table.id} is ${table.kind === 'table' ? 'a child of another table' : `a ${table.kind} table`}`,
            'a row that changes its partition is deleted and inserted again, and its other row would go with it',
            byHand,
          ],
        ),
      ]

const ofColumn = (shape: MoveShape, table: string, column: Column): readonly Finding[] => {
  const { name } = column
  if (column.generated !== null)
    return [
      at(
        shape,
        table,
        ['expand.generated', 'error'],
        [
          `${name} is generated`,
          'nobody writes it, and what it is computed from stays behind',
          `declare it as generated in the other table, drop it here with \`assay design\`, and state no --move for it`,
        ],
        name,
      ),
    ]
  const isNumbered = column.identity !== null || column.default?.startsWith('nextval(') === true
  if (isNumbered)
    return [
      at(
        shape,
        table,
        ['expand.identity', 'error'],
        [`${name} numbers itself`, 'two columns cannot draw one number from one sequence', byHand],
        name,
      ),
    ]
  // Of a table that goes it is drawn there, and nowhere else while both stand.
  if (shape.direction === 'in' || column.default === null || isConstant(column.default)) return []
  return [
    at(
      shape,
      table,
      ['expand.move-default', 'error'],
      [
        `${name} is ${column.default} where it is left out`,
        'the new application leaves it out of every row: nobody could tell what was drawn from what was written',
        `leave ${name} where it is and give the other table a column of its own; or drop its default first, when the old application writes it itself`,
      ],
      name,
    ),
  ]
}

/** A check over moved columns alone that refuses a row in which they are empty, as the new application inserts it. */
const ofChecks = async (db: Session, shape: MoveShape, catalog: Catalog): Promise<readonly Finding[]> => {
  if (shape.direction === 'in') return []
  const id = relationId(shape.table)
  const moved = shape.columns.map(({ home }) => home)
  const nulls = shape.columns.map(({ home, type }) => `null::${type} as ${ident(home)}`).join(', ')
  const found: Finding[] = []
  for (const check of checksOf(catalog, id).filter(({ facts }) =>
    facts.columns.some((name) => moved.includes(name)),
  )) {
    const [row] = await db
      .json<{ readonly refuses: boolean }>(
        `select (${check.facts.expression}) is false as refuses from (select ${nulls}) as ${ident(shape.table.name)}`,
      )
      .catch((cause: unknown) => {
        // It names columns that stay: what it says of them is not known here.
        if (cause instanceof PgError) return [{ refuses: false }]
        throw cause
      })
    if (row?.refuses === true)
      found.push({
        ...at(
          shape,
          id,
          ['expand.move-check', 'error'],
          [
            `the check ${check.name} refuses a row without ${moved.join(' and ')}`,
            'the new application inserts such rows before it inserts the other one',
            'drop it first, in a migration of its own; declare it on the other table',
          ],
        ),
        structure: check.id,
      })
  }
  return found
}

/** [] where nothing stands in the way. */
export const moveObstacles = async (
  db: Session,
  shape: MoveShape,
  catalog: Catalog,
): Promise<readonly Finding[]> => {
  const home = catalog.tables.get(relationId(shape.table))
  const other = catalog.tables.get(relationId(shape.other))
  const [source, names] =
    shape.direction === 'out'
      ? [home, shape.columns.map((one) => one.home)]
      : [other, shape.columns.map((one) => one.other)]
  const columns = (source?.columns ?? []).filter(({ name }) => names.includes(name))
  return [
    ...[home, other].flatMap((table) => (table ? ofTable(shape, table) : [])),
    ...columns.flatMap((column) => ofColumn(shape, source?.id ?? '', column)),
    ...(await ofChecks(db, shape, catalog)),
  ]
}

/** Columns of the table that comes which the old application gives no value: nobody else inserts its rows for it. */
export const notGiven = (shape: MoveShape, catalog: Catalog): readonly Finding[] => {
  const id = relationId(shape.other)
  const given = new Set([
    ...shape.key.map((one) => one.other),
    ...shape.columns.map((one) => one.other),
    ...shape.copies.map(({ name }) => name),
  ])
  return (catalog.tables.get(id)?.columns ?? [])
    .filter(
      ({ name, notNull, default: standing, identity, generated }) =>
        notNull && standing === null && identity === null && generated === null && !given.has(name),
    )
    .map(({ name }) =>
      at(
        shape,
        id,
        ['expand.move-required', 'error'],
        [
          `${id}.${name} is required, and the old application does not know it`,
          'a trigger inserts the rows of the new table for what the old application writes',
          `give it a default, or say from which columns of ${relationId(shape.table)} it is told: --set "${id}.${name} = …"`,
        ],
        name,
      ),
    )
}
