/** What is told of a masked copy: what is not in it, and faults without the values that they quote. */
import type { CopiedRows } from '../migrate/staging/copy-rows.ts'
import { shellWord } from '../ground/shell-word.ts'
import type { Finding } from '../prove/result.ts'

export const differsFromSource: Finding = {
  code: 'migrate.from-differs',
  severity: 'warning',
  summary: 'The schema there is another one than its migrations make',
  why: 'the copy has the schema that the migrations make: what was changed by hand is not tested',
  fix: 'See what differs:\nassay drift --url …',
}

const count = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`

const named = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')

/** One for each table. */
const withoutSome = (emptied: CopiedRows['emptied']): readonly Finding[] =>
  [...new Set(emptied.map(({ table }) => table))].map((table): Finding => {
    const own = emptied.filter((one) => one.table === table)
    const most = Math.max(...own.map(({ rows }) => rows))
    return {
      code: 'migrate.from-emptied',
      severity: 'warning',
      structure: `${table}/table`,
      summary: `${most === 1 ? '1 row' : `Up to ${most} rows`} of ${table} ${most === 1 ? 'lacks' : 'lack'} ${named(own.map(({ column }) => column))} in the copy`,
      why: 'their stand-ins were refused, and null was taken; what a migration does to these values is not seen',
      fix: `Name those whose values are of no person: --public ${own
        .slice(0, 5)
        .map(({ column }) => shellWord(`${table}.${column}`))
        .join(' ')}`,
    }
  })

export const notCopied = ({ tables, setAside, emptied, missing }: CopiedRows): readonly Finding[] => [
  ...withoutSome(emptied),
  ...missing.map((what): Finding => ({
    code: 'migrate.from-missing',
    severity: 'warning',
    summary: `${what} is not in the database that is copied`,
    why: 'what a migration does to its rows is not seen',
    fix: 'See what differs:\nassay drift --url …',
  })),
  ...setAside.map(({ table, rows, by }): Finding => ({
    code: 'migrate.from-set-aside',
    severity: 'warning',
    structure: `${table}/table`,
    summary: `${count(rows)} of ${table} ${rows === 1 ? 'is' : 'are'} not in the copy: ${by}`,
    why: 'masked, PostgreSQL takes them in no form that was tried; what a migration does to them is not seen',
    fix: `Name columns of it whose values are of no person: --public ${table}.…`,
  })),
  ...tables
    .filter(({ leftOut }) => leftOut > 0)
    .map(({ table, rows, leftOut }): Finding => ({
      code: 'migrate.from-sample',
      severity: 'note',
      structure: `${table}/table`,
      summary: `${table}: ${count(rows)}, and about ${leftOut} more are left out`,
      why: 'a row that a migration fails on may be among these',
      fix: 'Leave out --rows before a release.',
    })),
]

/** Class 22 quotes what does not convert; what a trigger or a function says may quote anything. */
export const withoutValues = (finding: Finding): Finding => ({
  ...finding,
  summary: finding.summary
    .replace(
      /^([^:]*: [^:]*: )[^]* \(SQLSTATE (P0\w{3}|[A-Z]\w{4})\)/u,
      '$1(what it says may quote values) (SQLSTATE $2)',
    )
    .replace(/"[^]*" \(SQLSTATE (22\w{3})\)/u, '(a value) (SQLSTATE $1)')
    .replace(/"[^"]*"( is out of range[^(]*\(SQLSTATE 22\w{3}\))/u, '(a value)$1'),
})
