/** What a declared query or write does: one statement, or a function that sends several; and what can be wrong with it. */
import type { Compilable, Kysely } from 'kysely'
import { AssayError, AssayErrors, type AssayError as Fault } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { Architecture } from './architecture.ts'
import type { CallFunction } from './kinds/call-function.ts'
import type { QueryForm } from './kinds/query.ts'
import { isNamed, isNeeded, type Attempt } from './partial-call.ts'
import { isPlainQuery, numbered, type PlainQuery } from './plain-query.ts'
import { compileCall, placeholders, toForm, type CompiledCall } from './query-builder.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'

/** With Kysely: a builder is one statement, a promise is what a function that sends several has to say. */
export type CallBuild<Database, P, R> = (db: Kysely<Database>, parameters: P) => Compilable<R> | Promise<R>

export type CallStatement = CallBuild<unknown, unknown, unknown> | PlainQuery

export type CallWord = 'query' | 'write'

const compilePlain = (query: PlainQuery, parameters: unknown): CompiledCall => {
  const { sql, names } = numbered(query.text)
  const given = (parameters ?? {}) as Readonly<Record<string, unknown>>
  return { sql, parameters: names.map((name) => given[name]) }
}

/** Null: a function. */
const compileWith = (statement: CallStatement, parameters: unknown): CompiledCall | null =>
  isPlainQuery(statement) ? compilePlain(statement, parameters) : compileCall(statement, parameters)

/** A call as it stands, with placeholders for what it does not name and has to. Null: a function. */
const compileNamed = (statement: CallStatement, call: unknown): CompiledCall | null => {
  if (!isNamed(call)) return compileWith(statement, call)
  if (isPlainQuery(statement)) return compilePlain(statement, placeholders({ given: call }))
  const asked = new Set<string>()
  const attempt = (left: ReadonlySet<string>): Attempt & { readonly isFunction: boolean } => {
    try {
      const parameters = placeholders({ given: call, left, notice: (name) => asked.add(name) })
      const compiled = compileCall(statement, parameters)
      return { sent: compiled === null ? [] : [compiled], thrown: null, isFunction: compiled === null }
    } catch (cause) {
      return { sent: [], thrown: cause, isFunction: false }
    }
  }
  const whole = attempt(new Set())
  if (whole.isFunction) return null
  const left = new Set([...asked].filter((name) => !isNeeded(whole, attempt(new Set([name])))))
  const { sent, thrown } = left.size === 0 ? whole : attempt(left)
  if (thrown !== null) throw thrown
  return sent[0]!
}

/** Only a part of a parameter was asked for, or nothing of it at all. */
const refuseHoles = (compiled: CompiledCall | null): CompiledCall | null => {
  const at = compiled?.parameters.indexOf(undefined) ?? -1
  if (at < 0) return compiled
  throw new TypeError(`the value at $${at + 1} is undefined: ${compiled!.sql}`)
}

/** One call of a declared statement, as a driver takes it. Throws where it is a function: there is no one statement. */
const compileDeclared = (id: string, statement: CallStatement, parameters: unknown): CompiledCall => {
  const compiled = compileWith(statement, parameters)
  if (compiled !== null) return compiled
  throw new AssayError(`${id} is a function that sends several statements.`, {
    code: 'architecture.call-function',
    exit: 2,
    asked: 'the one statement of a call',
    found: 'a function, which sends what it finds it needs',
    why: 'its later statements depend on the rows of the earlier ones',
    mend: 'Call the function with your own Kysely instead.',
  })
}

const sentenceFaults = (
  place: Pick<RulePlace, 'at' | 'table'>,
  { name, queries = [] }: Architecture,
  what: CallWord,
  sentence: unknown,
): readonly Fault[] => {
  if (typeof sentence !== 'string' || sentence.trim() !== sentence || !/^[^\p{Cc}]{1,200}$/u.test(sentence))
    return [
      declarationFault(
        place,
        `${what}-sentence`,
        `${name}: a ${what} has no sentence of 1 to 200 letters in one line.`,
        what === 'query'
          ? "Say what it is for: query('recent orders of a user', …)."
          : "Say what it is for: write('an order is placed', …).",
      ),
    ]
  const earlier = queries.find((rule) => rule.id === place.table)
  if (!earlier) return []
  return [
    declarationFault(
      place,
      what === 'query' ? 'two-queries' : 'two-writes',
      `Two ${what === 'query' ? 'queries' : 'writes'} are called "${sentence}"${earlier.at === null ? '' : `: the other at ${earlier.at.file}:${earlier.at.line}`}.`,
      'Give one of them another sentence, or take it away.',
    ),
  ]
}

const plainFaults = (place: RulePlace, what: CallWord, query: PlainQuery): readonly Fault[] => {
  const { names } = numbered(query.text)
  const stated = Object.keys(query.parameters)
  return [
    ...names
      .filter((name) => !stated.includes(name))
      .map((name) =>
        declarationFault(
          place,
          `${what}-parameter`,
          `${place.table}: its SQL has the parameter ":${name}", whose type is not stated.${didYouMean(name, stated)}`,
          `State it: sql('…', { ${name}: 'bigint' }).`,
        ),
      ),
    ...stated
      .filter((name) => !names.includes(name))
      .map((name) =>
        declarationFault(
          place,
          `${what}-parameter`,
          `${place.table}: the parameter "${name}" is stated, and its SQL has no ":${name}".${didYouMean(name, names)}`,
          'Take it away, or use it in the SQL.',
        ),
      ),
  ]
}

