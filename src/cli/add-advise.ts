/** The grammar of assay advise. */
import { Option, type Command } from 'commander'
import type { AdviseOptions } from './advise-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'advise',
  summary: 'find what would bring broken budgets of queries back',
  description:
    'Tries indexes and statistics for the declared queries whose budget breaks: each candidate is really built on loaded rows, and the queries are run with it, counted in pages and rows. What is advised together is chosen together, breaks no other budget of a query or a write, and is told with its gain and its price, as rules that `assay design` turns into migrations. Statements written otherwise, and materialized views, are told apart where the same rows came. With --url it is for the statements of a database that runs, from pg_stat_statements and its statistics: there it only reads, and here it only plans. It ends with 1 when a budget is broken that nothing brings back.',
  examples: [
    ['assay advise', 'for all queries whose budget breaks'],
    ["assay advise shop --only 'queries/recent orders of a user'", 'for one of them'],
    ['assay advise --rows orders=1e6 --storage 500MB', 'on a million orders, within half a gigabyte'],
    ['assay advise --url postgres://reader@db/shop', 'for the statements that a database runs'],
    ['assay advise --all', 'also what makes the others cheaper'],
  ],
} as const

export const addAdvise = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(program, described)
    .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
    .option('--only <id...>', 'ids of queries, or tables; after the directory')
    .option('--all', 'also for queries that are within their budget')
    .option('--rows <size...>', 'fill its tables with so many rows first: orders=5e6, or a number for all')
    .option('--storage <bytes>', 'what all advice may take on disk: 500MB')
    .option('--writes <bytes>', 'what it may add to the log for each row of a table: 200B')
    .addOption(
      new Option('--url <url>', 'for the statements of this database instead; it is only read').conflicts([
        'only',
        'all',
        'rows',
        'writes',
      ]),
    )
    .option('--architecture <name>', 'with --url: which one, when the configuration has several')
    .option('--json', 'print one JSON envelope instead of text')
    .action((directory: string, options: AdviseOptions) =>
      run(described.name, options, async (output) => {
        const { adviseCommand } = await import('./advise-command.ts')
        return adviseCommand(directory, options, output)
      }),
    )
}
