/**
 * The statements that a declared call is made of. A function is called over no database: each of its statements is
 * answered with one row whose every column stands for whatever would stand there.
 */
import { databaseOver } from '../../architecture/call-database.ts'
import { callText } from '../../architecture/call-statement.ts'
import type { CallFunction } from '../../architecture/kinds/call-function.ts'
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { isNamed, isNeeded, type Attempt } from '../../architecture/partial-call.ts'
import { Placeholder, placeholders, toForm, type CompiledCall } from '../../architecture/query-builder.ts'
import { loadParser } from '../../postgres/parse.ts'

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
  override toJSON(): unknown {
    return 1
  }
  override [Symbol.toPrimitive](hint?: string): string | number {
    return hint === 'string' ? '1' : 1
  }
}

type MakePlaceholder = (name: string) => Placeholder

const hidden: MakePlaceholder = (name) => new Placeholder(name)
const visible: MakePlaceholder = (name) => new Visible(name)

const anyRow = (make: MakePlaceholder): Readonly<Record<string, unknown>> =>
  placeholders({ make: () => make(fromRow) })

interface Sent {
  readonly forms: readonly QueryForm[]
  /** Names of parameters that the function asked for, in a statement or in its own code, and that were not given. */
  readonly asked: ReadonlySet<string>
}

interface Recorded {
  readonly forms: readonly QueryForm[]
  /** The same when its own code may look at what stands for values: it gets further, with values that nobody has. */
  readonly seen: Sent
}

/** No call is named. */
const unnamed: unknown = {}
/** By the function, and by what it was called with: two declarations may share one. */
const recorded = new WeakMap<CallFunction, Map<unknown, Recorded>>()

/** What it is called with: each call that is named, or nothing that anybody knows. */
const givenTo = ({ calls = [] }: DeclaredCall): readonly unknown[] => (calls.length > 0 ? calls : [unnamed])

/** What stands inside of a value that the function makes, only its own code looks at. */
const formOf = (one: CompiledCall, call: string | null): QueryForm => {
  const parameters = one.parameters.map((value) =>
    Array.isArray(value) && value.some((one) => one instanceof Placeholder) ? null : value,
  )
  return toForm({ ...one, parameters }, call)
}

interface SendWish {
  readonly make: MakePlaceholder
  /** Names that have no value at all. */
  readonly left?: ReadonlySet<string>
}

const sendOnce = async (
  call: CallFunction,
  given: unknown,
  { make, left }: SendWish,
): Promise<Sent & Attempt> => {
  const asked = new Set<string>()
  const sent: CompiledCall[] = []
  const db = databaseOver((sql, parameters) => {
    if (sent.length >= mostStatements) return Promise.reject(new Error('enough has been seen'))
    sent.push({ sql, parameters })
    return Promise.resolve({ rows: [anyRow(make)], affected: 1 })
  })
  const parameters = isNamed(given)
    ? placeholders({ given, make, notice: (name) => asked.add(name), ...(left ? { left } : {}) })
    : given
  let thrown: unknown = null
  try {
    await call(db, parameters)
  } catch (cause) {
    // What it looked at has no value here: the statements before that are known.
    thrown = cause
  }
  const named = given === unnamed ? null : callText(given)
  const forms = sent
    .filter((one, i) => sent.findIndex(({ sql }) => sql === one.sql) === i)
    .map((one) => formOf(one, named))
  return { forms, asked, sent, thrown }
}

const recordOnce = async (call: CallFunction, given: unknown): Promise<Recorded> => {
  const whole = await sendOnce(call, given, { make: visible })
  const left = new Set<string>()
  if (given !== unnamed)
    for (const name of whole.asked)
      if (!isNeeded(whole, await sendOnce(call, given, { make: visible, left: new Set([name]) })))
        left.add(name)
  const { forms, asked } = left.size === 0 ? whole : await sendOnce(call, given, { make: visible, left })
  return {
    forms: (await sendOnce(call, given, { make: hidden, left })).forms,
    seen: { forms, asked: new Set([...asked].filter((name) => !left.has(name))) },
  }
}

/** To be awaited before `statementsOf`. */
export const record = async (declared: DeclaredCall): Promise<void> => {
  await loadParser()
  const { function: call } = declared
  if (!call) return
  const known = recorded.get(call) ?? new Map<unknown, Recorded>()
  recorded.set(call, known)
  for (const given of givenTo(declared))
    if (!known.has(given)) known.set(given, await recordOnce(call, given))
}

/** Of the others (locks, settings) PostgreSQL makes no plan. */
const isPlanned = ({ sql }: QueryForm): boolean =>
  /^\s*(?:with|select|insert|update|delete|merge|values)\b/iu.test(sql)

const recordedOf = ({ function: call }: DeclaredCall, given: unknown): Recorded | undefined =>
  call ? recorded.get(call)?.get(given) : undefined

const eachOnce = (forms: readonly QueryForm[]): readonly QueryForm[] =>
  forms.filter(({ sql }, i) => forms.findIndex((form) => form.sql === sql) === i)

export const statementsOf = (declared: DeclaredCall): readonly QueryForm[] =>
  declared.function
    ? eachOnce(
        givenTo(declared)
          .flatMap((given) => recordedOf(declared, given)?.forms ?? [])
          .filter(isPlanned),
      )
    : declared.forms

/** One call as the declaration has it. */
export interface CallWay {
  /** As it is named for a function; null: it is not. */
  readonly given: unknown
  /** Statements that its parameters stand in. */
  readonly forms: readonly QueryForm[]
  /** Parameters that it is not given, and that only its function's own code looks at. */
  readonly looked: readonly string[]
}

const functionWay = (declared: DeclaredCall, given: unknown): CallWay => {
  const { forms: own = [], seen } = recordedOf(declared, given) ?? {}
  const forms = eachOnce([...own, ...(seen?.forms ?? [])].filter(isPlanned))
  const sent = new Set(
    forms.flatMap(({ parameters }) => parameters.flatMap((one) => ('name' in one ? one.name : []))),
  )
  return {
    given: given === unnamed ? null : given,
    forms,
    looked: [...(seen?.asked ?? [])].filter((name) => !sent.has(name)),
  }
}

/** One for each call that is named; of a function: after `record`. */
export const waysOf = (declared: DeclaredCall): readonly CallWay[] =>
  declared.function
    ? givenTo(declared).map((given) => functionWay(declared, given))
    : declared.forms.map((form) => ({ given: null, forms: [form], looked: [] }))
