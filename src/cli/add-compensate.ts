/** The grammar of assay migrate compensate. */
import type { Command } from 'commander'
import type { CompensateOptions } from './compensate-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'compensate',
  summary: 'write the next migration, which takes one back',
  description:
    'Writes the migration that undoes what an earlier one did to the schema, from the catalogs before and after it: for a release that cannot go back, and for direction: forward, where migrations have no down.sql. What was renamed gets its name again, so that its rows stay. Both are run on a copy with rows before a file is written, and whatever is lost stands at the head of the file; values that nobody has said are lost refuse it.',
  examples: [
    ['assay migrate compensate', 'take the last migration back'],
    ['assay migrate compensate 0007', 'take that one back, and leave those behind it'],
    ['assay migrate compensate 0007 --loses products.legacy', 'though these values cannot come back'],
    ['assay migrate compensate --dry-run', 'print it, and write nothing'],
  ],
} as const

export const addCompensate = (
  migrate: Command,
  { describe, run }: Pick<Grammar, 'describe' | 'run'>,
): void => {
  describe(migrate, described)
    .argument('[names...]', 'name or number; a directory before it is where assay.config.ts is')
    .option('--name <name>', 'what the new migration is called, behind its number')
    .option('--loses <what...>', 'table.column or table whose old values cannot come back')
    .option('--architecture <name>', 'which one, when the configuration has several')
    .option('--dry-run', 'print the migration, and write nothing')
    .option('--json', 'print one JSON envelope instead of text')
    .option('--url <url>', 'work on this server (PostgreSQL 14 to 18), in databases of its own')
    .action((names: readonly string[], options: CompensateOptions) =>
      run('migrate compensate', options, async (output) => {
        const { compensateCommand } = await import('./compensate-command.ts')
        return compensateCommand(names, options, output)
      }),
    )
}
