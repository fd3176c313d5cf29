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
const mostDocuments = 240

const leavesOf = ({ values, casts = [], patterns = [] }: JsonPath): readonly Leaf[] => {
  const texts = new Set(patterns.map(({ text }) => text))
  const kinds = values.filter((value) => Object.hasOwn(ofKind, value))
  const constants = values.filter((value) => !texts.has(value) && !kinds.includes(value) && value !== '')
  const around = constants
    .filter((value) => decimalPattern.test(value) && value.length < 15)
    .flatMap((value) => [addDecimal(value, '1', 1), addDecimal(value, '1', -1)])
  const matching = patterns.flatMap((pattern) => someMatching(pattern, [], 3))
  // A date or a time is no constant of another predicate.
  const first: readonly Leaf[] = [...matching, ...kinds.flatMap((kind) => ofKind[kind] ?? [])]
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

const saysMore = ({ values, casts = [], patterns = [] }: JsonPath): boolean =>
  casts.length > 0 || patterns.length > 0 || values.some((value) => Object.hasOwn(ofKind, value))

/**
 * `paths`: longer ones first, each once. None where the predicates say nothing of a leaf but what it is equal to, or
 * speak of one path only: then varying one leaf at a time finds as much.
 */
export const guessedDocuments = (whole: Json, paths: readonly JsonPath[]): readonly Json[] => {
  if (paths.length < 2 || !paths.some(saysMore)) return []
  // A path that leads on is made by those behind it.
  const ends = paths.filter(
    ({ path }) =>
      !paths.some(
        (other) => other.path.length > path.length && path.every((key, i) => other.path[i] === key),
      ),
  )
  const leaves = ends.map(leavesOf)
  const { rows } = combinationsOf(
    leaves.map((some) => some.length),
    mostDocuments,
  )
  return rows.map((row) =>
    ends.reduce<Json>((doc, { path }, i) => place(doc, path, leaves[i]![row[i]!]!), whole),
  )
}
