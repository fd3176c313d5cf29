/** The figures of a proof, and what was not looked at, so that nothing is claimed that was not seen. */
import type { ProveResult } from '../prove/result.ts'
import type { Layout } from './paint.ts'
import { wrap } from './printable.ts'

/** Columns before the text of a row. */
const textColumn = 14

/** Rounded down: 100 is said of all and of nothing less. */
export const percentOf = (part: number, whole: number): string => {
  const tenths = Math.floor((1000 * part) / whole)
  return part === whole ? '100' : `${Math.floor(tenths / 10)}.${tenths % 10}`
}

const secondsRow = ({ summary: { seconds } }: ProveResult, steps: readonly string[]): string => {
  const parts = (['start', 'green', 'red', 'mutate'] as const).filter(
    (part) => part === 'start' || steps.includes(part),
  )
  const total = parts.reduce((sum, part) => sum + seconds[part], 0)
  return `${total.toFixed(1)} (${parts.map((part) => `${part} ${seconds[part].toFixed(1)}`).join(', ')})`
}

/** `steps` are those that were run. */
export const scoreLines = (
  result: ProveResult,
  steps: readonly ('green' | 'red' | 'mutate')[],
  { paint, width }: Layout,
): readonly string[] => {
  const { summary: s, rules } = result
  const { mutants: m } = s
  const rows: [string, string][] = [
    ['tables', `${s.tables}`],
    [
      'rules',
      `${s.rules}, with ${s.experiments} experiments${s.observed === undefined ? '' : `; ${s.observed} observed: nobody has said yet that they are right`}`,
    ],
    ['green', `${s.green} of ${s.rules} hold`],
  ]
  if (steps.includes('red')) {
    const now = rules.filter((rule) => rule.red?.proven === true && !rule.green).length
    rows.push([
      'red',
      `${s.red} of ${s.rules} fail without their structure${now === 0 ? '' : `, ${now} of them now`}`,
    ])
  }
  rows.push(['structures', `${s.structures}, ${s.unproven} of them without a rule that asks for it`])
  if (steps.includes('mutate')) {
    const told = m.killed + m.survived + m.unsolved
    rows.push([
      'mutants',
      `${m.made}: ${m.killed} killed, ${m.redundant} redundant, ${m.equivalent} equivalent, ${m.stillborn} stillborn, ${m.survived} survived, ${m.unsolved} unsolved`,
    ])
    rows.push([
      'score',
      told === 0
        ? 'there was no mutant that can be told apart'
        : `${percentOf(m.killed, told)} % of the ${told} mutants that can be told apart were killed`,
    ])
  }
  const unseen = [
    ...(steps.includes('red') ? [] : ['whether each rule fails without its structure (red)']),
    ...(steps.includes('mutate') ? [] : ['what breaking each structure shows (mutate)']),
  ]
  if (unseen.length > 0) rows.push(['not seen', `${unseen.join('; ')}: \`npx assay prove\` looks at all`])
  rows.push(['seconds', secondsRow(result, steps)])
  return rows.map(([name, text]) => `  ${paint.dim(name.padEnd(11))} ${wrap(text, width, textColumn)}`)
}
