/** GREEN: every experiment of every rule on the database as the migrations made it. */
import type { ExperimentResult } from './result.ts'
import { differenceFrom } from './judge.ts'
import type { TestedRule } from './write-tests.ts'
import type { Workplace } from './workplace.ts'

export interface GreenRule extends TestedRule {
  readonly results: readonly ExperimentResult[]
  readonly green: boolean
}

/** Experiments of one write; bounds the memory that replies take. */
const batchSize = 2_000

/** Runs all experiments of these rules without any change to the database. */
export const proveGreen = async (
  workplace: Workplace,
  rules: readonly TestedRule[],
): Promise<readonly GreenRule[]> => {
  const experiments = rules.flatMap((rule) => rule.experiments)
  const results: ExperimentResult[] = []
  for (let from = 0; from < experiments.length; from += batchSize) {
    const some = experiments.slice(from, from + batchSize)
    const [outcome] = await workplace.run([{ ddl: [], experiments: some }])
    some.forEach((experiment, i) => {
      const observed = outcome!.observations[i]!
      const difference = experiment.shadow ? null : differenceFrom(experiment, observed)
      results.push({ experiment, observed, holds: difference === null, difference })
    })
  }
  let at = 0
  return rules.map((rule) => {
    const own = results.slice(at, (at += rule.experiments.length))
    return {
      ...rule,
      results: own,
      green: rule.missing === null && own.length > 0 && own.every((r) => r.holds),
    }
  })
}
