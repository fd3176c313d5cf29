/** The grammar of assay fill. */
import type { Command } from 'commander'
import type { FillOptions } from './fill-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'fill',
  summary: 'write realistic rows by the million',
  description:
    'Fills a local copy of the project, or the empty tables of a database that you name, with rows that obey every key, foreign key, CHECK, partition and trigger, by COPY. The same seed gives the same rows. In a database of yours, the same command goes on where an earlier run ended.',
  examples: [
    ['assay fill --rows orders=5e6', 'a local copy: orders, and what orders need'],
    ['assay fill --rows orders=5e6 --keep', 'and keep it until Ctrl-C'],
    ['assay fill --rows orders=5e6 users=2e5 --url URL', 'a database that you name'],
    ['assay fill --rows 1e6 --dry-run', 'every table: what would be written'],
  ],
} as const

export const addFill = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(program, described)
    .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
    .option('--rows <sizes...>', 'orders=5e6 users=200k, or one number for all; after the directory')
    .option('--url <url>', 'the database to fill (DATABASE_URL is not read)')
    .option('--seed <n>', 'another seed gives other rows', '1')
    .option('--sessions <n>', 'sessions that write at once (default: one for each processor)')
    .option('--keep', 'keep the local copy until Ctrl-C, and print its URL')
    .option('--truncate', 'take away the rows that stand in the named tables')
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--json', 'print one JSON envelope instead of text')
    .action((directory: string, options: FillOptions) =>
      run(described.name, options, async (output) => {
        const { fillCommand } = await import('./fill-command.ts')
        return fillCommand(directory, options, output)
      }),
    )
}
