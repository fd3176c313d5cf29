/** assay migrate test. */
import { statSync } from 'node:fs'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { testFrom } from '../project/test-from.ts'
import { testMigrations, type ArchitectureMigrations } from '../project/test-migrations.ts'
import { envelopeText, type EnvelopeFinding } from '../report/envelope.ts'
import { migrationTestsText, testedFromText } from '../report/migration-tests.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere, withPathsFromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'
import { sameCommand } from './same-command.ts'
import { writtenLines } from './written-lines.ts'

export interface MigrateTestOptions extends CommonOptions {
  readonly all?: boolean
  readonly from?: string
  readonly at?: string
  readonly rows?: number
  readonly public?: readonly string[]
  readonly architecture?: string
}

/** The first is a directory when there is one of that name. */
export const split = (
  names: readonly string[],
): { readonly directory: string; readonly names: readonly string[] } => {
  const [first, ...others] = names
  return first !== undefined && statSync(first, { throwIfNoEntry: false }) !== undefined
    ? { directory: first, names: others }
    : { directory: '.', names }
}

const withoutFrom = (option: string): AssayError =>
  new AssayError(`--${option} says something of the database that --from names.`, {
    code: 'usage.from',
    exit: 2,
    asked: `--${option}`,
    found: 'no --from',
    mend: 'assay migrate test --from postgres://user@host:5432/staging',
  })

const notThere = (option: string): AssayError =>
  new AssayError(`--from and --${option} cannot stand together.`, {
    code: 'usage.from',
    exit: 2,
    asked: `--from with --${option}`,
    found: 'rows of people, masked or not, are copied to a server of Assay’s own and to no other',
    mend: `Leave --${option} out.`,
  })

const testFromCommand = async (
  from: string,
  given: readonly string[],
  options: MigrateTestOptions,
  output: Output,
): Promise<Answer> => {
  const { directory, names } = split(given)
  for (const option of ['url', 'all'] as const) if (options[option] !== undefined) throw notThere(option)
  const result = await testFrom({
    directory,
    from,
    at: options.at ?? null,
    rows: options.rows ?? null,
    publicColumns: options.public ?? [],
    names,
    ...(options.architecture === undefined ? {} : { architecture: options.architecture }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  const { architecture, at, copied, tests, findings, ok } = result
  const code = ok ? 0 : 1
  if (!options.json) return { code, text: testedFromText(result, output.layout) }
  const summary = {
    architecture,
    from: result.from,
    at,
    rows: copied.tables,
    setAside: copied.setAside,
    emptied: copied.emptied,
    tested: tests.map(({ name, direction, passed, stops }) => ({ name, direction, passed, stops })),
  }
  const all = [...tests.flatMap((test) => test.findings), ...findings].map(withPathsFromHere)
  return {
    code,
    text: envelopeText({
      ok,
      command: 'migrate test',
      summary,
      findings: all,
      next: ok ? [] : [sameCommand(process.argv.slice(2))],
      artifacts: [],
    }),
  }
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
  if (options.from !== undefined) return testFromCommand(options.from, given, options, output)
  for (const option of ['at', 'rows', 'public', 'architecture'] as const)
    if (options[option] !== undefined) throw withoutFrom(option)
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
