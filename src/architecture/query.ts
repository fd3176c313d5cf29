/**
 * `architecture.query(…)`: a statement of the application is declared before the indexes that serve it. Its rule goes
 * to the proof; its value is what the application will call, with the types of its parameters and rows.
 */
import type { Compilable, Kysely } from 'kysely'
import { AssayErrors, type AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { Architecture } from './architecture.ts'
import type { QueryBudget, QueryForm, QueryRule } from './kinds/query.ts'
import { isPlainQuery, numbered, type PlainQuery } from './plain-query.ts'
import { compileCall, placeholders, toForm, type CompiledCall } from './query-builder.ts'
import { budgetFaults } from './query-budget.ts'
import { readablesOf, readsFaults, rowsFaults, type Readable } from './query-reads.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'

/** A statement of the application, written with Kysely: it names the tables that it reads, and is typed over these alone. */
export type QueryBuild<Database, P, R> = (db: Kysely<Database>, parameters: P) => Compilable<R>

export interface QueryOptions<Reads extends string, P> {
  readonly budget?: QueryBudget
  /** How many rows its tables will have. */
  readonly at?: { readonly [K in Reads]?: number }
  /**
   * Calls to prove it with. Left out, values are taken from the rows that its conditions are about: a frequent one, a
   * rare one, and one that no row has.
   */
  readonly with?: readonly P[]
  /** It runs as whoever bypasses row-level security, not as the application: left out, false where there is an identity. */
  readonly asOwner?: boolean
}

/** P: what a call is given; R: a row of its answer. */
export interface Query<P = unknown, R = unknown> {
  readonly id: string
  readonly sentence: string
  /** One call as a driver takes it. */
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
  options?: QueryOptions<Reads[number], P>,
) => Query<P, R>

interface Given {
  readonly sentence: string
  readonly reads: readonly string[]
  readonly statement: QueryBuild<unknown, unknown, unknown> | PlainQuery
  readonly options: QueryOptions<string, unknown>
  readonly at: DeclaredAt | null
}

/** Where rules of queries stand in ids. */
const queryId = (sentence: string): string => `queries/${sentence}`

const sentenceFaults = (
  place: Pick<RulePlace, 'at' | 'table'>,
  architecture: Architecture,
  sentence: unknown,
): readonly AssayError[] => {
  if (typeof sentence !== 'string' || sentence.trim() !== sentence || !/^[^\p{Cc}]{1,200}$/u.test(sentence))
    return [
      declarationFault(
        place,
        'query-sentence',
        `${architecture.name}: a query has no sentence of 1 to 200 letters in one line.`,
        "Say what it is for: query('recent orders of a user', …).",
      ),
    ]
  const earlier = architecture.queries?.find((rule) => rule.id === queryId(sentence))
  if (!earlier) return []
  return [
    declarationFault(
      place,
      'two-queries',
      `Two queries are called "${sentence}"${earlier.at === null ? '' : `: the other at ${earlier.at.file}:${earlier.at.line}`}.`,
      'Give one of them another sentence, or take it away.',
    ),
  ]
}

const callText = (parameters: unknown): string =>
  JSON.stringify(parameters, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''

const compilePlain = (query: PlainQuery, parameters: unknown): CompiledCall => {
  const { sql, names } = numbered(query.text)
  const given = (parameters ?? {}) as Readonly<Record<string, unknown>>
  return { sql, parameters: names.map((name) => given[name]) }
}

const compileWith = (statement: Given['statement'], parameters: unknown): CompiledCall =>
  isPlainQuery(statement) ? compilePlain(statement, parameters) : compileCall(statement, parameters)

const plainFaults = (place: RulePlace, query: PlainQuery): readonly AssayError[] => {
  const { names } = numbered(query.text)
  const stated = Object.keys(query.parameters)
  return [
    ...names
      .filter((name) => !stated.includes(name))
      .map((name) =>
        declarationFault(
          place,
          'query-parameter',
          `${place.table}: its SQL has the parameter ":${name}", whose type is not stated.${didYouMean(name, stated)}`,
          `State it: sql('…', { ${name}: 'bigint' }).`,
        ),
      ),
    ...stated
      .filter((name) => !names.includes(name))
      .map((name) =>
        declarationFault(
          place,
          'query-parameter',
          `${place.table}: the parameter "${name}" is stated, and its SQL has no ":${name}".${didYouMean(name, names)}`,
          'Take it away, or use it in the SQL.',
        ),
      ),
  ]
}

const formsOf = (place: RulePlace, { statement, options }: Given): readonly QueryForm[] => {
  const calls = options.with ?? []
  try {
    if (calls.length > 0) return calls.map((call) => toForm(compileWith(statement, call), callText(call)))
    const form = toForm(compileWith(statement, placeholders()), null)
    if (!isPlainQuery(statement)) return [form]
    const types = statement.parameters
    return [
      {
        ...form,
        parameters: form.parameters.map((one) =>
          'name' in one ? { ...one, type: types[one.name] ?? null } : one,
        ),
      },
    ]
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    place.refuse(
      declarationFault(
        place,
        'query-build',
        `${place.table}: its statement cannot be built: ${why}.`,
        calls.length > 0
          ? 'Correct the function, or the calls in { with: [ … ] }.'
          : 'Name calls to build it with: { with: [{ … }] }; without them no parameter has a value yet.',
        'a parameter may only stand where a value stands in SQL, unless calls are named',
      ),
    )
    return []
  }
}

const optionNames = ['budget', 'at', 'with', 'asOwner']

const ruleOf = (place: RulePlace, architecture: Architecture, given: Given): QueryRule => {
  const { sentence, reads, statement, options, at } = given
  const readables: readonly Readable[] = readablesOf(architecture)
  for (const fault of readsFaults(place, reads, readables)) place.refuse(fault)
  refuseUnknownKeys(place, 'query', options, optionNames)
  for (const fault of rowsFaults(place, options.at, reads)) place.refuse(fault)
  for (const fault of budgetFaults(place, options.budget ?? {})) place.refuse(fault)
  if (isPlainQuery(statement)) for (const fault of plainFaults(place, statement)) place.refuse(fault)
  const idOf = (key: string): string => readables.find((one) => one.key === key)?.id ?? key
  const ids = [...new Set(reads.map(idOf))]
  const forms = formsOf(place, given)
  return {
    kind: 'query',
    id: queryId(sentence),
    table: ids[0] ?? '',
    columns: [],
    at,
    sentence,
    reads: ids,
    forms,
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
): Query => {
  const faults: AssayError[] = []
  const place: RulePlace = {
    table: queryId(given.sentence),
    tableColumns: [],
    at: given.at,
    refuse: (fault) => faults.push(fault),
  }
  faults.push(...sentenceFaults(place, architecture, given.sentence))
  if (typeof given.statement !== 'function' && !isPlainQuery(given.statement)) {
    faults.push(
      declarationFault(
        place,
        'query-statement',
        `${place.table}: it has no statement.`,
        "Give a function (db, p) => db.selectFrom(…), or sql('select …').",
      ),
    )
    throw new AssayErrors(faults)
  }
  const rule = ruleOf(place, architecture, given)
  if (faults.length > 0) throw new AssayErrors(faults)
  add(rule)
  return {
    id: rule.id,
    sentence: given.sentence,
    compile: (parameters) => compileWith(given.statement, parameters),
  }
}
