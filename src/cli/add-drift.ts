/** The grammar of assay drift. */
import { Option, type Command } from 'commander'
import type { DriftOptions } from './drift-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'drift',
  summary: 'find what was changed by hand in a database that runs',
  description:
    'Compares a database with the one that the migrations make (those that have run there, where a journal says so), structure by structure, and writes the migration that takes the difference in and the one that takes it out; both are tried on a copy. The database is only read. Ends with 1 when there is drift.',
  examples: [
    ['assay drift --url postgres://me@db/shop', 'what is another than the migrations say?'],
    ['assay drift --url … --sql > drift.sql', 'both scripts alone'],
    ['assay drift --url … --to 0007_orders', 'where no journal says what has run'],
    ['assay drift --log-sql | psql …', 'let the database keep from now on who changes its schema'],
  ],
} as const

export const addDrift = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(program, described)
    .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
    .option('--url <url>', 'the database to read (PostgreSQL 14 to 18)')
    .option('--architecture <name>', 'which one, when the configuration has several')
    .option('--to <name>', 'the last migration that has run there (default: what its journal says, or all)')
    .option('--json', 'print one JSON envelope instead of text')
    .addOption(new Option('--sql', 'print both scripts and nothing else').conflicts('json'))
    .addOption(
      new Option(
        '--log-sql',
        'print what makes a database keep who changes its schema (a superuser runs it once), and look at none',
      ).conflicts(['json', 'sql', 'url']),
    )
    .action((directory: string, options: DriftOptions) =>
      run(described.name, { ...options, directory }, async (output) => {
        const { driftCommand } = await import('./drift-command.ts')
        return driftCommand(directory, options, output)
      }),
    )
}
