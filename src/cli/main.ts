#!/usr/bin/env node
/** The command line: arguments in, a use case called, text and an exit code out. Everything heavy is imported when used. */
import { Command, CommanderError, Option } from 'commander'
import { runCommand, type CommonOptions } from './run-command.ts'

const version = '0.1.0'

const addCommon = (command: Command): Command =>
  command
    .argument('[directory]', 'where assay.config.ts is looked for, upwards', '.')
    .option('--json', 'print one JSON envelope instead of text')
    .option('--url <url>', 'use this PostgreSQL server (14 to 18) instead of the embedded one')

const only = new Option('--only <id...>', 'only these rules, structures or tables')

const program = new Command('assay')
  .description('Test-driven data architecture for PostgreSQL: prove what is declared of your data')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .showSuggestionAfterError()

const proofs = [
  ['prove', 'red, green and mutate, then the ledger: everything that is declared, proven'],
  ['red', 'show that every rule fails without its structure'],
  ['green', 'show that every rule holds on the migrated database'],
  ['mutate', 'break every structure on purpose and see that a rule notices'],
] as const

for (const [name, summary] of proofs) {
  addCommon(program.command(name).description(summary))
    .addOption(only)
    .action((directory: string, options: CommonOptions & { only?: string[] }) =>
      runCommand(name, options, async (output) => {
        const { proveCommand } = await import('./prove-command.ts')
        return proveCommand(name, directory, options, output)
      }),
    )
}

addCommon(program.command('check').description('compare the ledger with the architecture and the migrations; no experiments'))
  .option('--against [ref]', 'report every weakening since this git ref (default: the merge base)')
  .action((directory: string, options: CommonOptions & { against?: string | true }) =>
    runCommand('check', options, async (output) => {
      const { checkCommand } = await import('./check-command.ts')
      return checkCommand(directory, options, output)
    }),
  )

program
  .command('explain')
  .description("print a rule's experiments as Given / When / Then SQL for psql")
  .argument('<id>', 'the id of a rule, or the name of a table')
  .argument('[directory]', 'where assay.config.ts is looked for, upwards', '.')
  .option('--json', 'print one JSON envelope instead of text')
  .option('--url <url>', 'use this PostgreSQL server (14 to 18) instead of the embedded one')
  .action((id: string, directory: string, options: CommonOptions) =>
    runCommand('explain', options, async (output) => {
      const { explainCommand } = await import('./explain-command.ts')
      return explainCommand(id, directory, options, output)
    }),
  )

try {
  if (process.argv.length <= 2) program.outputHelp()
  else await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  process.exitCode = cause.exitCode === 0 ? 0 : 2
}
