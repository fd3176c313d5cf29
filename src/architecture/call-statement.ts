/** What a declared query or write does: one statement, or a function that sends several; and what can be wrong with it. */
import type { Compilable, Kysely } from 'kysely'
import { AssayError, AssayErrors, type AssayError as Fault } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { Architecture } from './architecture.ts'
import type { CallFunction } from './kinds/call-function.ts'
import type { QueryForm } from './kinds/query.ts'
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

const callText = (parameters: unknown): string =>
  JSON.stringify(parameters, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''

export interface StatementForms {
  /** [] where it is a function. */
  readonly forms: readonly QueryForm[]
  readonly function: CallFunction | null
}

/** A function is called once, over no database, to see that it is one. */
export const formsOf = (
  place: RulePlace,
  what: CallWord,
  statement: CallStatement,
  calls: readonly unknown[],
): StatementForms => {
  if (isPlainQuery(statement)) for (const fault of plainFaults(place, what, statement)) place.refuse(fault)
  const asFunction = (): StatementForms => ({ forms: [], function: statement as CallFunction })
  try {
    if (calls.length > 0) {
      const compiled = calls.map((call) => compileWith(statement, call))
      if (compiled.includes(null)) return asFunction()
      return {
        forms: compiled.map((one, i) => toForm(one!, callText(calls[i]))),
        function: null,
      }
    }
    const compiled = compileWith(statement, placeholders())
    if (compiled === null) return asFunction()
    const form = toForm(compiled, null)
    if (!isPlainQuery(statement)) return { forms: [form], function: null }
    const types = statement.parameters
    const parameters = form.parameters.map((one) =>
      'name' in one ? { ...one, type: types[one.name] ?? null } : one,
    )
    return { forms: [{ ...form, parameters }], function: null }
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
