/** The grammar of assay migrate expand and contract. */
import type { Command } from 'commander'
import type { ExpandOptions } from './expand-command.ts'
import type { Grammar } from './setup-commands.ts'

const expand = {
  name: 'expand',
  summary: 'put a new shape beside the old one, for two applications at once',
  description:
    'Writes the phases of what the declaration has otherwise than the database: a column or a table that is renamed (renamedFrom), another type, a key with all that points to it, columns that are taken apart or put together, columns that move to a new table or come from one that goes, a column that becomes required (or optional, where --only names it). The new shape stands beside the old one and a trigger keeps both alike, whichever application writes; old rows are filled in batches; the switch refuses while the two differ. Each phase is an ordinary migration.',
  examples: [
    ['assay migrate expand', 'all that changes its shape'],
    ['assay migrate expand --only orders.slug', 'one of them'],
    [
      `assay migrate expand --set 'orders.day = at::date' 'orders.hour = at::time' --back 'orders.at = day + hour'`,
      'one column becomes two',
    ],
    [
      'assay migrate expand --move users.bio=profiles.bio',
      'columns move to a new table, or from one that goes',
    ],
    [`assay migrate expand --fill "notes.body = ''"`, 'a column becomes required'],
    ['assay migrate expand --dry-run', 'print it, and write nothing'],
  ],
} as const

const contract = {
  name: 'contract',
  summary: 'write the next phase of what expand began: the old shape goes',
  description:
    'For when no application of the old shape runs any more. The old columns are kept aside and go on being written, so that migrate down loses nothing, rows that were written afterwards included. Asked again, it writes the last phase, which takes away what was kept aside and refuses until the stated time is over.',
  examples: [
    ['assay migrate contract', 'of all that is under way'],
    ['assay migrate contract --only orders_code_to_slug', 'of one change'],
    [`assay migrate contract --keep '90 days'`, 'how long the way back is kept'],
  ],
} as const

export const addExpand = (migrate: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  const withDirectory = (command: Command): Command =>
    command
      .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
      .option('--url <url>', 'try the phases on this server instead of the embedded one')
      .option('--dry-run', 'print the phases, and write nothing')
      .option('--json', 'print one JSON envelope instead of text')
  withDirectory(describe(migrate, expand))
    .option('--only <id...>', 'tables or table.column; after the directory')
    .option('--set <expression...>', 'table.new_column = SQL over the old columns')
    .option('--back <expression...>', 'table.old_column = SQL over the new columns')
    .option('--move <columns...>', 'table.column=other_table.column: it moves to another table')
    .option('--fill <expression...>', 'table.column = SQL for what is missing')
    .option(
      '--server-version <major>',
      'write statements that this version of PostgreSQL knows (default: that of the server that tries them)',
    )
    .action((directory: string, options: ExpandOptions) =>
      run('migrate expand', options, async (output) => {
        const { expandCommand } = await import('./expand-command.ts')
        return expandCommand(directory, options, output)
      }),
    )
  withDirectory(describe(migrate, contract))
    .option('--only <name...>', 'names of changes, as their migrations have them; after the directory')
    .option('--keep <time>', 'how long what goes is kept aside', '30 days')
    .action((directory: string, options: ExpandOptions) =>
      run('migrate contract', options, async (output) => {
        const { contractCommand } = await import('./expand-command.ts')
        return contractCommand(directory, options, output)
      }),
    )
}
