/** The grammar of assay export. */
import { Option, type Command } from 'commander'
import type { ExportOptions } from './export-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'export',
  summary: 'write the experiments as a pgTAP suite or an SQL script',
  description:
    'Writes all experiments as one script that runs without Assay on a database that has the migrations. What needs Assay itself (functions of t.proves, two sessions at once, plans on loaded rows, new sessions, COPY to the client) is left out by name, with the reason.',
  examples: [
    ['assay export --sql --out experiments.sql', 'for psql: ends with 3 when one does not hold'],
    ['assay export --pgtap --out experiments.sql', 'for pg_prove'],
    ['assay export shop --sql --only orders', 'one table, on stdout'],
  ],
} as const

export const addExport = (program: Command, { describe, withCommon, run }: Grammar): void => {
  withCommon(describe(program, described))
    .addOption(new Option('--pgtap', 'as a pgTAP suite').conflicts('sql'))
    .option('--sql', 'as a script for psql alone')
    .option('--out <file>', 'write this file instead of stdout')
    .option('--only <id...>', 'ids of rules or tables; after the directory')
    .action((directory: string, options: ExportOptions) =>
      run(described.name, options, async (output) => {
        const { exportCommand } = await import('./export-command.ts')
        return exportCommand(directory, options, output)
      }),
    )
}
