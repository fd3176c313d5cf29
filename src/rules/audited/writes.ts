/** The writes that an audited table is proven by: each operation, one row and several, none, taken back, in one statement with others. */
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { asProver, entriesSince, rememberNow } from './checks.ts'
import type { AuditedTable } from './design.ts'
import type { Expected, World } from '../experiment.ts'
import { rowsAre } from '../draft.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'

export interface AuditedCase {
  readonly title: string
  readonly given: readonly string[]
  readonly when: readonly string[]
  readonly then: Expected
}

export interface WriteParts {
  readonly context: RuleContext
  readonly world: World
  readonly table: AuditedTable
  readonly a: Row
  readonly b: Row | null
  readonly c: Row | null
  /** The first two as they can be deleted for good, with the same keys. */
  readonly leaving: { readonly a: Row; readonly b: Row | null }
}

/** A write that may be tried: what stands before it, what it is, and the entries that it has to leave. */
interface Candidate {
  readonly title: string
  readonly before: readonly string[]
  readonly write: readonly string[]
  /** operation → entries. */
  readonly leaves: Readonly<Record<string, number>>
  /** Every table can be written so: a refusal is worth telling. */
  readonly isExpected?: true
}

const entries = (leaves: Candidate['leaves']): Expected =>
  rowsAre(
    ...Object.entries(leaves)
      .toSorted(([x], [y]) => (x < y ? -1 : 1))
      .map(([operation, count]) => [operation, String(count), 't']),
  )

const toCase = (table: AuditedTable, { title, before, write, leaves }: Candidate): AuditedCase => ({
  title,
  given: [...before, ...rememberNow(table)],
  when: [...write, ...asProver, entriesSince(table)],
  then: entries(leaves),
})

/** Columns that a plain UPDATE may set, keys aside. */
const settable = ({ context, table }: WriteParts): readonly string[] =>
  table.columns
    .map((column) => column.name)
    .filter((name) => {
      const column = context.table.columns.find((c) => c.name === name)
      return !table.key.includes(name) && column?.identity !== 'always'
    })

const assignments = (row: Row, columns: readonly string[]): string =>
  columns.flatMap((name) => (name in row ? [`${ident(name)} = ${row[name]}`] : [])).join(', ')

/** Both rows in one INSERT. */
const insertBoth = ({ table, context }: WriteParts, rows: readonly Row[]): string => {
  const writable = context.table.columns.filter((column) => column.generated === null)
  const names = writable.map((column) => column.name).filter((name) => rows.some((row) => name in row))
  const tuples = rows.map((row) => `(${names.map((name) => row[name] ?? 'default').join(', ')})`)
  const isAlways = writable.some((column) => column.identity === 'always' && names.includes(column.name))
  return `insert into ${qualified(table.relation)} (${identList(names)})${isAlways ? ' overriding system value' : ''} values ${tuples.join(', ')}`
}

/** One statement of each operation that finds no row. */
const nothing = (parts: WriteParts, changes: string): readonly string[] => {
  const own = qualified(parts.table.relation)
  const names = parts.context.table.columns.filter((c) => c.generated === null).map((c) => c.name)
  return [
    `insert into ${own} (${identList(names)}) overriding system value select ${identList(names)} from ${own} where false`,
    `update ${own} set ${changes} where false`,
    `delete from ${own} where false`,
  ]
}

const onTwoRows = (parts: WriteParts, b: Row, changeable: readonly string[]): readonly Candidate[] => {
  const { context, table, a, c } = parts
  const { rows } = context
  const own = qualified(table.relation)
  const both = [rows.insert(context.table, a), rows.insert(context.table, b)]
  const leaving = [parts.leaving.a, parts.leaving.b ?? b].map((row) => rows.insert(context.table, row))
  const one = rows.where(context.table, a)
  const key = identList(table.key)
  const changes = assignments(b, changeable)
  const moved = c === null ? '' : assignments(c, table.key)
  return [
    {
      title: 'an insert of two rows leaves an entry for each',
      before: [],
      write: [insertBoth(parts, [a, b])],
      leaves: { INSERT: 2 },
    },
    {
      title: 'an update of two rows leaves an entry for each, with what changed in it',
      before: both,
      write: [`update ${own} set ${changes}`],
      leaves: { UPDATE: 2 },
    },
    {
      title: 'a delete of two rows leaves an entry for each',
      before: leaving,
      write: [`delete from ${own}`],
      leaves: { DELETE: 2 },
    },
    {
      title: 'an upsert leaves an insert for the row that was not there and an update for the one that was',
      before: [both[0]!],
      write: [`${insertBoth(parts, [a, b])} on conflict (${key}) do update set ${changes}`],
      leaves: { INSERT: 1, UPDATE: 1 },
    },
    {
      title: 'an upsert that does nothing leaves nothing',
      before: both,
      write: [`${insertBoth(parts, [a, b])} on conflict do nothing`],
      leaves: {},
    },
    {
      title: 'a change of the key leaves an update with the old key and the new one',
      before: [both[0]!],
      write: moved === '' ? ['select 1 / 0'] : [`update ${own} set ${moved} where ${one}`],
      leaves: { UPDATE: 1 },
    },
    ...(context.catalog.major < 15
      ? []
      : [
          {
            title: 'a MERGE leaves what it did to each row',
            before: leaving,
            write: [
              `merge into ${own} as t using (values (1)) v(x) on ${table.key
                .map((name) => `t.${ident(name)} = (${a[name] ?? 'null'})`)
                .join(' and ')}
 when matched then delete when not matched then do nothing`,
            ],
            leaves: { DELETE: 1 },
          },
        ]),
  ]
}

