/** What a call did, counted by PostgreSQL in its own transaction, and what of it is beyond the limits. */
import { literal } from '../postgres/quote.ts'
import type { CallLimits } from '../rules/experiment.ts'

/** Of one table; what foreign keys, cascades and triggers did is in it. */
export interface TableWork {
  readonly table: string
  readonly read: number
  readonly readWhole: number
  readonly written: number
  readonly indexEntries: number
}

export interface StatementSeen {
  readonly sql: string
  readonly times: number
  /** Rows that it answered with, or wrote. */
  readonly rows: number
  /** The statement before it whose rows were as many as it was sent times; null: none. */
  readonly onceForEachOf: string | null
}

/** A statement that finds nothing under the policies, and so many rows without them. */
export interface HiddenRows {
  readonly sql: string
  readonly rows: number
}

export interface CallWork {
  readonly statements: readonly StatementSeen[]
  readonly tables: readonly TableWork[]
  readonly buffers: number
  /** Bytes; null: several statements. */
  readonly wal: number | null
  readonly triggerCalls: number | null
  /** Of its plan; null: several statements. */
  readonly shape: string | null
  /** Names of the indexes that were looked into, those of partitions by the name of the whole. */
  readonly indexes: readonly string[]
  /** What the policies hid from it; absent: nobody asked, or it saw something everywhere. */
  readonly hidden?: readonly HiddenRows[]
}

const sumOfRows = ({ statements, tables }: CallWork): number =>
  statements.reduce((sum, { rows }) => sum + rows, 0) + tables.reduce((sum, { written }) => sum + written, 0)

/** Nothing came back, and nothing was written. */
export const isIdle = (work: CallWork): boolean => sumOfRows(work) === 0

/** By its statements; `isOne`: a statement that is explained answers no rows, and is told by what it writes. */
export const hiddenFrom = (guarded: CallWork, free: CallWork, isOne: boolean): readonly HiddenRows[] => {
  const all = sumOfRows(free)
  if (isOne) return isIdle(guarded) && all > 0 ? [{ sql: guarded.statements[0]?.sql ?? '', rows: all }] : []
  return guarded.statements.flatMap(({ sql, rows }) => {
    const found = free.statements.find((one) => one.sql === sql)?.rows ?? 0
    return rows === 0 && found > 0 ? [{ sql, rows: found }] : []
  })
}

/** Rows of user tables that this transaction has touched so far, and the pages of all their relations. */
export const countersSql = (tag: string): string => `
select ${literal(tag)} as assay_counters,
       (select told.list from (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                 'table', pg_catalog.format('%I.%I', t.schemaname, t.relname), 'index', t.indexes,
                 'scans', t.seq_scan, 'seq', t.seq_tup_read, 'idx', coalesce(t.idx_tup_fetch, 0),
                 'ins', t.n_tup_ins, 'upd', t.n_tup_upd, 'del', t.n_tup_del, 'hot', t.n_tup_hot_upd)
                 order by t.schemaname collate "C", t.relname collate "C"), '[]')::text as list
          from (select x.*, (select pg_catalog.count(*) from pg_catalog.pg_index i where i.indrelid = x.relid) as indexes
                  from pg_catalog.pg_stat_xact_user_tables x
                 where x.seq_tup_read > 0 or x.idx_tup_fetch > 0 or x.n_tup_ins > 0 or x.n_tup_upd > 0 or x.n_tup_del > 0) t) told) as tables,
       (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid)), 0)::text
          from pg_catalog.pg_class c
         where c.oid >= 16384 and c.relkind in ('r', 'i', 't', 'm', 'S') and c.relpersistence <> 't') as buffers,
       (select coalesce(pg_catalog.json_object_agg(found.name, found.scans), '{}')::text
          from (select whole.relname as name, pg_catalog.sum(pg_catalog.pg_stat_get_xact_numscans(i.indexrelid)) as scans
                  from pg_catalog.pg_index i
                  join pg_catalog.pg_class whole on whole.oid = coalesce(pg_catalog.pg_partition_root(i.indexrelid), i.indexrelid)
                 where i.indexrelid >= 16384 and pg_catalog.pg_stat_get_xact_numscans(i.indexrelid) > 0
                 group by 1) found) as indexes`

interface Counted {
  readonly table: string
  readonly index: number
  readonly scans: number
  readonly seq: number
  readonly idx: number
  readonly ins: number
  readonly upd: number
  readonly del: number
  readonly hot: number
}

/** As `countersSql` answers: the tag, the tables, the pages, the scans of indexes. */
export type Counters = readonly (string | null)[]

const tablesIn = ([, text]: Counters): ReadonlyMap<string, Counted> =>
  new Map((JSON.parse(text ?? '[]') as readonly Counted[]).map((one) => [one.table, one]))

const scansIn = ([, , , text]: Counters): Readonly<Record<string, number>> =>
  JSON.parse(text ?? '{}') as Readonly<Record<string, number>>

