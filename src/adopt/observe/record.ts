/** From what was seen to what is declared: only what tells the trigger from its broken forms, and the values that it hangs on. */
import type { ObservedOption, ObservedWrite, ObservedWriteOption } from '../../architecture/kinds/observed.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { literalText } from './literal-text.ts'
import type { TriggerReads } from './trigger-reads.ts'
import { isoNowMark, laterMark, nowMark, someMark, tableChange, todayMark } from './try-writes.ts'
import type { Candidate, Outcome, Unsteady } from './try-writes.ts'

/** What a chosen write is recorded from. */
export interface Chosen {
  readonly candidate: Candidate
  readonly seen: Outcome
  readonly unsteady: Unsteady
  /** That were watched: the table itself is the first. */
  readonly tables: readonly Table[]
  /** Outcomes of the broken databases that it has to tell apart. */
  readonly others: readonly Outcome[]
}

/** A seen text as SQL that gives it again on any day. */
const valueSql = (column: Column, value: string | null): string => {
  if (value === null) return 'null'
  if (value === nowMark) return column.baseType === 'date' ? 'current_date' : 'now()'
  if (value === laterMark) return '> now()'
  if (/^(?:smallint|integer|bigint|numeric)$/u.test(column.baseType) && /^-?\d[\d.]*$/u.test(value))
    return value
  if (column.type === 'boolean') return value === 't' || value === 'true' ? 'true' : 'false'
  if (value === someMark) return 'is not null'
  let sql = literal(value)
  if (value.includes(todayMark)) sql = `replace(${sql}, '${todayMark}', current_date::text)`
  if (value.includes(isoNowMark)) sql = `replace(${sql}, '${isoNowMark}', to_json(localtimestamp) #>> '{}')`
  if (value.includes(nowMark)) sql = `replace(${sql}, '${nowMark}', localtimestamp::text)`
  return sql
}

const keyColumns = (catalog: Catalog, table: Table): readonly string[] =>
  primaryKeysOf(catalog, table.id).flatMap((s) => s.facts.columns)

/** More columns of a row of another table than this are not shown. */
const mostShown = 16

export interface Seen {
  readonly rows: readonly Row[] | null
  readonly removes: number | null
}

export const seenOf = (
  chosen: Pick<Chosen, 'seen' | 'unsteady' | 'others'>,
  at: number,
  table: Table,
  catalog: Catalog,
  isOwn: boolean,
): Seen => {
  const one = chosen.seen.tables[at]!
  const unsteady = chosen.unsteady[at]!
  const changes = chosen.others
    .filter((other) => other.fault === null)
    .map((other) => tableChange(one, other.tables[at]!, unsteady))
  const whole = changes.some((change) => change.rows) || (!isOwn && changes.some((change) => change.count))
  const told = new Set(changes.flatMap((change) => change.columns))
  const shows = whole || told.size > 0 || changes.some((change) => change.count)
  const keys = new Set(isOwn && !changes.some((c) => c.rows) ? [] : keyColumns(catalog, table))
  const rows = one.rows.map((row) =>
    Object.fromEntries(
      table.columns
        .map((column, i) => ({ column, i, value: row[i] ?? null }))
        .filter(
          ({ column, i, value }) =>
            told.has(i) || (!unsteady.has(i) && (keys.has(column.name) || (whole && value !== null))),
        )
        .slice(0, mostShown)
        .map(({ column, i, value }) => [
          column.name,
          valueSql(column, unsteady.has(i) && value !== null ? someMark : value),
        ]),
    ),
  )
  const isFewer = changes.some((change) => change.fewer) && (one.fewer > 0 || (one.fewer === 0 && !shows))
  const fewer = isFewer ? one.fewer : null
  return { rows: shows ? rows : null, removes: fewer }
}

const least = 3

/** Of an expected value: it could be the same whatever the row holds. */
const isPlain = (value: string): boolean =>
  /^(?:null|true|false|(?:> )?now\(\)|current_date|is not null|-?\d+)$/u.test(value)