/** Names that a call gives, and that plain SQL has no place for. */
const namedFaults = (
  place: RulePlace,
  what: CallWord,
  query: PlainQuery,
  call: unknown,
): readonly Fault[] => {
  if (!isNamed(call)) return []
  const { names } = numbered(query.text)
  return Object.keys(call)
    .filter((name) => !names.includes(name))
    .map((name) =>
      declarationFault(
        place,
        `${what}-call`,
        `${place.table}: a call of it names "${name}", and its SQL has no ":${name}".${didYouMean(name, names)}`,
        `Name its parameters in { with: [ … ] }: ${names.join(', ') || 'it has none'}.`,
      ),
    )
}

/** A call, as messages have it. */
export const callText = (parameters: unknown): string =>
  JSON.stringify(parameters, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''

export interface StatementForms {
  /** [] where it is a function. */
  readonly forms: readonly QueryForm[]
  readonly function: CallFunction | null
}

/** With the stated types. */
const typedBy =
  ({ parameters: types }: PlainQuery) =>
  (form: QueryForm): QueryForm => ({
    ...form,
    parameters: form.parameters.map((one) =>
      'name' in one ? { ...one, type: types[one.name] ?? null } : one,
    ),
  })

/** The statement as it is whatever calls are named; null: without their values it cannot be built. */
const constantsOf = (statement: CallStatement): QueryForm | null => {
  if (isPlainQuery(statement)) return null
  try {
    const compiled = compileWith(statement, placeholders())
    return compiled === null ? null : toForm(compiled, null)
  } catch {
    return null
  }
}

/** What is the same whatever a call gives is the statement's own. */
const withConstants = (form: QueryForm, own: QueryForm | null): QueryForm =>
  own?.sql !== form.sql
    ? form
    : {
        ...form,
        parameters: form.parameters.map((one, i) =>
          'value' in one && 'value' in (own.parameters[i] ?? {}) ? { ...one, isConstant: true } : one,
        ),
      }

/** A function is called once, over no database, to see that it is one. */
export const formsOf = (
  place: RulePlace,
  what: CallWord,
  statement: CallStatement,
  calls: readonly unknown[],
): StatementForms => {
  if (isPlainQuery(statement))
    for (const fault of [
      ...plainFaults(place, what, statement),
      ...calls.flatMap((call) => namedFaults(place, what, statement, call)),
    ])
      place.refuse(fault)
  const asFunction = (): StatementForms => ({ forms: [], function: statement as CallFunction })
  try {
    const compiled =
      calls.length > 0
        ? calls.map((call) => refuseHoles(compileNamed(statement, call)))
        : [refuseHoles(compileWith(statement, placeholders()))]
    const own = calls.length > 0 ? constantsOf(statement) : null
    const forms = compiled.flatMap((one, i) =>
      one === null ? [] : withConstants(toForm(one, calls.length > 0 ? callText(calls[i]) : null), own),
    )
    if (forms.length < compiled.length) return asFunction()
    return { forms: isPlainQuery(statement) ? forms.map(typedBy(statement)) : forms, function: null }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    place.refuse(
      declarationFault(
        place,
        `${what}-build`,
        `${place.table}: its statement cannot be built: ${why}.`,
        calls.length > 0
          ? 'Correct the function, or the calls in { with: [ … ] }.'
          : 'Name calls to build it with: { with: [{ … }] }; without them no parameter has a value yet.',
        'a parameter may only stand where a value stands in SQL, unless calls are named',
      ),
    )
    return { forms: [], function: null }
  }
}

/** Neither a function nor sql(…): nothing more can be said of such a declaration. */
const statementFault = (place: RulePlace, what: CallWord, statement: unknown): Fault | null =>
  typeof statement === 'function' || isPlainQuery(statement)
    ? null
    : declarationFault(
        place,
        `${what}-statement`,
        `${place.table}: it has no statement.`,
        what === 'query'
          ? "Give a function (db, p) => db.selectFrom(…), or sql('select …')."
          : "Give a function (db, p) => db.insertInto(…), or sql('insert …').",
      )

/** A declared call under its sentence. */
export interface GivenCall {
  readonly sentence: string
  readonly statement: CallStatement
  readonly at: DeclaredAt | null
}

interface CallRule {
  readonly id: string
}

/**
 * Adds its rule, which `ruleOf` makes, and gives back what the application will call; everything that is wrong with the
 * declaration is thrown at once.
 */
export const declareCall = <R extends CallRule>(
  architecture: Architecture,
  { sentence, statement, at }: GivenCall,
  wish: {
    readonly what: CallWord
    readonly id: string
    readonly ruleOf: (place: RulePlace) => R
    readonly add: (rule: R) => void
  },
): { readonly id: string; readonly sentence: string; compile(parameters: unknown): CompiledCall } => {
  const { what, id, ruleOf, add } = wish
  const faults: Fault[] = []
  const place: RulePlace = { table: id, tableColumns: [], at, refuse: (fault) => faults.push(fault) }
  faults.push(...sentenceFaults(place, architecture, what, sentence))
  const nothing = statementFault(place, what, statement)
  if (nothing !== null) throw new AssayErrors([...faults, nothing])
  const rule = ruleOf(place)
  if (faults.length > 0) throw new AssayErrors(faults)
  add(rule)
  return { id, sentence, compile: (parameters) => compileDeclared(id, statement, parameters) }
}
