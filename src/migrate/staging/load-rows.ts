/**
 * Writes masked rows into the copy, thousands at a time; where PostgreSQL refuses them, one by one in other forms, and
 * what it takes in none is set aside and counted. No value is kept of those.
 */
import { checksOf } from '../../catalog/check.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { ColumnMask } from './mask-plan.ts'
import { inOldOrder, maskRow, without, withoutOptional, type Row } from './mask-row.ts'
import type { SourceKey, SourceTable } from './read-rows.ts'

/** Why rows are not in the copy. */
export interface SetAside {
  readonly table: string
  readonly rows: number
  /** The constraint, or the SQLSTATE where PostgreSQL names none. */
  readonly by: string
}

/** Rows that are in the copy without what one of their columns had. */
export interface Emptied {
  readonly table: string
  readonly column: string
  readonly rows: number
}

export interface Loader {
  load(table: SourceTable, columns: readonly ColumnMask[], rows: readonly Row[]): Promise<void>
  /** Rows that refer to one that was set aside or left out go, too. */
  closeUnder(keys: readonly SourceKey[], tables: ReadonlyMap<string, SourceTable>): Promise<void>
  /** Rows of each table that are there now, by relation id. */
  counts(): ReadonlyMap<string, number>
  setAside(): readonly SetAside[]
  emptied(): readonly Emptied[]
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

const copyText = (rows: readonly Row[]): string =>
  rows
    .map((row) =>
      row
        .map((value) =>
          value === null ? '\\N' : value.replaceAll(/[\\\t\n\r]/gu, (letter) => escapes[letter] ?? letter),
        )
        .join('\t'),
    )
    .map((line) => `${line}\n`)
    .join('')

const into = (table: SourceTable): string =>
  `${qualified(table)} (${identList(table.columns.map(({ name }) => name))})`

const insertOf = (table: SourceTable, row: Row): string =>
  `insert into ${into(table)} overriding system value values (${row.map((value) => (value === null ? 'null' : literal(value))).join(', ')})`

const causeOf = ({ constraint, sqlstate }: PgFault): string => constraint ?? `SQLSTATE ${sqlstate}`

/** Stand-ins that are none of their column's type, told by PostgreSQL. */
const notOfType = async (db: Session, table: SourceTable, row: Row): Promise<ReadonlySet<number>> => {
  const values = row.flatMap((value, i) => (value === null ? [] : [{ value, i }]))
  const replies = await db.batch(
    values.map(({ value, i }) => `select ${literal(value)}::${table.columns[i]?.type ?? 'text'}`),
  )
  return new Set(replies.flatMap(({ fault }, at) => (fault === null ? [] : [values[at]?.i ?? -1])))
}

/** Places of the columns that a CHECK is about. */
const ofCheck = (catalog: Catalog, table: SourceTable, { constraint }: PgFault): ReadonlySet<number> => {
  const check = checksOf(catalog, table.id).find(({ name }) => name === constraint)
  return new Set(
    (check?.facts.columns ?? []).map((name) => table.columns.findIndex((column) => column.name === name)),
  )
}

/** So many CHECKs of one row are given way, one after the other. */
const mostChecks = 8

/** `db`: one who may set session_replication_role: triggers and foreign keys did their work where the rows come from. */
export const openLoader = async (db: Session, catalog: Catalog): Promise<Loader> => {
  const aside = new Map<string, number>()
  const bare = new Map<string, number>()
  const there = new Map<string, number>()
  await db.query('set session_replication_role = replica; set client_min_messages = error')
  const leaveOut = (table: string, by: string, rows: number): void => {
    const key = JSON.stringify([table, by])
    aside.set(key, (aside.get(key) ?? 0) + rows)
  }
  const count = (table: string, rows: number): void => {
    there.set(table, (there.get(table) ?? 0) + rows)
  }
  const refuses = async (table: SourceTable, row: Row): Promise<PgFault | null> => {
    const [reply] = await db.batch([insertOf(table, row)])
    return reply?.fault ?? null
  }
  /** In a form of its own, as near to the first as PostgreSQL takes it: the row that stands now, or why none does. */
  const otherwise = async (
    table: SourceTable,
    columns: readonly ColumnMask[],
    row: Row,
  ): Promise<Row | PgFault> => {
    let form = inOldOrder(columns, row)
    let fault = await refuses(table, form)
    for (let tries = 0; fault !== null && tries < mostChecks; tries += 1) {
      const places = tries === 0 ? await notOfType(db, table, form) : ofCheck(catalog, table, fault)
      const barer = without(columns, form, places)
      const isOther = barer.some((value, i) => value !== form[i])
      form = barer
      if (isOther) fault = await refuses(table, form)
      else if (tries > 0) break
    }
    if (fault === null) return form
    form = withoutOptional(columns, form)
    return (await refuses(table, form)) ?? form
  }
  const oneByOne = async (
    table: SourceTable,
    columns: readonly ColumnMask[],
    rows: readonly Row[],
  ): Promise<void> => {
    const replies = await db.batch(rows.map((row) => insertOf(table, maskRow(columns, row))))
    for (const [i, { fault }] of replies.entries()) {
      const row = rows[i] ?? []
      const stands = fault === null ? row : await otherwise(table, columns, row)
      if ('sqlstate' in stands) {
        leaveOut(table.id, causeOf(stands), 1)
        continue
      }
      count(table.id, 1)
      for (const [at, { name }] of columns.entries())
        if (row[at] != null && stands[at] == null) {
          const key = JSON.stringify([table.id, name])
          bare.set(key, (bare.get(key) ?? 0) + 1)
        }
    }
  }
  return {
    async load(table, columns, rows) {
      const masked = rows.map((row) => maskRow(columns, row))
      try {
        await db.copyIn(`copy ${into(table)} from stdin`, copyText(masked))
        count(table.id, rows.length)
      } catch (cause) {
        if (!(cause instanceof PgError)) throw cause
        await oneByOne(table, columns, rows)
      }
    },
    async closeUnder(keys, tables) {
      for (let gone = 1; gone > 0;) {
        gone = 0
        for (const { child, columns, parent, parentColumns } of keys) {
          const [from, to] = [tables.get(child), tables.get(parent)]
          if (from === undefined || to === undefined) continue
          const whole = columns.map((column) => `child_.${ident(column)} is not null`)
          const same = columns.map(
            (column, i) => `parent_.${ident(parentColumns[i] ?? '')} = child_.${ident(column)}`,
          )
          const commands = await db.query(
            `delete from ${qualified(from)} as child_ where ${whole.join(' and ')}
              and not exists (select from ${qualified(to)} as parent_ where ${same.join(' and ')})`,
          )
          const rows = Number(/\d+$/u.exec(commands.at(-1)?.tag ?? '')?.[0] ?? 0)
          if (rows === 0) continue
          gone += rows
          count(child, -rows)
          leaveOut(child, `what they refer to in ${parent} is not there`, rows)
        }
      }
    },
    counts: () => there,
    setAside: () =>
      [...aside].map(([key, rows]) => {
        const [table = '', by = ''] = JSON.parse(key) as readonly string[]
        return { table, by, rows }
      }),
    emptied: () =>
      [...bare].map(([key, rows]) => {
        const [table = '', column = ''] = JSON.parse(key) as readonly string[]
        return { table, column, rows }
      }),
  }
}
