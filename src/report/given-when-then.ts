/** A rule's experiments as Given / When / Then, as SQL that can be pasted into psql and is rolled back. */
import { becomeAsker } from '../prove/runner.ts'
import type { Experiment, Expected } from '../rules/experiment.ts'
import { printable } from './printable.ts'

/** A comment that nothing in the text can end. */
const comment = (text: string): string => `-- ${printable(text).replaceAll(/\s*\n\s*/gu, ' ')}`

const statement = (sql: string): string => `${sql.trimEnd().replace(/;$/u, '')};`

const outcome = (then: Expected): string => {
  switch (then.kind) {
    case 'accepted':
      return 'it is accepted'
    case 'affects':
      return `${then.rows} row${then.rows === 1 ? ' is' : 's are'} affected`
    case 'rows':
      return then.rows.length === 0
        ? 'no rows are returned'
        : `these rows are returned: ${then.rows.map((r) => `(${r.map((v) => v ?? 'null').join(', ')})`).join(' ')}`
    case 'plan':
      return `its plan uses ${then.uses ?? 'an index that serves it'}`
    case 'rejected': {
      const { by } = then
      const states = typeof by.sqlstate === 'string' ? by.sqlstate : by.sqlstate.join(' or ')
      const name = by.constraint ?? by.column ?? by.dataType
      return `it is refused with SQLSTATE ${states}${name === undefined ? '' : ` by ${name}`}`
    }
  }
}

const interleaved = (experiment: Experiment): readonly string[] =>
  experiment.interleaving
    ? [
        comment('When two sessions write at once, in this order:'),
        ...experiment.interleaving.steps.map((s) => `/* session ${s.session} */ ${statement(s.sql)}`),
        comment('Then this finds nothing'),
        statement(experiment.interleaving.violations),
      ]
    : []

/** One experiment as a script. */
export const givenWhenThen = (experiment: Experiment): string => {
  const given = [...experiment.world.statements, ...experiment.given]
  const lines = [comment(`${experiment.id}: ${experiment.title}`), 'begin;']
  if (given.length > 0) lines.push(comment('Given'), ...given.map(statement))
  if (experiment.as) lines.push(comment('As'), ...becomeAsker(experiment.as).map(statement))
  if (experiment.interleaving) lines.push(...interleaved(experiment))
  else if (experiment.proof) lines.push(comment('When the proof function of the rule runs'), comment('Then it does not throw'))
  else {
    lines.push(comment('When'), ...experiment.when.map(statement), 'set constraints all immediate;')
    lines.push(comment(`Then ${outcome(experiment.then)}`))
  }
  return [...lines, 'rollback;'].join('\n')
}
