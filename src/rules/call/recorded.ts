/**
 * The statements that a declared call is made of. A function is called over no database: each of its statements is
 * answered with one row whose every column stands for whatever would stand there.
 */
import { databaseOver } from '../../architecture/call-database.ts'
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { Placeholder, toForm } from '../../architecture/query-builder.ts'

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

/** One that may be looked at, as whatever it is looked at for. */
class Visible extends Placeholder {
  override [Symbol.toPrimitive](hint?: string): string | number {
    return hint === 'string' ? '1' : 1
  }
}

type MakePlaceholder = (name: string) => Placeholder

const hidden: MakePlaceholder = (name) => new Placeholder(name)
const visible: MakePlaceholder = (name) => new Visible(name)

const isColumn = (name: string | symbol): name is string =>
  typeof name === 'string' && name !== 'then' && name !== 'toJSON'

const anyRow = (make: MakePlaceholder): Readonly<Record<string, unknown>> =>
  new Proxy<Record<string, unknown>>({}, { get: (_, name) => (isColumn(name) ? make(fromRow) : undefined) })

/** Every parameter that is asked for, noted in `asked`. */
const anyParameters = (make: MakePlaceholder, asked: Set<string>): unknown =>
  new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, name) => {
        if (!isColumn(name)) return undefined
        asked.add(name)
        return make(name)
      },
    },
  )

interface Sent {
  readonly forms: readonly QueryForm[]
  /** Names of parameters that the function asked for, in a statement or in its own code. */
  readonly asked: ReadonlySet<string>
}

interface Recorded {
  readonly forms: readonly QueryForm[]
  /** The same when its own code may look at what stands for values: it gets further, with values that nobody has. */
  readonly seen: Sent
}

/** No call is named. */
const unnamed = {}
/** By the function, and by what it was called with: two declarations may share one. */
const recorded = new WeakMap<CallFunction, Map<unknown, Recorded>>()

const givenTo = ({ calls = [] }: DeclaredCall): unknown => (calls.length > 0 ? calls[0] : unnamed)

const sendOnce = async (call: CallFunction, given: unknown, make: MakePlaceholder): Promise<Sent> => {
  const asked = new Set<string>()
  const forms: QueryForm[] = []
  const db = databaseOver((sql, values) => {
    if (forms.length >= mostStatements) return Promise.reject(new Error('enough has been seen'))
    forms.push(toForm({ sql, parameters: values }, null))
    return Promise.resolve({ rows: [anyRow(make)], affected: 1 })
  })
  try {
    await call(db, given === unnamed ? anyParameters(make, asked) : given)
  } catch {
    // What it looked at has no value here: the statements before that are known.
  }
  return { forms: forms.filter((form, i) => forms.findIndex(({ sql }) => sql === form.sql) === i), asked }
}

const recordOnce = async (call: CallFunction, given: unknown): Promise<Recorded> => {
  const { forms } = await sendOnce(call, given, hidden)
  return { forms, seen: await sendOnce(call, given, visible) }
}

/** To be awaited before `statementsOf`. */
export const record = async (declared: DeclaredCall): Promise<void> => {
  const { function: call } = declared
  if (!call) return
  const known = recorded.get(call) ?? new Map<unknown, Recorded>()
  recorded.set(call, known)
  const given = givenTo(declared)
  if (!known.has(given)) known.set(given, await recordOnce(call, given))
}

/** Of the others (locks, settings) PostgreSQL makes no plan. */
const isPlanned = ({ sql }: QueryForm): boolean =>
  /^\s*(?:with|select|insert|update|delete|merge|values)\b/iu.test(sql)

const recordedOf = (declared: DeclaredCall): Recorded | undefined =>
  declared.function ? recorded.get(declared.function)?.get(givenTo(declared)) : undefined

export const statementsOf = (declared: DeclaredCall): readonly QueryForm[] => {
  const { forms, function: call } = declared
  return call ? (recordedOf(declared)?.forms ?? []).filter(isPlanned) : forms
}

/** Statements that its parameters stand in, and the parameters that only its function's own code looks at. */
export const parametersIn = (
  declared: DeclaredCall,
): { readonly forms: readonly QueryForm[]; readonly looked: readonly string[] } => {
  const own = statementsOf(declared)
  const { seen } = recordedOf(declared) ?? {}
  if (seen === undefined) return { forms: own, looked: [] }
  const further = seen.forms.filter((form) => isPlanned(form) && !own.some(({ sql }) => sql === form.sql))
  const forms = [...own, ...further]
  const sent = new Set(
    forms.flatMap(({ parameters }) => parameters.flatMap((one) => ('name' in one ? one.name : []))),
  )
  return { forms, looked: [...seen.asked].filter((name) => !sent.has(name)) }
}
