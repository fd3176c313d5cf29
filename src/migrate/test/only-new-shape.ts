/**
 * Values that the new shape takes and the old one does not, one for each structure that up takes away or alters: a null,
 * a value that a CHECK refused, one that the old type has no place for, the same key twice, a reference to nothing.
 */
import type { CheckFacts } from '../../catalog/check.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { RequiredFacts } from '../../catalog/required.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { makeRows } from '../../rows/make-rows.ts'
import type { Rows } from '../../rows/rows.ts'
import { columnsOf } from '../../rows/tree.ts'
import { askEach } from '../../rows/savepoint.ts'

export interface NewShape {
  /** `a null in products.sku`. */
  readonly words: string
  /** Writes it into a row that is there. */
  readonly sql: string
  /** Where it stands, when the old shape cannot hold it at all: a down that takes it has made another of it. */
  readonly lostIn?: { readonly table: string; readonly column: string }
}

interface Finding {
  readonly before: Catalog
  readonly after: Catalog
  readonly db: Session
  readonly rows: Rows
}

/** More cases than this are not tried. */
const mostCases = 8

const oneRow = (table: Table): string =>
  `(tableoid, ctid) = (select tableoid, ctid from ${qualified(table)} order by tableoid, ctid limit 1)`

const setValues = (table: Table, values: Readonly<Record<string, string>>): string =>
  `update ${qualified(table)} set ${Object.entries(values)
    .map(([column, value]) => `${ident(column)} = ${value}`)
    .join(', ')} where ${oneRow(table)}`

const hasColumns = (table: Table, names: readonly string[]): boolean =>
  names.length > 0 &&
  names.every((name) => table.columns.some((c) => c.name === name && c.generated === null))

/** By kind of what is gone or altered; null: no row can tell, or none was found. */
const kinds: Readonly<
  Record<string, (old: Structure, table: Table, finding: Finding) => Promise<NewShape | null>>
> = {
  required: async (old, table) => {
    const { column } = old.facts as RequiredFacts
    const now = table.columns.find((c) => c.name === column)
    if (now === undefined || now.notNull || now.generated !== null) return null
    return { words: `a null in ${table.id}.${column}`, sql: setValues(table, { [column]: 'null' }) }
  },
  check: async (old, table, { rows }) => {
    const { expression, columns, name } = old.facts as CheckFacts
    if (!hasColumns(table, columns)) return null
    const solved = await rows.solve(table, { where: [`(${expression}) is false`] })
    if (!('row' in solved)) return null
    const values = Object.fromEntries(columns.flatMap((c) => (solved.row[c] ? [[c, solved.row[c]]] : [])))
    return Object.keys(values).length === 0
      ? null
      : { words: `a row in ${table.id} that ${name} refused`, sql: setValues(table, values) }
  },
  primaryKey: (old, table) => sameKey(old, table),
  unique: (old, table) => sameKey(old, table),
  references: async (old, table, { after, db, rows }) => {
    const { columns, target, targetColumns } = old.facts as ReferencesFacts
    const [column] = columns
    const parent = after.tables.get(target)
    if (column === undefined || columns.length > 1 || !parent || !hasColumns(table, columns)) return null
    const values = (await rows.candidates(table, column)).filter((value) => value !== 'null')
    const replies = await askEach(
      db,
      values.map(
        (value) =>
          `select not exists (select from ${qualified(parent)} where ${ident(targetColumns[0] ?? '')} = ${value})`,
      ),
    )
    const at = replies.findIndex((reply) => reply.commands.at(-1)?.rows[0]?.[0] === 't')
    const value = values[at]
    return value === undefined
      ? null
      : {
          words: `a row in ${table.id} that points to no ${target}`,
          sql: setValues(table, { [column]: value }),
        }
  },
}

