/**
 * The statements that a declared call is made of. A function is called over no database: each of its statements is
 * answered with one row whose every column stands for whatever would stand there.
 */
import { databaseOver } from '../../architecture/call-database.ts'
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { Placeholder, placeholders, toForm } from '../../architecture/query-builder.ts'

/** What a rule for a call has of it. */
export interface DeclaredCall {
  readonly forms: readonly QueryForm[]
  readonly function?: CallFunction | null
  readonly calls?: readonly unknown[]
}

/** A function that pages until nothing comes would never end here. */
const mostStatements = 50

/** The name of a parameter whose value comes from a row of an earlier statement. */
const fromRow = ''

const anyRow = (): Readonly<Record<string, unknown>> =>
  new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, name) =>
        typeof name === 'string' && name !== 'then' && name !== 'toJSON'
          ? new Placeholder(fromRow)
          : undefined,
    },
  )

/** No call is named. */
const unnamed = {}
/** By the function, and by what it was called with: two declarations may share one. */
const recorded = new WeakMap<CallFunction, Map<unknown, readonly QueryForm[]>>()

const givenTo = ({ calls = [] }: DeclaredCall): unknown => (calls.length > 0 ? calls[0] : unnamed)

const recordOnce = async (call: CallFunction, parameters: unknown): Promise<readonly QueryForm[]> => {
  const forms: QueryForm[] = []
  const db = databaseOver((sql, values) => {
    if (forms.length >= mostStatements) return Promise.reject(new Error('enough has been seen'))
    forms.push(toForm({ sql, parameters: values }, null))
    return Promise.resolve({ rows: [anyRow()], affected: 1 })
  })
  try {
    await call(db, parameters)
  } catch {
    // What it looked at has no value here: the statements before that are known.
  }
  return forms.filter((form, i) => forms.findIndex(({ sql }) => sql === form.sql) === i)
}

/** To be awaited before `statementsOf`. */
export const record = async (declared: DeclaredCall): Promise<void> => {
  const { function: call } = declared
  if (!call) return
  const known = recorded.get(call) ?? new Map<unknown, readonly QueryForm[]>()
  recorded.set(call, known)
  const given = givenTo(declared)
  if (!known.has(given)) known.set(given, await recordOnce(call, given === unnamed ? placeholders() : given))
}

/** Of the others (locks, settings) PostgreSQL makes no plan. */
const isPlanned = ({ sql }: QueryForm): boolean =>
  /^\s*(?:with|select|insert|update|delete|merge|values)\b/iu.test(sql)

export const statementsOf = (declared: DeclaredCall): readonly QueryForm[] => {
  const { forms, function: call } = declared
  return call ? (recorded.get(call)?.get(givenTo(declared)) ?? []).filter(isPlanned) : forms
}
