/** The grammar of assay score. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { operatorSets } from '../catalog/operator-set/names.ts'
import type { ScoreOptions } from './score-options.ts'
import type { Grammar } from './setup-commands.ts'
import { variableOption } from './variable-option.ts'

const described = {
  name: 'score',
  summary: 'judge the tests that you have by the same mutants',
  description:
    'Breaks every structure of the database in every way that fits, and runs your own tests on each: a command, with DATABASE_URL and PG* pointed at a fresh copy, or SQL files, inside the transaction of the mutant. No rule has to be declared. An interrupted run goes on where it was.',
  examples: [
    ["assay score --suite 'npm test'", 'the schema of assay.config.ts, a command'],
    ["assay score --migrations db --suite 'npm test'", 'without a configuration'],
    ["assay score --suite 'tests/*.sql' --before pgtap.sql", 'a pgTAP suite'],
    ["assay score --suite 'npm test' --since main", 'only what this branch touches'],
    ["assay score --suite 'npm test' --at-least 80", 'as a gate: exit 1 below 80 %'],
  ],
} as const

const positive = (text: string): number => {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is no number above 0.')
  return value
}

const wholeWorkers = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new InvalidArgumentError('It is no whole number from 1 to 64.')
  return value
}

const percent = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0 || value > 100)
    throw new InvalidArgumentError('It is no number from 0 to 100.')
  return value
}

/** Of the commands that make mutants. */
export const operatorsOption = (): Option =>
  new Option('--operators <set>', 'only mutants of these operators').choices(operatorSets)

export const addScore = (program: Command, { describe, withCommon, run }: Grammar): void => {
  withCommon(describe(program, described))
    .option('--suite <tests>', "a command that fails when a test fails, or SQL files: 'tests/*.sql'")
    .addOption(new Option('--sql-suite <file...>', 'SQL files, one by one').conflicts('suite'))
    .option('--migrations <dir>', 'SQL files that make the schema, instead of assay.config.ts')
    .option('--sql <file...>', 'a dump or other SQL files that make the schema, in this order')
    .option('--extension <name...>', 'extensions to create first, with --migrations or --sql')
    .addOption(variableOption())
    .option('--architecture <name>', 'which one, when the configuration has several')
    .option('--before <file...>', 'SQL files that the suite needs besides: pgTAP, seeds')
    .option('--workers <n>', 'how many runs of a command go side by side', wholeWorkers, 2)
    .option('--timeout <seconds>', 'when a run hangs (default: four times what the suite takes)', positive)
    .option('--since <ref>', 'only structures that differ from the schema at this commit')
    .option('--only <id...>', 'ids of structures, tables or mutants; after the directory')
    .addOption(operatorsOption())
    .option('--at-least <percent>', 'exit 1 when fewer of the mutants are noticed', percent)
    .option('--restart', 'forget what an interrupted run found out')
    .option('--journal <dir>', 'where a run keeps what it found out (default: .assay/score)')
    .option('--markdown <file>', 'write a summary in Markdown')
    .action((directory: string, options: ScoreOptions) =>
      run(described.name, options, async (output) => {
        const { scoreCommand } = await import('./score-command.ts')
        return scoreCommand(directory, options, output)
      }),
    )
}
