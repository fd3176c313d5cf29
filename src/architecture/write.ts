/**
 * `architecture.write(…)`: what the application writes in one call, with its budget, alone and with many writers at
 * once. Declared beside queries and in their words: one statement, or an async function that sends several.
 */
import type { Architecture } from './architecture.ts'
import { declareCall, formsOf, type CallBuild, type CallStatement } from './call-statement.ts'
import type { IsolationLevel, WriteBudget, WriteRule } from './kinds/write.ts'
import type { PlainQuery } from './plain-query.ts'
import type { Query } from './query.ts'
import { readablesOf, readsFaults } from './query-reads.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import type { RulePlace } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'
import { writeBudgetFaults, writeOptionFaults } from './write-budget.ts'

export interface WriteOptions<P> {
  /** Rows that one call is given, as arrays or conditions that find so many; 1 when left out. */
  readonly rows?: number
  /** Writers at once, each on a connection of its own: what comes of it has to be what comes of one after the other. */
  readonly concurrency?: number
  readonly budget?: WriteBudget
  /** Of the transaction that a call is; `read committed` when left out. */
  readonly isolation?: IsolationLevel
  /** How often the application begins a call again after a deadlock or a serialization failure; 0 when left out. */
  readonly retries?: number
  /**
   * Calls to prove it with. Left out, values are those of rows that stand, or that were taken out just before; a call may
   * give some of the parameters, and the others are found like that.
   */
  readonly with?: readonly Partial<P>[]
  /** It runs as whoever bypasses row-level security: left out, false where there is an identity. */
  readonly asOwner?: boolean
}

/** P: what a call is given; R: a row that it answers with (`returning`), or (of a function) all of its answer. */
export type Write<P = unknown, R = unknown> = Query<P, R>

export type WriteMethod<Database> = <
  const Tables extends readonly [keyof Database & string, ...(keyof Database & string)[]],
  P,
  R,
>(
  sentence: string,
  tables: Tables,
  statement: CallBuild<Pick<Database, Tables[number]>, P, R> | PlainQuery<P, R>,
  options?: WriteOptions<NoInfer<P>>,
) => Write<P, R>

interface Given {
  readonly sentence: string
  /** The tables that it writes and reads; the first is one that it writes. */
  readonly reads: readonly string[]
  readonly statement: CallStatement
  readonly options: WriteOptions<unknown>
  readonly at: DeclaredAt | null
}

/** Where rules of writes stand in ids. */
const writeId = (sentence: string): string => `writes/${sentence}`

const optionNames = ['rows', 'concurrency', 'budget', 'isolation', 'retries', 'with', 'asOwner']

const ruleOf = (place: RulePlace, architecture: Architecture, given: Given): WriteRule => {
  const { sentence, reads, statement, options, at } = given
  const readables = readablesOf(architecture)
  for (const fault of readsFaults(place, reads, readables, 'write')) place.refuse(fault)
  refuseUnknownKeys(place, 'write', options, optionNames)
  for (const fault of writeOptionFaults(place, options)) place.refuse(fault)
  const { forms, function: sends } = formsOf(place, 'write', statement, options.with ?? [])
  for (const fault of writeBudgetFaults(place, options.budget ?? {}, sends !== null)) place.refuse(fault)
  const ids = [...new Set(reads.map((key) => readables.find((one) => one.key === key)?.id ?? key))]
  return {
    kind: 'write',
    id: writeId(sentence),
    table: ids[0] ?? '',
    columns: [],
    at,
    sentence,
    reads: ids,
    forms,
    function: sends,
    calls: options.with ?? [],
    budget: options.budget ?? {},
    rows: options.rows ?? 1,
    concurrency: options.concurrency ?? 1,
    isolation: options.isolation ?? 'read committed',
    retries: options.retries ?? 0,
    asApplication: architecture.identity !== null && options.asOwner !== true,
  }
}

/** Declares it; everything that is wrong with the declaration is thrown at once. */
export const declareWrite = (
  architecture: Architecture,
  given: Given,
  add: (rule: WriteRule) => void,
): Write =>
  declareCall(architecture, given, {
    what: 'write',
    id: writeId(given.sentence),
    ruleOf: (place) => ruleOf(place, architecture, given),
    add,
  })
