/** The result of a lint for a person at a terminal: what each statement does to the tables that are there, and what is wrong with it. */
import type { LintResult, LintedMigration, LintedStatement } from '../project/lint-project.ts'
import { findingsText } from './findings.ts'
import type { Layout } from './paint.ts'
import { printable, wrap } from './printable.ts'

const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** Locks that keep nobody waiting but other DDL need no line. */
const isWorth = ({ kind, mode }: LintedStatement['locks'][number]): boolean =>
  !kind.startsWith('TOAST') && !kind.endsWith('index') && mode !== 'ACCESS SHARE' && mode !== 'ROW SHARE'

const lockLines = (statement: LintedStatement): readonly string[] => {
  const lines = statement.locks
    .filter(isWorth)
    .map(({ relation, mode, blocks }) => `locks ${relation}: ${mode}, blocks ${blocks}`)
  return statement.phases.length === 0
    ? lines
    : [...lines, `in ${counted(statement.phases.length, 'step')}, each of which waits for those who write`]
}

/** One line each. */
const doings = (statement: LintedStatement): readonly string[] => [
  ...lockLines(statement),
  ...statement.rewrites.map(
    ({ relation, reason }) => `writes all of ${relation} anew${reason === null ? '' : `: ${reason}`}`,
  ),
  ...statement.builds.map(({ relation, index }) => `builds ${index} from all rows of ${relation}`),
  ...statement.scans.map(
    ({ relation, times, rows }) =>
      `scans ${relation} ${times === 1 ? 'once' : `${times} times`}${rows === 0 ? '' : ` (${counted(rows, 'row')})`}`,
  ),
  ...statement.writes.map(({ relation, rows }) => `writes ${counted(rows, 'row')} of ${relation}`),
  ...(statement.refused === null ? [] : [`is refused: ${statement.refused}`]),
]

const firstLine = (text: string, width: number): string => {
  const [line = ''] = printable(text).split('\n')
  return line.length > width ? `${line.slice(0, width - 1)}…` : line
}

const migrationText = (
  { file, statements, empty }: LintedMigration,
  { paint, width }: Layout,
): readonly string[] => {
  const shown = statements.flatMap((statement) => {
    const lines = doings(statement)
    return lines.length === 0
      ? []
      : [
          `  ${paint.dim(`line ${statement.line}`.padEnd(9))} ${firstLine(statement.text, width - 12)}`,
          ...lines.map((line) => `            ${paint.dim(wrap(line, width, 12))}`),
        ]
  })
  return [
    paint.strong(file),
    ...(shown.length === 0 ? ['  touches no table that is there'] : shown),
    ...empty.map(({ table, why }) => `  ${paint.dim(wrap(`${table} has no rows here: ${why}`, width, 2))}`),
  ]
}

export const lintVerdict = ({ migrations, findings, allowed, known, since }: LintResult): string => {
  const of = since === null ? '' : ` since ${since}`
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (migrations.length === 0) {
    const rest = errors === 0 ? '' : `, and ${counted(errors, 'thing')} to mend`
    return `No migration is new or changed${of}: ${counted(known, 'migration')} there${rest}. Name files to look at them.`
  }
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const looked = `${counted(migrations.length, 'migration')}${of}`
  const others = `${counted(warnings, 'warning')}${allowed === 0 ? '' : `, ${allowed} allowed`}`
  return errors === 0
    ? `${looked}: no hazard that must be mended (${others}).`
    : `${looked}: ${counted(errors, 'hazard')} to mend (${others}).`
}

/** Paths as they are shown; without a final newline. */
export const lintText = (result: LintResult, layout: Layout): string => {
  const { paint, width } = layout
  const verdict = wrap(lintVerdict(result), width, 0)
  return [
    ...result.migrations.map((migration) => migrationText(migration, layout).join('\n')),
    ...(result.findings.length === 0 ? [] : [findingsText(result.findings, layout).join('\n')]),
    result.ok ? paint.good(verdict) : paint.bad(verdict),
  ].join('\n\n')
}
