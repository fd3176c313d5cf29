/** The commands around the proof: init, doctor, completion. program.ts brings its grammar along. */
import type { Command } from 'commander'
import type { Answer } from './exit-code.ts'
import type { InitOptions } from './init-command.ts'
import type { Output } from './output.ts'
import type { CommonOptions } from './run-command.ts'

interface Described {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly (readonly [command: string, what: string])[]
}

export interface Grammar {
  readonly describe: (program: Command, described: Described) => Command
  /** `[directory]`, `--json` and `--url`. */
  readonly withCommon: (command: Command) => Command
  readonly run: (
    command: string,
    options: CommonOptions,
    work: (output: Output) => Promise<Answer>,
  ) => Promise<void>
}

const init: Described = {
  name: 'init',
  summary: 'write a first project: a config, one table, one rule, one migration',
  description:
    'Writes a small project that is ready to prove. Files that are there already are never written over: they are named, and the command ends with 4.',
  examples: [
    ['assay init', 'in the working directory'],
    ['assay init shop --dry-run', 'print what would be written'],
  ],
}

const doctor: Described = {
  name: 'doctor',
  summary: 'look for what stands in the way of a proof',
  description:
    'Looks at Node, the embedded PostgreSQL, directories, the config, the migrations, extensions, the ledger and git, and starts a server to be sure. What is wrong is told with its mend.',
  examples: [
    ['assay doctor', 'when something does not start'],
    ['assay doctor --url postgres://me@db/postgres', 'can this server be used?'],
  ],
}

const completion: Described = {
  name: 'completion',
  summary: 'print the completion script of a shell: bash, zsh or fish',
  description:
    'Prints a script that completes commands, options, directories, and ids as the ledger has them. Reading the ledger is all that a Tab costs: the config is not run.',
  examples: [
    ['source <(assay completion bash)', 'in ~/.bashrc'],
    ['source <(assay completion zsh)', 'in ~/.zshrc, after compinit'],
    ['assay completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
}

export const addSetupCommands = (program: Command, { describe, withCommon, run }: Grammar): void => {
  describe(program, init)
    .argument('[directory]', 'where the files are written', '.')
    .option('--dry-run', 'print the files and write none')
    .option('--json', 'print one JSON envelope instead of text')
    .action((directory: string, options: InitOptions) =>
      run(init.name, options.json === true ? { json: true } : {}, async (output) => {
        const { initCommand } = await import('./init-command.ts')
        return initCommand(directory, options, output)
      }),
    )
  withCommon(describe(program, doctor)).action((directory: string, options: CommonOptions) =>
    run(doctor.name, options, async (output) => {
      const { doctorCommand } = await import('./doctor-command.ts')
      return doctorCommand(directory, options, output)
    }),
  )
  describe(program, completion)
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) =>
      run(completion.name, {}, async () => {
        const { completionCommand } = await import('./completion-command.ts')
        return completionCommand(shell)
      }),
    )
  // What the scripts ask; nobody types it.
  program
    .command('complete', { hidden: true })
    .argument('<shell>')
    .argument('<line>')
    .argument('[breaks]', 'where readline breaks words', '')
    .action((shell: string, line: string, breaks: string) =>
      run('complete', {}, async () => {
        const { completeCommand } = await import('./completion-command.ts')
        return completeCommand(program, shell, line, breaks)
      }),
    )
}
