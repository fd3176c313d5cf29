/** docs/ddl-locks.md, whole, from what was measured on two versions of PostgreSQL. */
import { hazards } from '../../src/migrate/lint/hazards.ts'
import { blockedBy, lockModes } from '../../src/migrate/lint/lock-modes.ts'
import type { MeasuredLock, Measurement } from '../../src/migrate/lint/measurement.ts'
import { ddlGroups, allForms, type DdlForm } from './ddl-forms.ts'
import type { DdlMeasurements } from './ddl-measure.ts'
import { otherLinters } from './other-linters.ts'

/** Code in a cell. */
const code = (text: string): string => `\`${text.replaceAll('|', String.raw`\|`)}\``

const isBeside = ({ kind }: MeasuredLock): boolean => kind.endsWith('index') || kind === 'TOAST table'

/** What readers of the page look for: not that whoever plans a query opens its indexes. */
const worthTelling = (locks: readonly MeasuredLock[]): readonly MeasuredLock[] =>
  locks.filter(
    (lock) => !isBeside(lock) || !['ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE'].includes(lock.mode),
  )

const lockText = ({ locks }: Measurement): string => {
  const told = worthTelling(locks)
  const main = told.filter((lock) => !isBeside(lock))
  const lines = main.map((lock) => {
    const beside = told.filter((one) => isBeside(one) && one.of === lock.of && one.mode === lock.mode)
    const words = [
      ...(beside.some(({ kind }) => kind === 'index' || kind === 'partitioned index') ? ['indexes'] : []),
      ...(beside.some(({ kind }) => kind.startsWith('TOAST')) ? ['TOAST table'] : []),
    ]
    const withWords = words.length === 0 ? '' : `, ${words.join(' and ')} too`
    return `${lock.relation} **${lock.mode}** (${lock.blocks}${withWords})`
  })
  const apart = told
    .filter((lock) => isBeside(lock) && !main.some((one) => one.of === lock.of && one.mode === lock.mode))
    .filter(({ kind }) => !kind.startsWith('TOAST'))
    .map((lock) => `${lock.relation} **${lock.mode}** (${lock.blocks})`)
  return [...lines, ...apart].join('<br>')
}

const workText = ({ rewrites, builds, scans, phases }: Measurement): string => {
  const rewritten = new Set(rewrites.map(({ relation }) => relation))
  const waits = phases.filter(({ awaited }) => awaited.length === 0).length
  return [
    ...rewrites.map(
      ({ relation, reason }) => `writes ${relation} anew${reason === null ? '' : `: ${reason}`}`,
    ),
    ...builds.map(({ index }) => `builds ${index}`),
    ...scans
      .filter(({ relation, rows }) => rows > 0 && !rewritten.has(relation))
      .map(({ relation, times }) => `scans ${relation}${times === 1 ? '' : ` ${times} times`}`),
    ...(waits === 0 ? [] : [`waits ${waits === 1 ? 'once' : `${waits} times`} for transactions that write`]),
  ].join('<br>')
}

const cellsOf = (measured: Measurement | undefined): string =>
  measured === undefined ? 'not there' : `${lockText(measured)} | ${workText(measured)}`

const differenceText = (newer: Measurement | undefined, older: Measurement | undefined): string => {
  if (older === undefined) return 'not there'
  if (newer !== undefined && cellsOf(newer) === cellsOf(older)) return 'the same'
  return [lockText(older), workText(older)].filter((text) => text !== '').join('<br>') || 'nothing'
}

const formOf = (form: string | DdlForm): DdlForm => (typeof form === 'string' ? { sql: form } : form)

/** The text of the last column, by form: `the same`, or what differs. */
export const olderColumn = (newer: DdlMeasurements, older: DdlMeasurements): ReadonlyMap<string, string> =>
  new Map(allForms.map(({ sql }) => [sql, differenceText(newer.get(sql), older.get(sql))]))

const groupText = (
  { title, forms }: (typeof ddlGroups)[number],
  newer: DdlMeasurements,
  older: ReadonlyMap<string, string>,
): string =>
  [
    `### ${title}`,
    '',
    '| statement | locks (who waits) | work | PostgreSQL 15 |',
    '| --- | --- | --- | --- |',
    ...forms.map((form) => {
      const { sql } = formOf(form)
      return `| ${code(sql)} | ${cellsOf(newer.get(sql))} | ${older.get(sql) ?? ''} |`
    }),
  ].join('\n')

const modesText = (): string =>
  [
    '| lock | who waits |',
    '| --- | --- |',
    ...lockModes.map((mode) => `| ${mode} | ${blockedBy(mode)} |`),
  ].join('\n')

const hazardsText = (): string =>
  [
    '| code | how grave | what is measured | why it matters |',
    '| --- | --- | --- | --- |',
    ...hazards.map(
      ({ code: name, severity, measures, why }) => `| ${code(name)} | ${severity} | ${measures} | ${why} |`,
    ),
    `| ${code('lint.drops-column-still-read')} | error | a column is gone that the architecture declares, or that one of its rules or queries names | what is declared is what the application counts on |`,
    `| ${code('lint.allows-nothing')} | warning | a comment allows a finding that is not there | it would allow it when it comes |`,
  ].join('\n')

const otherText = (): string =>
  otherLinters
    .map(({ tool, rules }) =>
      [
        `### ${tool}`,
        '',
        '| its rule | Assay |',
        '| --- | --- |',
        ...rules.map(
          ({ rule, ours, why }) => `| ${rule} | ${ours === null ? `none: ${why ?? ''}` : code(ours)} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n')

/** Laid out by Prettier afterwards, as all of docs/ is. */
export const ddlPage = (
  newer: DdlMeasurements,
  older: ReadonlyMap<string, string>,
): string => `# What DDL locks, rewrites and scans

${allForms.length} forms of DDL, each run on PostgreSQL 18 and 15 and looked at from a second session: the locks of every relation that was
there before, tables that got another file (and the \`table_rewrite\` event's reason), sequential scans, and index builds.
Nothing here is written by hand: \`npm run bench -- ddl\` makes the page, and \`assay lint\` looks at your migrations in the same way.

- A lock is held to the end of its transaction: what follows in the same transaction adds to the time that others wait.
- What a statement asks for and lets go before it ends is not seen; locks of PostgreSQL's own catalogs are not listed.
- \`CONCURRENTLY\` and \`VACUUM\` commit between their phases. A second session that holds ROW EXCLUSIVE stops each phase, so that
  all are seen: "waits" counts the stops at which it waited for those who write.
- \`orders\` has a thousand rows, four indexes, a foreign key to \`customers\` and one from \`lines\`; \`events\` and \`readings\` are
  partitioned by range, \`readings\` has a default partition; \`totals\` is a materialized view. The whole schema stands in
  \`bench/support/ddl-forms.ts\`.

## Locks

${modesText()}

"Maintenance" is what takes SHARE UPDATE EXCLUSIVE: VACUUM, ANALYZE, CREATE INDEX CONCURRENTLY, VALIDATE CONSTRAINT. "Row locks" are
SELECT … FOR UPDATE and its like. Every lock keeps statements waiting that need ACCESS EXCLUSIVE ("exclusive DDL").

## Forms

${ddlGroups.map((group) => groupText(group, newer, older)).join('\n\n')}

## What \`assay lint\` tells

Every finding rests on what was measured when the migration ran on a copy with rows, not on how it is written. Tables that the
same migration makes are empty and nobody's: nothing is told of them. \`-- assay: allow CODE because …\` above a statement (or at the
head of the file) accepts a finding; it stays in the result as a note.

${hazardsText()}

## The rules of other linters

${otherText()}
`