export const workBetween = (
  before: Counters,
  after: Counters,
): Pick<CallWork, 'tables' | 'buffers' | 'indexes'> => {
  const earlier = tablesIn(before)
  const tables = [...tablesIn(after).values()].map((one): TableWork => {
    const more = (key: Exclude<keyof Counted, 'table'>): number =>
      one[key] - (earlier.get(one.table)?.[key] ?? 0)
    return {
      table: one.table,
      read: more('seq') + more('idx'),
      readWhole: more('seq') / Math.max(1, more('scans')),
      written: more('ins') + more('upd') + more('del'),
      indexEntries: (more('ins') + more('upd') - more('hot')) * one.index,
    }
  })
  const scansBefore = scansIn(before)
  const indexes = Object.entries(scansIn(after))
    .filter(([name, scans]) => scans > (scansBefore[name] ?? 0))
    .map(([name]) => name)
  return { tables, buffers: Number(after[2] ?? 0) - Number(before[2] ?? 0), indexes }
}

/** A table of so many rows is not small any more. */
const wholeRows = 1_000

const rounded = (n: number): string =>
  n >= 10 ? Math.round(n).toLocaleString('en') : n.toFixed(2).replace(/\.?0+$/u, '')

const shortest = 120

const shortened = (sql: string): string => {
  const line = sql.trim().replaceAll(/\s+/gu, ' ')
  return line.length > shortest ? `${line.slice(0, shortest - 1)}…` : line
}

/** Sent once for each row that another one answered with. */
const repeatedIn = ({ statements }: CallWork): readonly StatementSeen[] =>
  statements.filter(({ onceForEachOf }) => onceForEachOf !== null)

/** What is beyond the limits, in words; `measured`: with what was found, else with the limit alone. */
export const beyondLimits = (limits: CallLimits, work: CallWork, measured = true): readonly string[] => {
  const sent = work.statements.reduce((sum, { times }) => sum + times, 0)
  const answered = work.statements.reduce((sum, { rows }) => sum + rows, 0)
  const rows = Math.max(1, limits.rows ?? answered)
  const sum = (key: Exclude<keyof TableWork, 'table'>): number =>
    work.tables.reduce((all, one) => all + one[key], 0)
  const over = (
    limit: number | undefined,
    found: number | null,
    words: (text: string) => string,
  ): readonly string[] =>
    limit === undefined || found === null || found <= limit
      ? []
      : [
          measured
            ? `${words(rounded(found))}, the budget is ${limit.toLocaleString('en')}`
            : words(`more than ${limit.toLocaleString('en')}`),
        ]
  const perRow = (found: number | null): number | null => (found === null ? null : found / rows)
  return [
    ...(limits.writes && sum('written') === 0
      ? ['it writes no row: name calls that find some, with { with: [{ … }] }']
      : []),
    ...(limits.sees && isIdle(work)
      ? (work.hidden ?? [])
          .slice(0, 1)
          .map(({ rows }) =>
            measured
              ? `nobody was found who sees its rows under the policies; without them it finds ${rounded(rows)}`
              : 'nobody was found who sees its rows under the policies',
          )
      : []),
    ...(limits.repeats
      ? []
      : repeatedIn(work).map(({ sql, onceForEachOf, times }) =>
          measured
            ? `it sends "${shortened(sql)}" ${times} times, once for each row of "${shortened(onceForEachOf!)}"`
            : `it sends "${shortened(sql)}" once for each row of "${shortened(onceForEachOf!)}"`,
        )),
    ...over(limits.statements, sent, (n) => `it sends ${n} statements`),
    ...(limits.readsWhole
      ? []
      : work.tables
          .filter(({ readWhole }) => readWhole >= wholeRows)
          .map(({ table }) => `it reads the whole of ${table}`)),
    ...over(limits.buffers, work.buffers, (n) => `it looks at ${n} buffers`),
    ...over(limits.buffersPerRow, perRow(work.buffers), (n) => `it looks at ${n} buffers for each row`),
    ...over(limits.rowsReadPerRow, perRow(sum('read')), (n) => `it reads ${n} rows for each row`),
    ...over(limits.rowsWrittenPerRow, perRow(sum('written')), (n) => `it writes ${n} rows for each row`),
    ...over(
      limits.indexEntriesPerRow,
      perRow(sum('indexEntries')),
      (n) => `it writes ${n} index entries for each row`,
    ),
    ...over(
      limits.walPerRow,
      perRow(work.wal),
      (n) => `it writes ${n} bytes of the write-ahead log for each row`,
    ),
    ...over(
      limits.triggerCallsPerRow,
      perRow(work.triggerCalls),
      (n) => `it calls triggers ${n} times for each row`,
    ),
  ]
}

/** An observation keeps it as one row. */
export const workIn = (rows: readonly (readonly (string | null)[])[]): CallWork | null => {
  const text = rows[0]?.[0]
  return text == null ? null : (JSON.parse(text) as CallWork)
}
