/** A declared budget as the limits that a plan is held against. */
import type { QueryBudget, QueryRule } from '../../architecture/kinds/query.ts'
import { relationOfId } from '../ddl.ts'
import type { Limits } from '../experiment.ts'
import { partsOfIndex, unknownIndex } from './index-parts.ts'
import type { RuleContext } from '../rule-kind.ts'

const named = (given: string | readonly string[] | undefined): readonly string[] =>
  given === undefined ? [] : typeof given === 'string' ? [given] : given

const counts: readonly (keyof QueryBudget)[] = ['buffers', 'buffersPerRow', 'rowsReadPerRow', 'uses']

/** Who states no limit at all still does not read a table whole unnoticed. */
const neverOf = (budget: QueryBudget): readonly string[] =>
  budget.never === undefined && counts.every((key) => budget[key] === undefined)
    ? ['Seq Scan']
    : named(budget.never)

/** Tables that are to stay so small that reading them whole is right. */
const smallRows = 1_000

export const limitsOf = async (
  rule: QueryRule,
  context: Pick<RuleContext, 'architecture' | 'catalog' | 'db'>,
): Promise<Limits> => {
  const { budget } = rule
  const { buffers, buffersPerRow, rowsReadPerRow, estimate } = budget
  const uses = await Promise.all(
    named(budget.uses).map(async (name) => {
      const unknown = await unknownIndex(name, context)
      if (unknown !== null) return { name, parts: [], unknown }
      return { name, parts: await partsOfIndex(name, rule, context) }
    }),
  )
  return {
    ...(buffers === undefined ? {} : { buffers }),
    ...(buffersPerRow === undefined ? {} : { buffersPerRow }),
    ...(rowsReadPerRow === undefined ? {} : { rowsReadPerRow }),
    ...(estimate === undefined ? {} : { estimate }),
    spills: budget.spills === true,
    uses,
    never: neverOf(budget),
    small: Object.entries(rule.rowsAt)
      .filter(([, rows]) => rows <= smallRows)
      .map(([id]) => relationOfId(id).name),
  }
}

/** Indexes that a budget names and that are nowhere: what to do about it; null: there are none. */
export const unknownMend = ({ uses }: Pick<Limits, 'uses'>): string | null => {
  const told = uses.flatMap(({ unknown }) => unknown ?? [])
  return told.length === 0
    ? null
    : `${told.join(' ')} Name one that the plan can take, in { budget: { uses: … } }; or declare this one, with t.indexed(…, { name: … }).`
}

/** Where PostgreSQL expects other rows than come: no index changes that. */
export const estimatesMend =
  'Of rows that are misjudged: t.statistics(…) with the columns whose values go together, or alter table … alter column … set statistics 1000, and then analyze.'

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** "30 buffers, no Seq Scan": what it allows, for its sentence. */
export const budgetInWords = (budget: QueryBudget): string =>
  [
    ...(budget.buffers === undefined ? [] : [`at most ${counted(budget.buffers, 'buffer')}`]),
    ...(budget.buffersPerRow === undefined
      ? []
      : [`at most ${counted(budget.buffersPerRow, 'buffer')} for each row`]),
    ...(budget.rowsReadPerRow === undefined
      ? []
      : [`at most ${counted(budget.rowsReadPerRow, 'row')} read for each that it returns`]),
    ...(budget.statements === undefined ? [] : [`at most ${counted(budget.statements, 'statement')}`]),
    ...named(budget.uses).map((name) => `by the index ${name}`),
    ...neverOf(budget).map((node) => (node === 'Seq Scan' ? 'no table read whole' : `no ${node}`)),
    ...(budget.estimate === undefined ? [] : [`estimates right within ${budget.estimate} times`]),
    ...(budget.spills === true ? [] : ['nothing on disk']),
  ].join(', ') || 'no limits'
