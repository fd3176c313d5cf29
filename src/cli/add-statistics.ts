/** The grammar of assay statistics. */
import { Option, type Command } from 'commander'
import type { Grammar } from './setup-commands.ts'
import type { ExportStatisticsOptions, PlanOptions } from './statistics-command.ts'

const group = {
  name: 'statistics',
  summary: 'plans of tables as large as in production, on this machine',
  description:
    'Takes the statistics of a database, without its values, and plans statements with them on the local PostgreSQL as if it had all those rows. Nothing is ever run: only EXPLAIN is.',
  examples: [
    ['assay statistics export --url postgres://reader@db/shop > statistics.json', 'read-only'],
    ["assay statistics plan --sql 'select …' --from statistics.json", 'the plan there, made here'],
    ["assay statistics plan --sql 'select …' --rows orders=1e9", 'at a size that nobody has yet'],
  ],
} as const

const exported = {
  name: 'export',
  summary: 'print the statistics of a database, without its values',
  description:
    'Prints sizes, shares and orders of all columns as JSON. Every value is replaced by one that stands in the same order and is equal to the same others, except for enum labels, truth values, values that the schema itself names, and columns that you call public. The database is only read.',
  examples: [
    ['assay statistics export --url postgres://reader@db/shop > statistics.json', 'no value leaves'],
    ['assay statistics export --url … --public orders.country users.plan', 'but for these columns'],
  ],
} as const

const planned = {
  name: 'plan',
  summary: 'show the plan of a statement at any size',
  description:
    'Plans one statement on the structure that the migrations make, with exported statistics or with those of made-up rows, scaled to the sizes that are named. A --value is the text of a parameter ($1, $2 … in order), or a place: @orders.ordered_at:0.95 is the value that 95 % of the rows are below, @orders.status:#1 the commonest one; @@ begins a text with @.',
  examples: [
    [
      "assay statistics plan --sql 'select * from orders where user_id = $1' --value 7 --rows orders=1e9",
      'one size',
    ],
    [
      "assay statistics plan --sql '…' --value @orders.user_id:0.5 --from statistics.json",
      'as in production',
    ],
    [
      "assay statistics plan --sql '…' --sweep orders --chart plan.svg",
      'from a thousand rows to ten billion',
    ],
  ],
} as const

export const addStatistics = (
  program: Command,
  { describe, run }: Pick<Grammar, 'describe' | 'run'>,
): void => {
  const statistics = describe(program, group)
  describe(statistics, exported)
    .option('--url <url>', 'the database to read (DATABASE_URL is not read)')
    .option('--public <column...>', 'columns whose values may leave: orders.country')
    .option('--json', 'print one JSON envelope around them')
    .action((options: ExportStatisticsOptions) =>
      run('statistics export', options, async (output) => {
        const { exportStatisticsCommand } = await import('./statistics-command.ts')
        return exportStatisticsCommand(options, output)
      }),
    )
  describe(statistics, planned)
    .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
    .option('--sql <statement>', 'one SELECT, INSERT, UPDATE, DELETE or MERGE')
    .option('--value <value...>', 'its parameters, in order')
    .option('--from <file>', 'exported statistics (default: made-up rows)')
    .option('--rows <table=rows...>', 'how many rows tables have: orders=1e9')
    .option(
      '--sweep <table>',
      'from a thousand rows of this table to ten billion: where does the plan change?',
    )
    .addOption(new Option('--chart <file>', 'write the sweep as a picture (SVG)'))
    .option('--architecture <name>', 'which one, when the configuration has several')
    .option('--json', 'print one JSON envelope instead of text')
    .action((directory: string, options: PlanOptions) =>
      run('statistics plan', options, async (output) => {
        const { planCommand } = await import('./statistics-command.ts')
        return planCommand(directory, options, output)
      }),
    )
}
