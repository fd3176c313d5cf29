/** What can be wrong with a budget, and the times that are aimed at where it says none. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'

const duration = /^(\d+(?:\.\d+)?)(ms|s)$/u

/** Milliseconds. */
export const millisecondsOf = (text: string): number | null => {
  const match = duration.exec(text)
  if (match === null) return null
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

/** What is aimed at where a budget says nothing: by the number of tables, and by the text search in it. */
export const usualMilliseconds = (tables: number, isTextSearch: boolean): number => {
  if (tables >= 4) return 200
  if (isTextSearch) return 100
  return tables === 1 ? 10 : 50
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity
const isNames = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'))

const parts: Readonly<Record<string, { readonly is: (value: unknown) => boolean; readonly wanted: string }>> =
  {
    buffers: { is: isPositive, wanted: 'a number of pages above 0' },
    buffersPerRow: { is: isPositive, wanted: 'a number of pages above 0' },
    rowsReadPerRow: { is: isPositive, wanted: 'a number of rows above 0' },
    statements: {
      is: (value) => isPositive(value) && Number.isInteger(value),
      wanted: 'a whole number of statements above 0',
    },
    estimate: { is: (value) => isPositive(value) && Number(value) >= 1, wanted: 'a factor of 1 or more' },
    uses: { is: isNames, wanted: "names of indexes, such as ['orders_user_id_idx']" },
    never: { is: isNames, wanted: "nodes of plans, such as ['Seq Scan', 'Sort']" },
    spills: { is: (value) => typeof value === 'boolean', wanted: 'true or false' },
    p95: {
      is: (value) => typeof value === 'string' && millisecondsOf(value) !== null,
      wanted: "a time, such as '10ms'",
    },
  }

export const budgetFaults = (place: Pick<RulePlace, 'at' | 'table'>, budget: object): readonly AssayError[] =>
  Object.entries(budget).flatMap(([name, value]) => {
    const part = parts[name]
    const names = Object.keys(parts)
    if (part === undefined)
      return [
        declarationFault(
          place,
          'budget',
          `${place.table}: a budget has no "${name}".${didYouMean(name, names)}`,
          `Use one of: ${names.join(', ')}.`,
        ),
      ]
    if (value === undefined || part.is(value)) return []
    return [
      declarationFault(
        place,
        'budget',
        `${place.table}: its budget says ${name}: ${JSON.stringify(value)}.`,
        `Give ${part.wanted}.`,
      ),
    ]
  })

/** What only the plan of one statement tells. */
const ofPlans = ['uses', 'estimate', 'spills'] as const

export const functionBudgetFaults = (
  place: Pick<RulePlace, 'at' | 'table'>,
  budget: object,
): readonly AssayError[] => [
  ...ofPlans
    .filter((name) => name in budget)
    .map((name) =>
      declarationFault(
        place,
        'budget',
        `${place.table}: its budget says ${name}, which is about one plan, and it is a function that sends several statements.`,
        'Take it away, or declare the statement that it is about as a query of its own.',
      ),
    ),
  ...('never' in budget && [budget.never].flat().some((node) => node !== 'Seq Scan')
    ? [
        declarationFault(
          place,
          'budget',
          `${place.table}: its budget forbids nodes of plans, and it is a function that sends several statements.`,
          "Of a function only never: 'Seq Scan' is counted; declare the statement that it is about as a query of its own.",
        ),
      ]
    : []),
]
