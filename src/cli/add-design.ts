/** The grammar of assay design. */
import { Option, type Command } from 'commander'
import type { DesignOptions } from './design-command.ts'
import type { Grammar } from './setup-commands.ts'

const described = {
  name: 'design',
  summary: 'write the next migrations from what is red',
  description:
    'Writes one migration for each purpose, up.sql and down.sql, from the rules that the database does not keep yet. What stands gets the online form: nobody waits for it longer than a lock takes. Nothing is written before it was run on copies: up, down, up again, and the rules were green. In the history of another tool (Prisma, Drizzle, Flyway, Alembic, Django, Knex and others) they have the form that this tool runs.',
  examples: [
    ['assay design', 'write what makes the red rules green'],
    ['assay design --dry-run', 'print it, and write nothing'],
    ['assay design --only products', 'for the rules of one table'],
    ['assay design --drop', 'also take away what no rule asks for'],
  ],
} as const

export const addDesign = (program: Command, { describe, withCommon, run }: Grammar): void => {
  withCommon(describe(program, described))
    .option('--name <name>', 'what the migration is called, behind its number')
    .option('--only <id...>', 'ids of rules, structures or tables; after the directory')
    .option('--drop', 'also drop what no rule asks for, in migrations of their own')
    .option('--direct', 'the plain form of each change, in one transaction')
    .addOption(
      new Option(
        '--online',
        'the online form, also where the tool that keeps the history could not run it',
      ).conflicts('direct'),
    )
    .option('--into <directory>', 'of several directories of a tool, the one that they belong to')
    .option('--dry-run', 'print the migrations, and write nothing')
    .action((directory: string, options: DesignOptions) =>
      run(described.name, options, async (output) => {
        const { designCommand } = await import('./design-command.ts')
        return designCommand(directory, options, output)
      }),
    )
}
