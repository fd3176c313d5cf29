/** JSON: an object that has every path the expressions look at, each leaf varied, then the other kinds of JSON. */
import { literal } from '../../postgres/quote.ts'
import type { ValueClues } from '../constants.ts'
import type { JsonPath } from '../json-paths.ts'
import { addDecimal, decimalPattern } from '../decimal.ts'
import { familyLetter, type TypeFamily } from './family.ts'
import { guessedDocuments } from './json-guesses.ts'
import { absent, isObject, type Json, kept, type Leaf, place } from './json-places.ts'
import { matchingStrings, someMatching } from '../pattern.ts'

const scalar = (text: string): Json[] => {
  if (text === 'true' || text === 'false') return [text === 'true', text]
  if (decimalPattern.test(text) && text.length < 15) return [Number(text), text]
  return [text]
}

const leaves = (values: readonly string[], clues: ValueClues): Leaf[] => {
  const numbers = values.filter((v) => decimalPattern.test(v) && v.length < 15)
  const around = numbers.flatMap((v) => [addDecimal(v, '1', 1), addDecimal(v, '1', -1)]).map(Number)
  const kinds = new Set(['object', 'array', 'string', 'number', 'boolean', 'null'])
  const own = values.filter((v) => !kinds.has(v)).flatMap(scalar)
  const matching = clues.patterns.flatMap((p) => someMatching(p, clues.lengths, 6))
  const sized = clues.lengths.flatMap((n) => [n, n - 1, n + 1]).filter((n) => n >= 0 && n <= 200)
  const lists = sized.map((n) => Array.from({ length: n }, (_, i) => familyLetter(i)))
  const texts = sized.map((n) => 'x'.repeat(n))
  const leavesOfKind: Leaf[] = [
    'a',
    1,
    true,
    {},
    [],
    ['a'],
    null,
    '',
    0,
    -1,
    false,
    'b',
    'c',
    2,
    3,
    'd',
    'e',
    'f',
  ]
  return [...own, ...around, ...matching, ...lists, ...texts, ...leavesOfKind, absent]
}

const at = (leavesOfPath: readonly Leaf[], n: number): Leaf => {
  const first = leavesOfPath[0]
  // Only when asked for by itself does a path that leads on take another leaf.
  if (first === kept) return n >= ownTurn ? (leavesOfPath[n - ownTurn] ?? kept) : kept
  return leavesOfPath[(n >= ownTurn ? n - ownTurn : n) % leavesOfPath.length] ?? null
}

/** Numbers from here on mean a leaf of the path that is being varied. */
const ownTurn = 10_000

/** Rows as people put them into a document: one, two that differ, none. */
const inArrays = (objects: readonly Json[]): readonly Json[] => [
  ...objects.slice(0, 200).map((one) => [one]),
  ...objects.slice(1, 20).map((one) => [objects[0]!, one]),
  [],
]

/** As many elements as the predicates speak of, one more and one less, each as the first one is. */
const repeated = (arrays: readonly Json[], lengths: readonly number[]): readonly Json[] =>
  arrays
    .filter((one): one is readonly Json[] => Array.isArray(one) && one.length > 0)
    .slice(0, 4)
    .flatMap(([first = null]) =>
      [...new Set(lengths.flatMap((n) => [n, n - 1, n + 1]))]
        .filter((n) => n > 1 && n <= 200)
        .map((length) => Array.from({ length }, () => first)),
    )

/** One member and two, with what the predicates speak of as their values, in shares and as their keys. */
const withMembers = (clues: ValueClues): readonly Json[] => {
  const numbers = clues.constants.filter((c) => decimalPattern.test(c) && c.length < 15).map(Number)
  const matching = clues.patterns.flatMap((p) => matchingStrings(p, clues.lengths).slice(0, 3))
  const values: readonly Json[] = [...numbers, 1, ...clues.constants.flatMap(scalar), ...matching, 'a', true]
  return [
    ...values.map((value) => ({ a: value })),
    ...values.map((value) => ({ a: value, b: value })),
    ...numbers.flatMap((n) => [{ a: n / 2, b: n / 2 }, { a: n, b: 0 }, { a: n + 1 }, { a: n - 1 }]),
    ...[...clues.constants, ...matching].map((key) => ({ [key]: 1 })),
    {},
  ]
}

const once = <T>(first: readonly T[] = [], second: readonly T[] = []): readonly T[] => [
  ...new Map([...first, ...second].map((one) => [JSON.stringify(one), one])).values(),
]

/** What two predicates say of one path. */
const bothOf = (one: JsonPath, other: JsonPath): JsonPath => ({
  path: one.path,
  values: once(one.values, other.values),
  casts: once(one.casts, other.casts),
  patterns: once(one.patterns, other.patterns),
  lengths: once(one.lengths, other.lengths),
  isArray: Boolean(one.isArray) || Boolean(other.isArray),
})

