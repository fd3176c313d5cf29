/** Documents in which every leaf is what its own predicates ask for: a text of its pattern, a value of its kind, of the type it is cast to. */
import { combinationsOf } from '../combinations.ts'
import { addDecimal, decimalPattern } from '../decimal.ts'
import type { JsonPath } from '../json-paths.ts'
import { someMatching } from '../pattern.ts'
import { absent, type Json, type Leaf, place } from './json-places.ts'

const ofKind: Readonly<Record<string, readonly Leaf[]>> = {
  string: ['a', 'b', ''],
  number: [1, 2, 0],
  boolean: [true, false],
  object: [{}],
  array: [['a'], [1], []],
  null: [null],
}

const moments = ['2024-01-01T08:00:00Z', '2024-01-02T08:00:00Z']
const numbers: readonly Leaf[] = [1, 2, 0]

const ofCast: Readonly<Record<string, readonly Leaf[]>> = {
  int2: numbers,
  int4: numbers,
  int8: numbers,
  numeric: numbers,
  float4: numbers,
  float8: numbers,
  bool: [true, false],
  date: ['2024-01-01', '2024-01-02'],
  timestamp: moments,
  timestamptz: moments,
  time: ['08:00', '09:00'],
  timetz: ['08:00Z', '09:00Z'],
  interval: ['1 hour', '2 hours'],
  uuid: ['00000000-0000-4000-8000-000000001001', '00000000-0000-4000-8000-000000001002'],
  inet: ['10.0.0.1', '10.0.0.2'],
}

const asLeaf = (text: string): Leaf =>
  text === 'true' || text === 'false'
    ? text === 'true'
    : decimalPattern.test(text) && text.length < 15
      ? Number(text)
      : text

/** Of one path at most. */
const mostLeaves = 10
const mostElements = 6
const mostDocuments = 240

/** Texts as long as is asked, and one letter more or less. */
const measured = (lengths: readonly number[]): readonly string[] =>
  [...new Set(lengths.flatMap((n) => [n, n + 1, n - 1]))]
    .filter((n) => n >= 0 && n <= 200)
    .map((n) => 'x'.repeat(n))

/** Arrays of what the predicates speak of anywhere, as long as is asked; an element may be an object of the other keys. */
const arraysOf = (
  lengths: readonly number[],
  elements: readonly Leaf[],
  others: Json,
): readonly (readonly Json[])[] => {
  const from = [...elements.filter((e): e is Json => typeof e !== 'symbol'), others]
  const some = from.slice(0, mostElements)
  const sized = lengths.filter((n) => n > 1 && n <= 100)
  return [
    ...some.map((one) => [one]),
    [],
    ...sized.map((length) => Array.from({ length }, (_, i) => from[i % from.length]!)),
  ]
}

const leavesOf = (
  { values, casts = [], patterns = [], lengths = [], isArray = false }: JsonPath,
  elements: readonly Leaf[],
  others: Json,
): readonly Leaf[] => {
  const lists = isArray ? arraysOf(lengths, elements, others) : []
  const texts = new Set(patterns.map(({ text }) => text))
  const kinds = values.filter((value) => Object.hasOwn(ofKind, value))
  const constants = values.filter((value) => !texts.has(value) && !kinds.includes(value) && value !== '')
  const around = constants
    .filter((value) => decimalPattern.test(value) && value.length < 15)
    .flatMap((value) => [addDecimal(value, '1', 1), addDecimal(value, '1', -1)])
  const matching = patterns.flatMap((pattern) => someMatching(pattern, [], 3))
  // A date or a time is no constant of another predicate.
  const first: readonly Leaf[] = [
    ...lists,
    ...(isArray ? [] : measured(lengths)),
    ...matching,
    ...kinds.flatMap((kind) => ofKind[kind] ?? []),
  ]
  const cast: readonly Leaf[] = casts.flatMap((type) => ofCast[type] ?? [])
  const own = constants.map(asLeaf)
  const isNumber = cast.includes(1)
  const middle: readonly Leaf[] = isNumber ? [...own, ...around.map(asLeaf), ...cast] : [...cast, ...own]
  const all: readonly Leaf[] = [...first, ...middle, 'a', 1, absent, 'b']
  const once = new Map<unknown, Leaf>(
    all.map((leaf) => [typeof leaf === 'symbol' ? leaf : JSON.stringify(leaf), leaf] as const),
  )
  return [...once.values()].slice(0, mostLeaves)
}

const saysMore = ({ values, casts = [], patterns = [], lengths = [], isArray = false }: JsonPath): boolean =>
  isArray ||
  lengths.length > 0 ||
  casts.length > 0 ||
  patterns.length > 0 ||
  values.some((value) => Object.hasOwn(ofKind, value))

/**
 * `paths`: longer ones first, each once. None where the predicates say nothing of a leaf but what it is equal to, or
 * speak of one path only: then varying one leaf at a time finds as much.
 */
export const guessedDocuments = (
  whole: Json,
  paths: readonly JsonPath[],
  constants: readonly string[],
): readonly Json[] => {
  if (paths.length < 2 || !paths.some(saysMore)) return []
  // A path that leads on is made by those behind it.
  const ends = paths.filter(
    ({ path }) =>
      !paths.some(
        (other) => other.path.length > path.length && path.every((key, i) => other.path[i] === key),
      ),
  )
  const keys = new Set(paths.flatMap(({ path }) => path))
  const elements = constants.filter((c) => c !== '' && !keys.has(c) && !/^[[{]/u.test(c)).map(asLeaf)
  const words = elements.filter((e) => typeof e === 'string' && !Object.hasOwn(ofKind, e))
  const spoken = words.length > 0 ? words : elements.length > 0 ? elements : ['a']
  const elementOf = (own: JsonPath): Json =>
    ends.reduce<Json>(
      (made, one) =>
        one.path[0] === own.path[0]
          ? made
          : place(made, one.path, leavesOf({ ...one, isArray: false }, [], {})[0] ?? 'a'),
      {},
    )
  const leaves = ends.map((one) => leavesOf(one, spoken, one.isArray ? elementOf(one) : {}))
  const { rows } = combinationsOf(
    leaves.map((some) => some.length),
    mostDocuments,
  )
  return rows.map((row) =>
    ends.reduce<Json>((doc, { path }, i) => place(doc, path, leaves[i]![row[i]!]!), whole),
  )
}
