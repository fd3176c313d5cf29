/** The grammar of assay migrate backfill. */
import type { Command } from 'commander'
import type { BackfillOptions } from './backfill-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'backfill',
  summary: 'run one UPDATE, DELETE or INSERT … SELECT in short batches',
  description:
    'Walks through a table along its key and runs one UPDATE, DELETE or INSERT … SELECT over each stretch, each in a short transaction of its own that moves a cursor too. Killed at any moment, the same command goes on where it stood. Rows that cannot be changed are kept aside with their reason.',
  examples: [
    ['assay migrate backfill slug.sql --url URL', 'begins, or goes on'],
    ['assay migrate backfill slug.sql --url URL --dry-run', 'the table, the key, the first batch'],
    ['assay migrate backfill --status --url URL', 'all that were begun in a database'],
    ['assay migrate backfill --pause --url URL', 'ends it after its batch (--name, where several run)'],
  ],
} as const

export const addBackfill = (migrate: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(migrate, described)
    .argument('[file]', 'an SQL file with one UPDATE, DELETE or INSERT … SELECT')
    .option('--url <url>', 'the database (DATABASE_URL is not read)')
    .option('--sql <statement>', 'the statement itself, instead of a file')
    .option(
      '--name <name>',
      'its name in the database (default: that of the file, or of the phase that it belongs to)',
    )
    .option('--key <columns>', 'walk along this key: a,b (default: the primary key)')
    .option('--max-lag <seconds>', 'wait while a replica is further behind', '10')
    .option('--max-active <n>', 'wait while more sessions of others are at work')
    .option('--again', 'begin anew, though it was completed or was another statement')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--pause', 'ask whoever runs it to pause')
    .option('--status', 'list all backfills of the database')
    .option('--json', 'print one JSON envelope instead of text')
    .action((file: string | undefined, options: BackfillOptions) =>
      run('migrate backfill', options, async (output) => {
        const { backfillCommand } = await import('./backfill-command.ts')
        return backfillCommand(file, options, output)
      }),
    )
}
