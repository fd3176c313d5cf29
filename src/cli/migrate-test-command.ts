/** assay migrate test. */
import { statSync } from 'node:fs'
import { shellCommand } from '../ground/shell-word.ts'
import { testMigrations, type ArchitectureMigrations } from '../project/test-migrations.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { migrationTestsText } from '../report/migration-tests.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'
import { writtenLines } from './written-lines.ts'

export interface MigrateTestOptions extends CommonOptions {
  readonly all?: boolean
}

/** The first is a directory when there is one of that name. */
const split = (
  names: readonly string[],
): { readonly directory: string; readonly names: readonly string[] } => {
  const [first, ...others] = names
  return first !== undefined && statSync(first, { throwIfNoEntry: false }) !== undefined
    ? { directory: first, names: others }
    : { directory: '.', names }
}

const findingsOf = (
  { architecture, tests, problems }: ArchitectureMigrations,
  isOneOfSeveral: boolean,
): readonly EnvelopeFinding[] =>
  [...problems, ...tests.flatMap((test) => test.findings)].map((finding) => ({
    ...withPathsFromHere(finding),
    ...(isOneOfSeveral ? { architecture } : {}),
  }))

const summaryOf = ({ architecture, tests, known }: ArchitectureMigrations) => ({
  architecture,
  tested: tests.map(({ name, direction, passed, filled, stops }) => ({
    name,
    direction,
    passed,
    stops,
    tables: filled,
  })),
  passedBefore: known,
})

export const migrateTestCommand = async (
  given: readonly string[],
  options: MigrateTestOptions,
  output: Output,
): Promise<Answer> => {
  const { directory, names } = split(given)
  const result = await testMigrations({
    directory,
    names,
    all: options.all === true,
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const { architectures, ok } = result
  const written = architectures.flatMap((one) => one.written ?? [])
  const code = ok ? 0 : 1
  if (options.json) {
    const next = ok ? [] : [shellCommand('npx', 'assay', 'migrate', 'test', ...given)]
    const findings = architectures.flatMap((one) => findingsOf(one, architectures.length > 1))
    return {
      code,
      text: envelopeText({
        ok,
        command: 'migrate test',
        summary: architectures.map(summaryOf),
        findings,
        next,
        artifacts: written.map(fromHere),
      }),
    }
  }
  const lines = writtenLines({ all: written, named: written }, output.layout)
  return { code, text: [migrationTestsText(result, output.layout), ...lines].join('\n') }
}
