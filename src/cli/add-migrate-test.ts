/** The grammar of assay migrate test. */
import { InvalidArgumentError, type Command } from 'commander'
import type { MigrateTestOptions } from './migrate-test-command.ts'
import type { Grammar } from './setup-commands.ts'

const positive = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It is no whole number from 1 on.')
  return value
}

const described = {
  name: 'test',
  summary: 'prove that migrations go up, down and up again, over rows and through every stop',
  description:
    'Runs each migration that has no recorded pass on copies of the database as it stands before it, filled with rows: up, down and up again, broken off behind every statement, with rows that are written in between. Structures and rows have to be what they were; what is lost is declared (-- assay: loses …). What passes is recorded in the ledger, and migrate up asks for it. With --from, what is pending in a real database is run on a copy of it here: that database is only read, and every value but generated keys, booleans, enum labels and what --public names is replaced on the way by one of the same form.',
  examples: [
    ['assay migrate test', 'what has not passed yet'],
    ['assay migrate test 0007_orders', 'one migration'],
    ['assay migrate test --all', 'all of them again'],
    ['assay migrate test --from URL', 'what is pending there, on its rows, masked'],
  ],
} as const

/** Below the group of the other commands around migrations. */
export const addMigrateTest = (
  migrate: Command,
  { describe, run }: Pick<Grammar, 'describe' | 'run'>,
): void => {
  describe(migrate, described)
    .argument('[names...]', 'names of migrations; a directory before them is where assay.config.ts is')
    .option('--all', 'those that have passed already, too')
    .option('--json', 'print one JSON envelope instead of text')
    .option('--url <url>', 'work on this server (PostgreSQL 14 to 18), in databases of its own')
    .option('--from <url>', 'test what is pending there, on a masked copy of its rows')
    .option(
      '--at <name>',
      'with --from: the last migration that ran there; 0: none (default: as its journal says)',
    )
    .option('--rows <n>', 'with --from: so many rows of each table, with all that they refer to', positive)
    .option('--public <what...>', 'with --from: table or table.column whose values may leave as they are')
    .option('--architecture <name>', 'with --from: which one, when the configuration has several')
    .action((names: readonly string[], options: MigrateTestOptions) =>
      run('migrate test', options, async (output) => {
        const { migrateTestCommand } = await import('./migrate-test-command.ts')
        return migrateTestCommand(names, options, output)
      }),
    )
}
