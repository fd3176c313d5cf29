/** What is told of a masked copy: what is not in it, and faults without the values that they quote. */
import type { CopiedRows } from '../migrate/staging/copy-rows.ts'
import { withoutPassword } from '../postgres/connection-url.ts'
import type { Finding } from '../prove/result.ts'

export const differsFromSource = (from: string): Finding => ({
  code: 'migrate.from-differs',
  severity: 'warning',
  summary: 'The schema there is another one than its migrations make',
  why: 'the copy has the schema that the migrations make: what was changed by hand is not tested',
  fix: `See what differs: assay drift --url ${withoutPassword(from)}`,
})

const count = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`

export const notCopied = ({ tables, setAside, missing }: CopiedRows): readonly Finding[] => [
  ...missing.map((what): Finding => ({
    code: 'migrate.from-missing',
    severity: 'warning',
    summary: `${what} is not in the database that is copied`,
    why: 'what a migration does to its rows is not seen',
    fix: 'See what differs: assay drift --url …',
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
