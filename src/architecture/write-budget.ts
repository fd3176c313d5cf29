/** What can be wrong with the options of a declared write. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { millisecondsOf } from './query-budget.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'

type Place = Pick<RulePlace, 'at' | 'table'>

const perRow = [
  'rowsReadPerRow',
  'rowsWrittenPerRow',
  'indexEntriesPerRow',
  'buffersPerRow',
  'walPerRow',
  'triggerCallsPerRow',
]
const budgetNames = ['statements', ...perRow, 'p95']

/** What only one statement tells of itself. */
const ofOneStatement = ['walPerRow', 'triggerCallsPerRow']

const isCount = (value: unknown, least: number): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least

/** Zero is a budget, too: no index entries, no calls of triggers. */
const isLimit = (name: string, value: unknown): boolean => {
  if (name === 'p95') return typeof value === 'string' && millisecondsOf(value) !== null
  if (name === 'statements') return isCount(value, 1)
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

const wanted = (name: string): string => {
  if (name === 'p95') return "Give a time, such as '50ms'."
  return name === 'statements' ? 'Give a whole number of statements above 0.' : 'Give a number of 0 or more.'
}

export const writeBudgetFaults = (place: Place, budget: object, isFunction: boolean): readonly AssayError[] =>
  Object.entries(budget).flatMap(([name, value]) => {
    const fault = (summary: string, mend: string): readonly AssayError[] => [
      declarationFault(place, 'budget', `${place.table}: ${summary}`, mend),
    ]
    if (!budgetNames.includes(name))
      return fault(
        `the budget of a write has no "${name}".${didYouMean(name, budgetNames)}`,
        `Use one of: ${budgetNames.join(', ')}.`,
      )
    if (value !== undefined && !isLimit(name, value))
      return fault(`its budget says ${name}: ${JSON.stringify(value)}.`, wanted(name))
    if (isFunction && ofOneStatement.includes(name))
      return fault(
        `its budget says ${name}, which is counted of one statement, and it is a function that sends several.`,
        'Take it away, or declare the statement that it is about as a write of its own.',
      )
    return []
  })

/** Each of them is a connection of its own. */
const mostWriters = 64
const mostRows = 100_000

const limits = [
  { name: 'rows', least: 1, most: mostRows, what: 'rows of one call' },
  { name: 'concurrency', least: 1, most: mostWriters, what: 'writers at once' },
  { name: 'retries', least: 0, most: 100, what: 'times that a call begins again' },
] as const

const levels = ['read committed', 'repeatable read', 'serializable']
const isLevel = (value: unknown): boolean => typeof value === 'string' && levels.includes(value)

export const writeOptionFaults = (
  place: Place,
  options: { readonly [K in 'rows' | 'concurrency' | 'retries' | 'isolation']?: unknown },
): readonly AssayError[] => [
  ...limits
    .filter(({ name, least, most }) => {
      const value = options[name]
      return value !== undefined && !(isCount(value, least) && Number(value) <= most)
    })
    .map(({ name, least, most, what }) =>
      declarationFault(
        place,
        'write-size',
        `${place.table}: ${name} is ${JSON.stringify(options[name])}.`,
        `Give a whole number of ${what}, from ${least} to ${most.toLocaleString('en')}.`,
      ),
    ),
  ...(options.isolation === undefined || isLevel(options.isolation)
    ? []
    : [
        declarationFault(
          place,
          'write-isolation',
          `${place.table}: isolation is ${JSON.stringify(options.isolation)}.${typeof options.isolation === 'string' ? didYouMean(options.isolation, levels) : ''}`,
          `Use one of: ${levels.join(', ')}.`,
        ),
      ]),
]