const sameKey = async ({ facts }: Structure, table: Table): Promise<NewShape | null> => {
  const { keys } = facts as KeyFacts
  // Of an expression: whatever it reads.
  const columns = [
    ...new Set(keys.flatMap(({ column, expression }) => column ?? columnsOf(parseExpression(expression)))),
  ].filter((name) => name !== '*')
  if (!hasColumns(table, columns)) return null
  const list = identList(columns)
  return {
    words: `the same ${keys.map(({ column, expression }) => column ?? expression).join(', ')} twice in ${table.id}`,
    sql: `update ${qualified(table)} set (${list}) = (select ${list} from ${qualified(table)} order by tableoid desc, ctid desc limit 1) where ${oneRow(table)}`,
  }
}

/** Beyond the usual ends of types; those that are none of the new type are not asked. */
const wide = [
  '2147483648',
  '9223372036854775807',
  '0.123456789',
  `repeat('x', 300)`,
  `repeat('x', 12)`,
  `'infinity'`,
]

/** Of a column whose type is another now: a value that does not survive the old one. */
const ofType = async (
  table: Table,
  was: Column,
  now: Column,
  { db, rows }: Finding,
): Promise<NewShape | null> => {
  if (now.generated !== null) return null
  const label = now.labels?.find((one) => was.labels !== null && !was.labels.includes(one))
  const found = await rows.candidates(table, now.name)
  const values = [
    ...(label === undefined ? [] : [`${literal(label)}::${now.type}`]),
    ...found.filter((value) => value !== 'null'),
    ...wide,
  ]
  const replies = await askEach(
    db,
    values.flatMap((value) => [
      `select (${value})::${now.type}`,
      `select (${value})::${now.type}::${was.type}::${now.type} is not distinct from (${value})::${now.type}`,
    ]),
  )
  const at = values.findIndex((_, i) => {
    const [is, isKept] = [replies[2 * i], replies[2 * i + 1]]
    // Where PostgreSQL knows no cast, or no equality, nobody can tell.
    const isRefused = isKept?.fault?.sqlstate.startsWith('22') === true
    return is?.fault === null && (isRefused || isKept?.commands.at(-1)?.rows[0]?.[0] === 'f')
  })
  const value = values[at]
  return value === undefined
    ? null
    : {
        words: `a value in ${table.id}.${now.name} that ${was.type} has no place for`,
        sql: setValues(table, { [now.name]: value }),
        lostIn: { table: table.id, column: now.name },
      }
}

const ofTypes = async (finding: Finding): Promise<readonly NewShape[]> => {
  const found: NewShape[] = []
  for (const was of finding.before.tables.values()) {
    const now = finding.after.tables.get(was.id)
    // Those of a partition are its parent's.
    if (!now || finding.after.tables.get(now.partitionOf ?? '')?.kind === 'partitioned') continue
    for (const column of was.columns) {
      const next = now.columns.find((c) => c.name === column.name)
      const isOther = next && (next.type !== column.type || next.labels?.length !== column.labels?.length)
      const shape = isOther ? await ofType(now, column, next, finding) : null
      if (shape) found.push(shape)
    }
  }
  return found
}

/** `db` is a prover session on the migrated database; nothing is left behind. */
export const onlyInNewShape = async (
  db: Session,
  before: Catalog,
  after: Catalog,
): Promise<readonly NewShape[]> => {
  const other = [...before.structures.values()].filter(
    (old) => after.structures.get(old.id)?.definition !== old.definition && kinds[old.kind] !== undefined,
  )
  await db.query('begin; set local client_min_messages = error')
  try {
    const finding: Finding = { before, after, db, rows: await makeRows(db, after) }
    const found: NewShape[] = [...(await ofTypes(finding))]
    for (const old of other) {
      const table = after.tables.get(old.table ?? '')
      const shape = table ? await kinds[old.kind]?.(old, table, finding) : null
      if (shape) found.push(shape)
    }
    return found.slice(0, mostCases)
  } finally {
    await db.query('rollback')
  }
}