/**
 * Columns of the written row on which the expected values hang: they come up in them, or the trigger names them. They
 * are no longer left to the solver.
 */
const heldBy = (row: Row, expected: readonly Row[], reads: TriggerReads): Row => {
  const values = expected.flatMap((one) => Object.values(one))
  const made = values.some((value) => !isPlain(value))
  return Object.fromEntries(
    Object.entries(row).filter(([name, sql]) => {
      const text = literalText(sql)
      if (text === null) return false
      if (made && (reads.wholeRow || reads.columns.includes(name))) return true
      if (text === '') return false
      return values.some(
        (value) =>
          literalText(value) === text || (text.length >= least && value.includes(text.replaceAll("'", "''"))),
      )
    }),
  )
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0

const writeOption = ({ does, row }: ObservedWrite): ObservedWriteOption<string> => {
  switch (does) {
    case 'insert':
      return { insert: row }
    case 'update':
      return { update: row }
    case 'again':
      return { again: row }
    case 'delete':
      return { delete: true }
    case 'truncate':
      return { truncate: true }
  }
}

/** `keeps`: all values of the setting stand, also those that seem to change nothing. */
export const toOption = (
  chosen: Chosen,
  catalog: Catalog,
  { aged, reads }: { readonly aged: Row; readonly reads: TriggerReads },
  keeps: boolean,
): ObservedOption<string> => {
  const { tables } = chosen
  const { setting, stage } = chosen.candidate
  const { fault } = chosen.seen
  const seen = fault === null ? tables.map((table, at) => seenOf(chosen, at, table, catalog, at === 0)) : []
  const own = seen[0]?.rows ?? null
  const elsewhere = Object.fromEntries(
    tables.flatMap((table, at) => {
      const rows = seen[at]?.rows ?? null
      return at === 0 || rows === null ? [] : [[table.id, rows] as const]
    }),
  )
  const removes = Object.fromEntries(
    tables.flatMap((table, at) => {
      const fewer = seen[at]?.removes ?? null
      return fewer === null ? [] : [[table.id, fewer] as const]
    }),
  )
  const expected = [...(own ?? []), ...Object.values(elsewhere).flat()]
  const shown = new Set((own ?? []).flatMap((row) => Object.keys(row)))
  /** An old time that nothing is seen to follow says nothing. */
  const needed = (row: Row): Row =>
    keeps
      ? row
      : Object.fromEntries(
          Object.entries(row).filter(
            ([name, value]) =>
              aged[name] !== value ||
              shown.has(name) ||
              expected.some((one) => Object.values(one).some((v) => v.includes('2001-01-01'))),
          ),
        )
  const [first, second] = setting.writes
  const held = heldBy(stage.row, expected, reads)
  const inserts = first!.does === 'insert'
  const written = first!.does === 'update' ? first!.row : {}
  const pins = Object.fromEntries(Object.entries(held).filter(([name]) => !(name in written)))
  const given = inserts ? {} : { ...pins, ...needed(setting.given) }
  const write = inserts ? { ...first!, row: { ...pins, ...needed(first!.row) } } : first!
  return {
    ...(isEmpty(given) ? {} : { given }),
    ...(isEmpty(setting.beside) ? {} : { beside: setting.beside }),
    ...(setting.as === null ? {} : { as: setting.as }),
    ...(isEmpty(setting.settings) ? {} : { settings: setting.settings }),
    ...(setting.constraints === 'checked' ? {} : { constraints: setting.constraints }),
    ...writeOption(write),
    ...(second ? { then: writeOption(second) } : {}),
    ...(fault === null ? {} : { refused: fault.sqlstate }),
    ...(own === null ? {} : { leaves: own.length === 1 ? own[0]! : own }),
    ...(isEmpty(elsewhere) ? {} : { elsewhere }),
    ...(isEmpty(removes) ? {} : { removes }),
  }
}
