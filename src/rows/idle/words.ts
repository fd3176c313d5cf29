/** How a CHECK that rejects nothing is told, by those who adopt a database and by those who prove its rules. */
import { readable } from '../../catalog/expression/text.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { ImpliedCheck } from './implied.ts'
import type { CheckStudy } from './study-checks.ts'

export const alterChecked = ({ table, isDomain }: CheckStudy): string =>
  `alter ${isDomain ? 'domain' : 'table'} ${qualified(table)}`

export const droppedCheck = (study: CheckStudy): string =>
  `${alterChecked(study)} drop constraint ${ident(study.structure.facts.name)};`

const conditionOf = ({ condition, structure }: CheckStudy): string =>
  readable(condition.tree, structure.facts.expression)

export const saidNever = (study: CheckStudy): string =>
  `CHECK ${study.structure.name} can never reject a row: ${conditionOf(study)}`

export const whyNever = (study: CheckStudy): string => {
  const nulls = study.dead.filter(({ constant, connective }) => constant === 'null' && connective === 'or')
  const parts = nulls.map(({ node }) => readable(node))
  if (parts.length > 0)
    return `${parts.join(' and ')} is null for every row (EXPLAIN VERBOSE folds it), null or false is null, and a CHECK rejects only what is false`
  return study.verdict === 'never-rejects' && study.condition.parts.length === 0
    ? 'the condition is never false, whatever stands in its columns: a CHECK rejects only what is false'
    : 'every way in which its values can compare, nulls among them, was put to PostgreSQL: none is false'
}

export const saidImplied = ({ study, by }: ImpliedCheck): string =>
  `CHECK ${study.structure.name} rejects nothing that ${by.join(' and ')} ${by.length === 1 ? 'lets' : 'let'} through: ${conditionOf(study)}`

export const whyImplied = ({ by }: ImpliedCheck): string =>
  `every way in which its values can compare was put to PostgreSQL under ${by.join(' and ')}: it is never false`
