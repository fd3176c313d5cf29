/** The commands with their arguments and help. Everything heavy is imported when its command runs. */
import { Command } from 'commander'
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { ProofCommand } from '../project/prove-project.ts'
import { addAdopt } from './add-adopt.ts'
import { addAdvise } from './add-advise.ts'
import { addAudit } from './add-audit.ts'
import { addExport } from './add-export.ts'
import { addFill } from './add-fill.ts'
import { addDesign } from './add-design.ts'
import { addDrift } from './add-drift.ts'
import { addLint } from './add-lint.ts'
import { addMigrate } from './add-migrate.ts'
import { addScore, operatorsOption } from './add-score.ts'
import { addStatistics } from './add-statistics.ts'
import { addValidate } from './add-validate.ts'
import { examplesText } from './examples-text.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { withReportFiles, withReports, type ReportOptions } from './report-options.ts'
import type { CommonOptions } from './run-command.ts'
import { addSetupCommands } from './setup-commands.ts'
import { version } from './version.ts'

const exitCodes = `
Exit codes:
  0  it is true
  1  a proof or a check failed
  2  usage: an argument or the configuration is wrong
  3  the environment: no server, a wrong version, a migration that fails
  4  refused, because it would be unsafe`

interface Described {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly (readonly [command: string, what: string])[]
}

const proofs: readonly (Described & { readonly name: ProofCommand })[] = [
  {
    name: 'prove',
    summary: 'prove all that is declared: green, red and mutate',
    description:
      'Proves every rule green on the migrated database and red without its structure, breaks every structure on purpose to see that a rule notices, and writes the ledger when all of it holds.',
    examples: [
      ['assay prove', 'the project of the working directory'],
      ['assay prove shop --only products', 'one table'],
      ['assay prove --json', 'one envelope for agents and scripts'],
      ['assay prove --watch', 'stay, and prove what each save touches'],
    ],
  },
  {
    name: 'red',
    summary: 'show that every rule fails without its structure',
    description:
      'Takes away exactly what each rule stands on and looks whether one of its experiments changes. A rule whose structure no migration makes yet is red as it should be: before the first migration, all are.',
    examples: [['assay red', 'before the migration is written, and after']],
  },
  {
    name: 'green',
    summary: 'show that every rule holds on the migrated database',
    description:
      'Runs every experiment on the migrated database, and names the DDL that each failing rule asks for.',
    examples: [
      ['assay green', 'after each migration'],
      ["assay green --only 'products/unique:tenant_id,slug'", 'one rule'],
    ],
  },
  {
    name: 'mutate',
    summary: 'break every structure: some rule has to notice',
    description:
      'Removes, weakens and strengthens every structure of the database, declared or not, and looks whether an experiment notices.',
    examples: [['assay mutate --only orders', 'the structures of one table']],
  },
]

const check: Described = {
  name: 'check',
  summary: 'compare the ledger with what is there now',
  description:
    'Says what the committed ledger does not cover any more, and with --against what this change asks less of.',
  examples: [
    ['assay check', 'in every build: it takes seconds'],
    ['assay check --against', 'every weakening since the merge base'],
    ['assay check shop --against main', 'every weakening since main'],
  ],
}

const explain: Described = {
  name: 'explain',
  summary: "print a rule's experiments as SQL for psql",
  description:
    'Prints the experiments of a rule, of all rules of a table, or of the rules that stand on a structure, as SQL that psql takes, each rolled back, with what they show now.',
  examples: [
    ['assay explain products/check:price_not_negative', 'one rule'],
    ['assay explain products', 'all rules of a table'],
  ],
}

const describe = (program: Command, described: Described): Command =>
  program
    .command(described.name)
    .summary(described.summary)
    .helpOption('-h, --help', 'print this help')
    .description(described.description)
    .addHelpText('after', examplesText(described.examples))

const directoryText = 'where assay.config.ts is looked for, from there upwards'

const withCommon = (command: Command): Command =>
  command
    .argument('[directory]', directoryText, '.')
    .option('--json', 'print one JSON envelope instead of text')
    .option('--url <url>', 'work on this server (PostgreSQL 14 to 18), in databases of its own')

/** `DIR --only ID…`: the directory stands first, because --only takes all that follows it. */
const onlyText = 'ids of rules, structures or tables; after the directory'

const run = async (
  command: string,
  options: CommonOptions,
  work: (output: Output) => Promise<Answer>,
): Promise<void> => {
  const { runCommand } = await import('./run-command.ts')
  await runCommand({ command, json: options.json === true, place: options, work })
}

type CheckOptions = CommonOptions & ReportOptions & { readonly against?: string | true }

type ProofOptions = CommonOptions &
  ReportOptions & {
    readonly only?: readonly string[]
    readonly operators?: OperatorSet
    readonly watch?: boolean
  }

const addProof = (program: Command, described: Described & { readonly name: ProofCommand }): void => {
  const command = withReports(withCommon(describe(program, described))).option('--only <id...>', onlyText)
  if (described.name === 'prove' || described.name === 'mutate')
    command.addOption(operatorsOption().conflicts('watch'))
  command
    .option('--watch', 'stay, and prove again what each saved file touches')
    .action((directory: string, options: ProofOptions) =>
      run(described.name, options, async (output) => {
        if (options.watch === true) {
          const { watchCommand } = await import('./watch-command.ts')
          return watchCommand(described.name, directory, options, output)
        }
        const { proveCommand } = await import('./prove-command.ts')
        return proveCommand(described.name, directory, options, output)
      }),
    )
}

/** Without `[options]`, which every command has. */
const termOf = (command: Command): string =>
  [
    command.name(),
    ...command.registeredArguments.map((a) => (a.required ? `<${a.name()}>` : `[${a.name()}]`)),
  ].join(' ')

/** Examples of the whole. */
const first: Described['examples'] = [
  ['assay prove', 'prove the project of the working directory'],
  ['assay explain orders', "print the experiments of a table's rules"],
  ['assay check --against main', 'what does this change ask less of?'],
]

export const makeProgram = (): Command => {
  const program = new Command('assay')
    .description('Test-driven data architecture for PostgreSQL: what you declare of your data, proven.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    // Complaints are told as faults, by main.ts.
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ subcommandTerm: termOf })
    .addHelpText('after', `${examplesText(first)}\n${exitCodes}`)
  for (const proof of proofs) addProof(program, proof)
  withReportFiles(withCommon(describe(program, check)))
    .option('--against [ref]', 'also report every weakening since this commit (default: the merge base)')
    .action((directory: string, options: CheckOptions) =>
      run(check.name, options, async (output) => {
        const { checkCommand } = await import('./check-command.ts')
        return checkCommand(directory, options, output)
      }),
    )
  withCommon(
    describe(program, explain).argument('<id>', 'id of a rule or a structure, or the name of a table'),
  ).action((id: string, directory: string, options: CommonOptions) =>
    run(explain.name, options, async (output) => {
      const { explainCommand } = await import('./explain-command.ts')
      return explainCommand(id, directory, options, output)
    }),
  )
  addDesign(program, { describe, withCommon, run })
  addValidate(program, { describe, withCommon, run })
  addAdvise(program, { describe, run })
  addFill(program, { describe, run })
  addLint(program, { describe, run })
  addMigrate(program, { describe, run })
  addDrift(program, { describe, run })
  addScore(program, { describe, withCommon, run })
  addExport(program, { describe, withCommon, run })
  addStatistics(program, { describe, run })
  addAdopt(program, { describe, run })
  addAudit(program, { describe, run })
  addSetupCommands(program, { describe, withCommon, run })
  return program
}
