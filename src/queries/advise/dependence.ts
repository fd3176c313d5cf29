/**
 * How values of several columns go together in a live database: counted there on rows of some of its pages. Nothing but
 * counts leaves it. PostgreSQL alone expects of them what single columns let expect, as if they were independent.
 */
import { PgError } from '../../postgres/fault.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import type { StatisticsDraft } from './candidate.ts'

/** As many rows as ANALYZE looks at. */
const sampled = 30_000

/** Fewer rows say nothing. */
const fewest = 100
/** What is misjudged less leads to no other plan. */
const farOff = 3

export interface Dependence {
  /** Rows that were looked at. */
  readonly rows: number
  /** Of the combination that most of these have: how many have it, and how many would if columns were independent. */
  readonly commonest: { readonly rows: number; readonly expected: number }
  /** How many combinations there are, and how many would be looked for. */
  readonly combinations: { readonly found: number; readonly expected: number }
}

interface Counted {
  readonly rows: number
  readonly found: number
  readonly most: number
  readonly alone: readonly number[]
  readonly distinct: readonly number[]
}

const dependenceSql = ({ table, columns }: StatisticsDraft, tableRows: number): string => {
  const names = columns.map((_, at) => `c${at + 1}`)
  const picked = columns.map((column, at) => `${ident(column)} as c${at + 1}`).join(', ')
  const share = Math.min(100, (100 * 1.2 * sampled) / Math.max(1, tableRows))
  const each = (of: (name: string) => string): string =>
    `pg_catalog.json_build_array(${names.map(of).join(', ')})`
  return `
with seen as materialized (
  select ${picked} from ${qualified(table)} tablesample system (${share}) limit ${sampled}
), together as materialized (
  select ${names.join(', ')}, pg_catalog.count(*) as n from seen group by ${names.join(', ')}
), commonest as (
  select * from together order by n desc, ${names.map((_, at) => at + 1).join(', ')} limit 1
)
select (select pg_catalog.count(*) from seen)::float8 as rows,
       (select pg_catalog.count(*) from together)::float8 as found,
       (select n from commonest)::float8 as most,
       ${each((name) => `(select pg_catalog.count(*) from seen s, commonest c where s.${name} is not distinct from c.${name})`)} as alone,
       ${each((name) => `(select pg_catalog.count(*) from (select distinct ${name} from seen) d)`)} as distinct`
}

const dependenceIn = ({ rows, found, most, alone, distinct }: Counted): Dependence => ({
  rows,
  commonest: { rows: most, expected: alone.reduce((share, n) => share * (n / rows), 1) * rows },
  combinations: {
    found,
    expected: Math.min(
      rows,
      distinct.reduce((all, n) => all * n, 1),
    ),
  },
})

export interface AskedColumns {
  readonly draft: StatisticsDraft
  /** As many as the statistics say. */
  readonly tableRows: number
}

/**
 * In a transaction that only reads; a savepoint keeps it. A text: why it cannot be counted.
 */
export const readDependence = async (
  db: Session,
  { draft, tableRows }: AskedColumns,
): Promise<Dependence | string> => {
  // Under policies a part of the rows would be taken for all of them.
  await db.query(`savepoint assay_sample; set local row_security = off; set local statement_timeout = '10s'`)
  try {
    const [counted] = await db.json<Counted>(dependenceSql(draft, tableRows))
    return counted!.rows < fewest ? `${draft.table.id} has too few rows` : dependenceIn(counted!)
  } catch (cause) {
    if (!(cause instanceof PgError)) throw cause
    return `${cause.fault.message} (SQLSTATE ${cause.fault.sqlstate})`
  } finally {
    await db.query('rollback to savepoint assay_sample')
  }
}

const times = (factor: number): string =>
  factor >= 10 ? Math.round(factor).toLocaleString('en') : factor.toFixed(1).replace(/\.0$/u, '')

const counted = (n: number): string => Math.round(n).toLocaleString('en')

/** Null: PostgreSQL expects about as many as there are. */
const misjudged = ({ rows, commonest, combinations }: Dependence): string | null => {
  const more = commonest.rows / Math.max(1, commonest.expected)
  const fewer = combinations.expected / combinations.found
  const found = [
    ...(more >= farOff && commonest.rows >= fewest
      ? [
          `${counted(commonest.rows)} have the values that most have together, where ${counted(commonest.expected)} are expected (${times(more)} times fewer)`,
        ]
      : []),
    ...(fewer >= farOff
      ? [
          `they have ${counted(combinations.found)} combinations, where up to ${counted(combinations.expected)} are expected (${times(fewer)} times more)`,
        ]
      : []),
  ]
  return found.length === 0
    ? null
    : `of ${counted(rows)} rows that were looked at there ${found.join(', and ')}`
}

/** `words`: as it is declared, and its SQL. */
export const dependenceFinding = (
  { table }: StatisticsDraft,
  dependence: Dependence,
  words: { readonly rule: string | null; readonly sql: string },
): Finding | null => {
  const why = misjudged(dependence)
  if (why === null) return null
  return {
    code: 'advice.statistics',
    severity: 'note',
    summary: `${table.id}: ${words.rule ?? words.sql}`,
    why: `${why}; it takes no room and nothing of a write, ANALYZE keeps it. What its plans become then shows when it stands`,
    fix: `Add to the rules of ${table.id}; assay design writes the migration:\n${words.rule ?? words.sql},`,
  }
}
