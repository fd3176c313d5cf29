/** assay explain ID. */
import { explainRule, type Explanation } from '../project/explain-rule.ts'
import { envelopeText } from '../report/envelope.ts'
import { givenWhenThen, ruleScript, scriptHead, structureScript } from '../report/given-when-then.ts'
import type { Answer } from './exit-code.ts'
import type { Output } from './output.ts'
import { fromHere } from './paths.ts'
import type { CommonOptions } from './run-command.ts'

/** Scripts name files as a person here would. */
const fromHereOn = ({ rules, ...explained }: Explanation): Explanation => ({
  ...explained,
  rules: rules.map((rule) => ({ ...rule, at: rule.at && { ...rule.at, file: fromHere(rule.at.file) } })),
})

const summaryOf = ({ rules, structures, owner }: Explanation): unknown => ({
  structures,
  rules: rules.map(({ id, table, sentence, at, claims, missing, green, design, unsolved, experiments }) => ({
    id,
    sentence,
    at,
    claims,
    missing: missing ?? null,
    green,
    design,
    unsolved: unsolved.map(({ summary, tried }) => ({ summary, tried })),
    experiments: experiments.map((result) => ({
      id: result.experiment.id,
      title: result.experiment.title,
      sql: givenWhenThen(result, table, { owner }),
      holds: result.holds,
      difference: result.difference,
    })),
  })),
})

export const explainCommand = async (
  id: string,
  directory: string,
  options: CommonOptions,
  output: Output,
): Promise<Answer> => {
  const { url } = options
  const explained = fromHereOn(
    await explainRule({
      id,
      directory,
      ...(url === undefined ? {} : { url }),
      ...(output.onProgress ? { onProgress: output.onProgress } : {}),
    }),
  )
  if (options.json) {
    const summary = summaryOf(explained)
    return {
      code: 0,
      text: envelopeText({ ok: true, command: 'explain', summary, findings: [], next: [], artifacts: [] }),
    }
  }
  const { rules, structures, owner } = explained
  const text = [
    scriptHead,
    ...structures.map(structureScript),
    ...rules.map((rule) => ruleScript(rule, { owner })),
  ].join('\n\n')
  return { code: 0, text }
}
