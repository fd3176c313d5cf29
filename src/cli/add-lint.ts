/** The grammar of assay lint. */
import { Option, type Command } from 'commander'
import type { LintOptions } from './lint-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'lint',
  summary: 'run migrations on a copy with rows and tell what they lock, rewrite and scan',
  description:
    'Runs every statement of a migration on a copy of the database as it stands before it, filled with rows, and measures each lock on each relation, each table that is written anew and each scan. What would keep an application waiting, break it or fail in production is told with a safe way. `-- assay: allow CODE because …` above a statement accepts a finding.',
  examples: [
    ['assay lint', 'what this branch adds or changes'],
    ['assay lint migrations/0007_orders.sql', 'one migration, after those before it'],
    ['assay lint --migrations db/migrations', 'without a configuration'],
    ['assay lint --since main --sarif lint.sarif', 'in CI, for code scanning'],
  ],
} as const

export const addLint = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(program, described)
    .argument('[files...]', 'migrations to look at; none: those that are new since the default branch')
    .option('--config <dir>', 'where assay.config.ts is looked for, from there upwards', '.')
    .option('--migrations <dir>', 'SQL files that make the schema, instead of assay.config.ts')
    .option('--extension <name...>', 'extensions to create first, with --migrations')
    .option('--since <ref>', 'migrations that are new or changed since this commit')
    .option('--url <url>', 'work on this server (PostgreSQL 14 to 18), in databases of its own')
    .option('--json', 'print one JSON envelope instead of text')
    .option('--sarif <file>', 'write the findings as SARIF, for code scanning')
    .option('--markdown <file>', 'write a summary in Markdown')
    .addOption(
      new Option('--annotations', "print the findings as GitHub's workflow commands").conflicts('json'),
    )
    .action((files: readonly string[], options: LintOptions) =>
      run(described.name, options, async (output) => {
        const { lintCommand } = await import('./lint-command.ts')
        return lintCommand(files, options, output)
      }),
    )
}
