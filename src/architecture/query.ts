/**
 * `architecture.query(…)`: a statement of the application is declared before the indexes that serve it. Its rule goes
 * to the proof; its value is what the application will call, with the types of its parameters and rows.
 */
import type { Architecture } from './architecture.ts'
import { declareCall, formsOf, type CallBuild, type CallStatement } from './call-statement.ts'
import type { QueryBudget, QueryRule } from './kinds/query.ts'
import { isPlainQuery, type PlainQuery } from './plain-query.ts'
import type { CompiledCall } from './query-builder.ts'
import { budgetFaults, functionBudgetFaults } from './query-budget.ts'
import { readablesOf, readsFaults, rowsFaults, type Readable } from './query-reads.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import type { RulePlace } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'

/**
 * A statement of the application, written with Kysely, or an async function that sends several: it names the tables
 * that it reads, and is typed over these alone.
 */
export type QueryBuild<Database, P, R> = CallBuild<Database, P, R>

export interface QueryOptions<Reads extends string, P> {
  readonly budget?: QueryBudget
  /** How many rows its tables will have. */
  readonly at?: { readonly [K in Reads]?: number }
  /**
   * Calls to prove it with. Left out, values are taken from the rows that its conditions are about: a frequent one, a
   * rare one, and one that no row has; a call may give some of the parameters, and the others are found like that.
   */
  readonly with?: readonly Partial<P>[]
  /** It runs as whoever bypasses row-level security, not as the application: left out, false where there is an identity. */
  readonly asOwner?: boolean
}

/** P: what a call is given; R: a row of its answer, or (of a function) all of it. */
export interface Query<P = unknown, R = unknown> {
  readonly id: string
  readonly sentence: string
  /** One call as a driver takes it. Throws where it is a function, which sends several statements. */
  compile(parameters: P): CompiledCall
  /** Exists for the compiler only. */
  readonly $query?: { readonly parameters: P; readonly row: R }
}

export type QueryMethod<Database> = <
  const Reads extends readonly [keyof Database & string, ...(keyof Database & string)[]],
  P,
  R,
>(
  sentence: string,
  reads: Reads,
  statement: QueryBuild<Pick<Database, Reads[number]>, P, R> | PlainQuery<P, R>,
  options?: QueryOptions<Reads[number], NoInfer<P>>,
) => Query<P, R>

interface Given {
  readonly sentence: string
  readonly reads: readonly string[]
  readonly statement: CallStatement
  readonly options: QueryOptions<string, unknown>
  readonly at: DeclaredAt | null
}

/** Where rules of queries stand in ids. */
const queryId = (sentence: string): string => `queries/${sentence}`

const optionNames = ['budget', 'at', 'with', 'asOwner']

const ruleOf = (place: RulePlace, architecture: Architecture, given: Given): QueryRule => {
  const { sentence, reads, statement, options, at } = given
  const readables: readonly Readable[] = readablesOf(architecture)
  for (const fault of readsFaults(place, reads, readables)) place.refuse(fault)
  refuseUnknownKeys(place, 'query', options, optionNames)
  for (const fault of rowsFaults(place, options.at, reads)) place.refuse(fault)
  for (const fault of budgetFaults(place, options.budget ?? {})) place.refuse(fault)
  const idOf = (key: string): string => readables.find((one) => one.key === key)?.id ?? key
  const ids = [...new Set(reads.map(idOf))]
  const { forms, function: sends } = formsOf(place, 'query', statement, options.with ?? [])
  if (sends !== null)
    for (const fault of functionBudgetFaults(place, options.budget ?? {})) place.refuse(fault)
  return {
    kind: 'query',
    id: queryId(sentence),
    table: ids[0] ?? '',
    columns: [],
    at,
    sentence,
    reads: ids,
    forms,
    ...(sends === null ? {} : { function: sends }),
    ...(sends === null || options.with === undefined ? {} : { calls: options.with }),
    shows: isPlainQuery(statement) ? statement.row : null,
    budget: options.budget ?? {},
    rowsAt: Object.fromEntries(Object.entries(options.at ?? {}).map(([key, rows]) => [idOf(key), rows ?? 0])),
    asApplication: architecture.identity !== null && options.asOwner !== true,
  }
}

/** Declares it; everything that is wrong with the declaration is thrown at once. */
export const declareQuery = (
  architecture: Architecture,
  given: Given,
  add: (rule: QueryRule) => void,
): Query =>
  declareCall(architecture, given, {
    what: 'query',
    id: queryId(given.sentence),
    ruleOf: (place) => ruleOf(place, architecture, given),
    add,
  })
