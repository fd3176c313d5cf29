/** The grammar of assay validate. */
import type { Command } from 'commander'
import type { Grammar } from './setup-commands.ts'
import type { ValidateOptions } from './validate-command.ts'

const described = {
  name: 'validate',
  summary: 'run the declared queries and writes on rows, and measure them',
  description:
    'Loads rows, runs each declared query warm and beside a calibration query, holds its plan against its budget, and takes each index away to see which queries need it and what it costs. Each declared write is measured on filled tables, alone and by as many at once as it declares, every run taken back. Budgets that break end with 1; times are told, and fail nothing: they depend on the machine.',
  examples: [
    ['assay validate', 'all declared queries and writes'],
    ["assay validate shop --only 'queries/recent orders of a user'", 'one of them'],
    ['assay validate --rows orders=1e6', 'on a million orders, and what they need'],
    ['assay validate --sweep --report pages', 'which size changes a plan, drawn'],
    ['assay validate --json', 'one envelope for agents and scripts'],
  ],
} as const

export const addValidate = (program: Command, { describe, withCommon, run }: Grammar): void => {
  withCommon(describe(program, described))
    .option('--only <id...>', 'ids of queries and writes, or tables; after the directory')
    .option('--rows <size...>', 'fill its tables with so many rows first: orders=5e6, or a number for all')
    .option('--sweep', 'also plan from a thousand rows to ten billion: where does each plan change?')
    .option('--report <dir>', 'write the queries with their plans as pages for a browser')
    .action((directory: string, options: ValidateOptions) =>
      run(described.name, options, async (output) => {
        const { validateCommand } = await import('./validate-command.ts')
        return validateCommand(directory, options, output)
      }),
    )
}
