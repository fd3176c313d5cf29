/** assay explain ID. */
import { explainRule } from '../project/explain-rule.ts'
import { envelopeText } from '../report/envelope.ts'
import { givenWhenThen } from '../report/given-when-then.ts'
import { printable } from '../report/printable.ts'
import type { ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import type { CommonOptions } from './run-command.ts'

export const explainCommand = async (
  id: string,
  directory: string,
  options: CommonOptions,
  output: Output,
): Promise<ExitCode> => {
  const rules = await explainRule({
    id,
    directory,
    ...(options.url === undefined ? {} : { url: options.url }),
    ...(output.onProgress ? { onProgress: output.onProgress } : {}),
  })
  output.settle()
  if (options.json) {
    const summary = rules.map((rule) => ({
      id: rule.id,
      sentence: rule.sentence,
      claims: rule.claims,
      green: rule.green,
      experiments: rule.experiments.map(({ experiment, holds, difference }) => ({
        id: experiment.id,
        title: experiment.title,
        sql: givenWhenThen(experiment),
        holds,
        difference,
      })),
    }))
    output.result(envelopeText({ ok: true, command: 'explain', summary, findings: [], next: [], artifacts: [] }))
    return 0
  }
  const blocks = rules.flatMap((rule) => [
    `-- ${printable(rule.id)}: ${printable(rule.sentence)}`,
    ...rule.experiments.map((e) => givenWhenThen(e.experiment)),
  ])
  output.result(blocks.join('\n\n'))
  return 0
}
