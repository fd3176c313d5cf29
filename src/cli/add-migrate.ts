/** The grammar of assay migrate: up, down, plan, status, baseline, resolve, and what belongs to single migrations. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { resolutions } from '../migrate/run/resolutions.ts'
import { addBackfill } from './add-backfill.ts'
import { addCutover } from './add-cutover.ts'
import { addCompensate } from './add-compensate.ts'
import { addExpand } from './add-expand.ts'
import { addMigrateTest } from './add-migrate-test.ts'
import type { MigrateOptions } from './migrate-command.ts'
import type { Grammar } from './setup-commands.ts'

const group = {
  name: 'migrate',
  summary: 'run migrations on a database, take them back, test them',
  description:
    'Runs the SQL migrations of the project on the one database that --url names. A journal in its schema `assay` says how far each has come: a run that is killed goes on where it stopped. Migrations that have not passed `assay migrate test`, a result that the ledger does not cover, and a database that is not the tested one are refused (4), unless told so by name.',
  examples: [
    ['assay migrate plan --url URL', 'what would run, and what the gates say'],
    ['assay migrate up --url URL', 'run what is pending'],
    ['assay migrate test', 'prove that migrations go up, down and up again'],
  ],
} as const

const up = {
  name: 'up',
  summary: 'run what is pending',
  description:
    'Runs pending migrations in their order, each stage in one transaction together with its line in the journal; then repeatable files whose text has changed. One runner at a time: a second one waits (--wait). A stage that does not get its lock within lock_timeout is tried again.',
  examples: [
    ['assay migrate up --url URL', 'all of them'],
    ['assay migrate up --url URL --to 0007', 'up to and with that one'],
    ['assay migrate up --url URL --dry-run', 'print the SQL, write nothing'],
    ['assay migrate up --url URL --allow untested', 'though it was not tested; the journal says so'],
  ],
} as const

const down = {
  name: 'down',
  summary: 'take migrations back, the last one first',
  description:
    'Runs the down.sql of what was applied last, or of what stopped half way. A migration without one is never taken back.',
  examples: [
    ['assay migrate down --url URL', 'the last one'],
    ['assay migrate down --url URL --to 0005', 'all behind that one, which stays'],
    ['assay migrate down --url URL --to 0', 'all of them'],
  ],
} as const

const plan = {
  name: 'plan',
  summary: 'say what up would do, and what refuses it',
  description:
    'Lists what up would run, with its stages, and what each gate says. Reads the database and writes nothing. Ends with 4 when up would refuse.',
  examples: [['assay migrate plan --url URL', 'before a release']],
} as const

const status = {
  name: 'status',
  summary: 'say how each migration stands in a database',
  description:
    'Lists the migrations with their state: applied, pending, unfinished, failed, edited after it ran, file missing. Ends with 1 when the database is not what the directory says, so that a release can wait for it.',
  examples: [['assay migrate status --url URL', 'is everything applied?']],
} as const

const baseline = {
  name: 'baseline',
  summary: 'record migrations as applied without running them',
  description:
    'For a database that has them already: made by another tool, restored, or older than the journal. Compares its schema with what the test of the last one has left.',
  examples: [['assay migrate baseline --url URL --to 0007', 'up to and with that one']],
} as const

const resolve = {
  name: 'resolve',
  summary: 'say how a migration stands, where the journal cannot know',
  description:
    'After a statement outside of any transaction was interrupted: step-done or step-undone. For a whole migration that was finished or undone by hand: applied or reverted. For one whose file was changed without a change of what it does: edited.',
  examples: [['assay migrate resolve 0007_fill --as step-done --url URL', 'it is done: go on behind it']],
} as const

const positive = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It is no whole number from 1 on.')
  return value
}

const wholeOrNone = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('It is no whole number from 0 on.')
  return value
}

const seconds = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 86_400)
    throw new InvalidArgumentError('It is no number of seconds from 0 to 86400.')
  return value
}

const withTarget = (command: Command): Command =>
  command
    .option('--url <url>', 'the one database (DATABASE_URL is not read)')
    .option('--architecture <name>', 'which one, when the configuration has several')
    .option('--json', 'print one JSON envelope instead of text')

const withDirectory = (command: Command): Command =>
  withTarget(command.argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.'))

const withRunner = (command: Command): Command =>
  command
    .option('--allow <gates>', 'go on though these refuse: untested,drift,… (kept in the journal)')
    .option('--wait <seconds>', 'how long another runner is waited for', seconds, 60)

const withLocks = (command: Command): Command =>
  withRunner(command)
    .option('--lock-timeout <seconds>', 'how long a statement waits for a lock', seconds, 3)
    .option('--lock-retries <n>', 'how often a stage is tried again that got none', wholeOrNone, 8)
    .option('--steps <n>', 'only so many migrations', positive)
    .option('--dry-run', 'print the SQL with its stages, and write nothing')

export const addMigrate = (program: Command, grammar: Pick<Grammar, 'describe' | 'run'>): void => {
  const { describe, run } = grammar
  const migrate = describe(program, group)
  const act = (name: string) => (directory: string, options: MigrateOptions) =>
    run(`migrate ${name}`, { ...options, directory }, async (output) => {
      const commands = await import('./migrate-command.ts')
      return commands.migrateCommand(name, directory, options, output)
    })
  withLocks(withDirectory(describe(migrate, up)))
    .option('--to <name>', 'the last one to run: its name or its number')
    .action(act('up'))
  withLocks(withDirectory(describe(migrate, down)))
    .option('--to <name>', 'the one that stays as the last: its name or its number; 0: none')
    .action(act('down'))
  withDirectory(describe(migrate, plan))
    .option('--allow <gates>', 'as they would be given to up')
    .option('--to <name>', 'the last one to run: its name or its number')
    .option('--steps <n>', 'only so many migrations', positive)
    .action(act('plan'))
  withDirectory(describe(migrate, status)).action(act('status'))
  withRunner(withDirectory(describe(migrate, baseline)))
    .requiredOption('--to <name>', 'the last one that stands in the database: its name or its number')
    .action(act('baseline'))
  withTarget(describe(migrate, resolve).argument('<name>', 'name of the migration'))
    .argument('[directory]', 'where assay.config.ts is looked for, from there upwards', '.')
    .addOption(new Option('--as <how>', 'how it stands').choices(resolutions).makeOptionMandatory())
    .option('--wait <seconds>', 'how long another runner is waited for', seconds, 60)
    .action((name: string, directory: string, options: MigrateOptions) =>
      run('migrate resolve', { ...options, directory }, async (output) => {
        const commands = await import('./migrate-command.ts')
        return commands.resolveCommand(name, directory, options, output)
      }),
    )
  addMigrateTest(migrate, grammar)
  addCompensate(migrate, grammar)
  addBackfill(migrate, grammar)
  addExpand(migrate, grammar)
  addCutover(migrate, grammar)
}
