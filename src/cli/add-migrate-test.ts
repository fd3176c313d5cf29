/** The grammar of assay migrate test. */
import type { Command } from 'commander'
import type { MigrateTestOptions } from './migrate-test-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'test',
  summary: 'prove that migrations go up, down and up again, over rows and through every stop',
  description:
    'Runs each migration that has no recorded pass on copies of the database as it stands before it, filled with rows: up, down and up again, broken off behind every statement, with rows that are written in between. Structures and rows have to be what they were; what is lost is declared (-- assay: loses …). What passes is recorded in the ledger, and migrate up asks for it.',
  examples: [
    ['assay migrate test', 'what has not passed yet'],
    ['assay migrate test 0007_orders', 'one migration'],
    ['assay migrate test --all', 'all of them again'],
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
    .action((names: readonly string[], options: MigrateTestOptions) =>
      run('migrate test', options, async (output) => {
        const { migrateTestCommand } = await import('./migrate-test-command.ts')
        return migrateTestCommand(names, options, output)
      }),
    )
}
