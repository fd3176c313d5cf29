/** What comes after a score: the first structure that the suite does not protect, asked for alone; or the rules. */
import { shellCommand } from '../ground/shell-word.ts'
import { withProtection } from '../report/suite-score.ts'
import type { ScoreResult } from '../score/score-result.ts'
import type { ScoreOptions } from './score-options.ts'

/** Where the schema comes from, in the words of the command line. */
const sourceWords = ({ migrations, sql, variable = new Map() }: ScoreOptions): readonly string[] => [
  ...(migrations === undefined ? [] : ['--migrations', migrations]),
  ...(sql === undefined ? [] : ['--sql', ...sql]),
  ...[...variable].flatMap(([name, value]) => ['--variable', `${name}=${value}`]),
]

const suiteWords = (options: ScoreOptions): readonly string[] => {
  const { suite, sqlSuite, extension = [], architecture, before = [], operators, workers } = options
  return [
    ...(sqlSuite === undefined ? ['--suite', suite ?? ''] : ['--sql-suite', ...sqlSuite]),
    ...(extension.length === 0 ? [] : ['--extension', ...extension]),
    ...(architecture === undefined ? [] : ['--architecture', architecture]),
    ...(before.length === 0 ? [] : ['--before', ...before]),
    ...(operators === undefined ? [] : ['--operators', operators]),
    // Where several at once are refused, it has to be one again.
    ...(workers === 1 ? ['--workers', '1'] : []),
  ]
}

/** A server's address may hold a password: the command is told without it. */
export const nextOfScore = (
  directory: string,
  options: ScoreOptions,
  result: ScoreResult,
): readonly string[] => {
  const place = directory === '.' ? [] : [directory]
  const source = sourceWords(options)
  const [open] = [...withProtection(result, 'none'), ...withProtection(result, 'part')]
  if (open !== undefined)
    return [
      shellCommand('npx', 'assay', 'score', ...place, ...source, ...suiteWords(options), '--only', open.id),
    ]
  const isConfigured = options.migrations === undefined && options.sql === undefined
  return [shellCommand('npx', 'assay', ...(isConfigured ? ['prove', ...place] : ['adopt', ...source]))]
}
