/** The grammar of assay adopt. */
import { Option, type Command } from 'commander'
import type { AdoptOptions } from './adopt-command.ts'
import { platformNames } from '../project/presets/presets.ts'
import type { Grammar } from './setup-commands.ts'
import { variableOption } from './variable-option.ts'

const described = {
  name: 'adopt',
  summary: 'write the architecture of an existing database, ready to prove',
  description:
    'Reads a database, a dump of one, or the migrations that make it, and writes its rules, a baseline migration and a config. The baseline is applied to an empty database and compared with the original, structure by structure. A database is only read; files that are there already are never written over.',
  examples: [
    ['assay adopt --url postgres://me@db/shop --out shop', 'a database that runs'],
    ['assay adopt --sql schema.sql --out shop', 'what pg_dump --schema-only wrote'],
    ['assay adopt --migrations db/migrations --out shop', 'the files that another tool applies'],
    ['assay adopt --migrations supabase/migrations --platform supabase', 'a project on Supabase'],
    ['assay adopt --sql dump.sql --before platform.sql', 'on another platform, with roles of its own'],
  ],
} as const

export const addAdopt = (program: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  describe(program, described)
    .addOption(
      new Option('--url <url>', 'the database to read (PostgreSQL 14 to 18)').conflicts([
        'sql',
        'migrations',
      ]),
    )
    .addOption(
      new Option('--sql <file...>', 'SQL files that make it, such as a dump').conflicts([
        'url',
        'migrations',
      ]),
    )
    .addOption(
      new Option('--migrations <dir>', 'a directory of SQL files that make it').conflicts(['url', 'sql']),
    )
    .option('--out <dir>', 'where the project is written', '.')
    .option('--name <name>', 'of the architecture (default: the name of the source)')
    .addOption(
      new Option('--platform <name>', 'what it runs on, whose roles and schemas are not adopted').choices([
        ...platformNames,
      ]),
    )
    .option('--before <file...>', "a platform's SQL, which runs first and is not adopted")
    .addOption(variableOption())
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--json', 'print one JSON envelope instead of text')
    .action((options: AdoptOptions) =>
      run(described.name, options.json === true ? { json: true } : {}, async (output) => {
        const { adoptCommand } = await import('./adopt-command.ts')
        return adoptCommand(options, output)
      }),
    )
}