/** A personal value that is null is kept nowhere. */
const withoutValue = ({ context, table, a }: WriteParts): readonly Candidate[] => {
  const column = context.table.columns.find((c) => table.personal.includes(c.name) && !c.notNull)
  if (column === undefined) return []
  const row = { ...a, [column.name]: 'null' }
  const insert = context.rows.insert(context.table, row)
  return [
    {
      title: `an insert without ${column.name} leaves an entry without it`,
      before: [],
      write: [insert],
      leaves: { INSERT: 1 },
    },
    {
      title: `a delete of a row without ${column.name} leaves an entry without it`,
      before: [insert],
      write: [`delete from ${qualified(table.relation)}`],
      leaves: { DELETE: 1 },
    },
  ]
}

const candidates = (parts: WriteParts, changeable: readonly string[]): readonly Candidate[] => {
  const { context, table, a, b } = parts
  const { rows } = context
  const own = qualified(table.relation)
  const insert = rows.insert(context.table, a)
  const one = rows.where(context.table, a)
  const same = `${ident(table.key[0]!)} = ${ident(table.key[0]!)}`
  const changes = b === null || changeable.length === 0 ? same : assignments(b, changeable)
  return [
    {
      title: 'an insert leaves one entry with all its values',
      before: [],
      write: [insert],
      leaves: { INSERT: 1 },
      isExpected: true,
    },
    {
      title: 'an update leaves one entry with what changed, from what to what',
      before: [insert],
      write: [`update ${own} set ${changes} where ${one}`],
      leaves: { UPDATE: 1 },
      isExpected: true,
    },
    {
      title: 'a delete leaves one entry with all its values',
      before: [rows.insert(context.table, parts.leaving.a)],
      write: [`delete from ${own} where ${one}`],
      leaves: { DELETE: 1 },
      isExpected: true,
    },
    {
      title: 'statements that write no row leave nothing',
      before: [insert],
      write: nothing(parts, changes),
      leaves: {},
    },
    {
      title: 'what is taken back leaves nothing',
      before: [],
      write: ['savepoint taken', insert, 'rollback to savepoint taken'],
      leaves: {},
    },
    ...withoutValue(parts),
    ...(b === null ? [] : onTwoRows(parts, b, changeable)),
  ]
}

/** Columns that can take the other row's value one by one: a key of two columns, or a check over two, may forbid it. */
const changeableColumns = async (parts: WriteParts): Promise<readonly string[]> => {
  const { context, world, table, a, b } = parts
  if (b === null) return []
  const columns = settable(parts).filter((name) => name in b && b[name] !== a[name])
  const insert = context.rows.insert(context.table, a)
  const where = context.rows.where(context.table, a)
  const update = (names: readonly string[]): readonly string[] => [
    insert,
    `update ${qualified(table.relation)} set ${assignments(b, names)} where ${where}`,
  ]
  const [all, ...each] = await tryEach(context.db, world.statements, [
    columns.length === 0 ? [insert] : update(columns),
    ...columns.map((name) => update([name])),
  ])
  return all?.fault === null ? columns : columns.filter((_, i) => each[i]?.fault === null)
}

interface WrittenCases {
  readonly cases: readonly AuditedCase[]
  readonly refused: readonly { readonly title: string; readonly why: string }[]
}

/** Every write that the table takes. What its other rules refuse (a key that may not change) is no case; what all tables take is told. */
export const auditedWrites = async (parts: WriteParts): Promise<WrittenCases> => {
  const changeable = await changeableColumns(parts)
  const all = candidates(parts, changeable)
  const replies = await tryEach(
    parts.context.db,
    parts.world.statements,
    all.map(({ before, write }) => [...before, ...write]),
  )
  const taken = all.filter((_, i) => replies[i]?.fault === null)
  return {
    cases: taken.map((one) => toCase(parts.table, one)),
    refused: all.flatMap(({ title, isExpected }, i) => {
      const fault = replies[i]?.fault
      return isExpected && fault ? [{ title, why: `${fault.message} (SQLSTATE ${fault.sqlstate})` }] : []
    }),
  }
}
