/** What `migrate test` has found, for a person at a terminal: a line for each migration, then what is to be done. */
import type { TestedFrom } from '../project/test-from.ts'
import type { ArchitectureMigrations, MigrationTests, TestedOne } from '../project/test-migrations.ts'
import { findingsText } from './findings.ts'
import { headline } from './labelled.ts'
import type { Layout } from './paint.ts'
import { wrap } from './printable.ts'

const times = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

const wayOf = ({ direction, findings }: TestedOne): string => {
  if (findings.some(({ code }) => code === 'migrate.no-down')) return 'up'
  return direction === 'forward' ? 'up, forward only' : 'up, down, up'
}

/** `rows` counts those of all its tables. */
const testedText = (test: TestedOne): string => {
  const rows = test.filled.reduce((sum, one) => sum + one.rows, 0)
  const over = rows === 0 ? 'no rows' : `${times(rows, 'row')} in ${times(test.filled.length, 'table')}`
  return `${test.name}: ${wayOf(test)} over ${over}, ${times(test.stops, 'stop')}`
}

const countsOf = ({ architecture, tests, known }: ArchitectureMigrations): string => {
  const passed = tests.filter((test) => test.passed).length
  const before = known.length === 0 ? '' : `; ${known.length} passed before`
  return tests.length === 0
    ? `${architecture}: nothing to test${before}`
    : `${architecture}: ${passed} of ${times(tests.length, 'migration')} passed${before}`
}

const block = (one: ArchitectureMigrations, layout: Layout): readonly string[] => {
  const { paint, width } = layout
  const { tests, problems } = one
  const mark = ({ passed }: TestedOne): string => (passed ? paint.good('✓') : paint.bad('✗'))
  const findings = [...problems, ...tests.flatMap((test) => test.findings)]
  return [
    [
      paint.strong(wrap(countsOf(one), width, 0)),
      ...tests.map((test) => headline(mark(test), testedText(test), layout)),
    ].join('\n'),
    ...(findings.length === 0 ? [] : [[paint.strong('To do'), ...findingsText(findings, layout)].join('\n')]),
  ]
}

/** On the masked rows of a database. Without a final newline. */
export const testedFromText = (result: TestedFrom, layout: Layout): string => {
  const { paint, width } = layout
  const { architecture, from, at, copied, tests, findings } = result
  const mark = ({ passed }: TestedOne): string => (passed ? paint.good('✓') : paint.bad('✗'))
  const rows = copied.tables.reduce((sum, one) => sum + one.rows, 0)
  const passed = tests.filter((test) => test.passed).length
  const all = [...tests.flatMap((test) => test.findings), ...findings]
  const head = `${architecture}: ${passed} of ${times(tests.length, 'pending migration')} passed on a masked copy of ${from}`
  return [
    [
      paint.strong(wrap(head, width, 0)),
      `  ${wrap(`${times(rows, 'row')} in ${times(copied.tables.length, 'table')}, as they stand behind ${at ?? 'no migration'}`, width, 2)}`,
      ...tests.map((test) => headline(mark(test), testedText(test), layout)),
    ].join('\n'),
    ...(all.length === 0 ? [] : [[paint.strong('To do'), ...findingsText(all, layout)].join('\n')]),
  ].join('\n\n')
}

/** Without a final newline. */
export const migrationTestsText = ({ architectures }: MigrationTests, layout: Layout): string =>
  architectures.flatMap((one) => block(one, layout)).join('\n\n')