const documents = (clues: ValueClues): Json[] => {
  const given = clues.constants.flatMap((c): Json[] => {
    if (!/^\s*[[{"]/u.test(c)) return []
    try {
      return [JSON.parse(c) as Json]
    } catch {
      return []
    }
  })
  const startsAsArray =
    clues.paths.length > 0 && clues.paths.every(({ path: [first = ''] }) => /^\d$/u.test(first))
  const whole = given.reduce<Json>(
    (all, one) => (isObject(all) && isObject(one) ? { ...all, ...one } : all),
    startsAsArray ? [] : {},
  )
  const byPath = new Map<string, JsonPath>()
  for (const one of clues.paths) {
    const key = JSON.stringify(one.path)
    const before = byPath.get(key)
    byPath.set(key, before ? bothOf(before, one) : one)
  }
  // Longer paths first: a path that leads on keeps what they have made, until it is its turn to vary.
  const ordered = [...byPath.values()].toSorted((a, b) => b.path.length - a.path.length)
  const leadsOn = (path: readonly string[]): boolean =>
    ordered.some((o) => o.path.length > path.length && path.every((key, i) => o.path[i] === key))
  const options = ordered.map((p): { readonly path: readonly string[]; readonly leaves: readonly Leaf[] } => {
    const own = leaves(p.values, clues)
    return { path: p.path, leaves: leadsOn(p.path) ? [kept, ...own] : own }
  })
  const filled = (choice: (index: number) => number): Json =>
    options.reduce<Json>((doc, o, i) => place(doc, o.path, at(o.leaves, choice(i))), whole)
  const found: Json[] = [...given, ...guessedDocuments(whole, ordered, clues.constants)]
  if (options.length > 0) {
    const rounds = Math.max(...options.map((o) => o.leaves.length))
    for (let n = 0; n < rounds; n++) found.push(filled(() => n))
    for (const [turn, o] of options.entries()) {
      for (let n = 0; n < o.leaves.length; n++)
        for (const rest of [0, 1, 2]) found.push(filled((i) => (i === turn ? ownTurn + n : rest)))
    }
    // Two paths that want different values at once.
    if (options.length <= 4) {
      for (const [a, first] of options.entries()) {
        for (const [b, second] of options.entries()) {
          if (a >= b) continue
          for (let n = 0; n < Math.min(8, first.leaves.length); n++) {
            for (let m = 0; m < Math.min(8, second.leaves.length); m++)
              found.push(filled((i) => (i === a ? ownTurn + n : i === b ? ownTurn + m : 0)))
          }
        }
      }
    }
  }
  if (startsAsArray) found.unshift(...repeated(found, clues.lengths))
  if (clues.inMembers) found.unshift(...withMembers(clues))
  if (clues.inElements) found.unshift(...inArrays(found.filter(isObject)))
  // Keys are also found as elements of an array and as a string (`doc ? 'key'`).
  const keys = [...new Set(options.flatMap((o) => o.path.slice(0, 1)))]
  found.push(...keys.flatMap((k): Json[] => [[k], k]), ...(keys.length > 1 ? [keys] : []))
  for (const n of clues.lengths.flatMap((l) => [l, l - 1, l + 1])) {
    if (n >= 0 && n <= 200) found.push(Array.from({ length: n }, (_, i) => familyLetter(i)))
  }
  return found
}

/** Of numbers that may be a depth. */
const deepest = 20
const mostDepths = 8
/** Longer texts are made by PostgreSQL, so that rows stay readable. */
const longestWritten = 200
const longestMade = 2_000_000

/** Objects and lists within one another, as deep as the predicates speak of, one less and two more. */
const nested = ({ constants }: ValueClues): readonly Json[] =>
  constants
    .filter((c) => /^\d{1,2}$/u.test(c) && Number(c) > 0 && Number(c) <= deepest)
    .slice(0, mostDepths)
    .flatMap((c) => [Number(c), Number(c) + 1, Number(c) + 2, Number(c) - 1])
    .flatMap((depth) => {
      const within = (around: (inner: Json) => Json): Json =>
        Array.from({ length: depth }).reduce<Json>(around, 'a')
      return [within((inner) => ({ a: inner })), within((inner) => [inner])]
    })

/** Objects with one long member whose text has a wanted length, and one more; under keys that the predicates name. */
const sized = ({ constants, lengths, paths }: ValueClues, type: string): readonly string[] => {
  const listed = constants.flatMap((c) => (/^\{[\w, -]+\}$/u.test(c) ? c.slice(1, -1).split(/\s*,\s*/u) : []))
  const keys = new Set([...paths.flatMap(({ path }) => path.slice(0, 1)), ...listed].slice(0, 3))
  const known = keys.size === 0 ? ['a'] : [...keys]
  return [...new Set(lengths.flatMap((n) => [n, n + 1]))]
    .filter((n) => n > longestWritten && n <= longestMade)
    .flatMap((length) =>
      known.map((key) => {
        // As PostgreSQL writes it: `{"a": "xx"}`, and json_build_object() a space more.
        const empty = JSON.stringify({ [key]: '' }).length + (type === 'jsonb' ? 1 : 2)
        return `${type}_build_object(${literal(key)}, repeat('x', ${Math.max(length - empty, 0)}))`
      }),
    )
}

export const json: TypeFamily = {
  serves: (slot) => slot.type === 'json' || slot.type === 'jsonb',
  typical: (_slot, family) => literal(JSON.stringify({ key: familyLetter(family) })),
  near: (slot, clues) => [
    ...[...new Set(documents(clues).map((d) => JSON.stringify(d)))].slice(0, 600).map(literal),
    ...sized(clues, slot.type),
    ...nested(clues).map((d) => literal(JSON.stringify(d))),
  ],
  edges: () => ['{}', '[]', '["a"]', '[1, 2, 3]', '[{}]', '"a"', '1', 'true', 'null'].map(literal),
}
