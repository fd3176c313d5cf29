/** Arrays: one element of its type per family, then empty, the constants, and the wanted numbers of elements. */
import { literal } from '../../postgres/quote.ts'
import { noClues, type ValueClues } from '../constants.ts'
import { matchingStrings } from '../pattern.ts'
import { familyNumbers, type Slot, type TypeFamily } from './family.ts'

/** Of one pattern. */
const mostMatching = 4
/** Elements of the wanted sizes. */
const mostSized = 12

const arrayOf = (slot: Slot, elements: readonly string[]): string =>
  elements.length === 0 ? literal('{}') : `array[${elements.join(', ')}]::${slot.type}[]`

/** Longer ones are made of one element, so that rows stay readable. */
const longest = 100
const longestRepeated = 100_000
const longestNumbered = 400

/** So many elements of which each is greater than the one before. */
const numbered = (slot: Slot, count: number): readonly string[] => {
  const width = String(count).length
  const each = (of: (n: number) => string): readonly string[] => [
    `${literal(`{${Array.from({ length: count }, (_, n) => of(n + 1)).join(',')}}`)}::${slot.type}[]`,
  ]
  if (count > longestNumbered) return []
  if (/^(?:smallint|integer|bigint|numeric|real|double precision)$/u.test(slot.type)) return each(String)
  if (!/^(?:text|character varying|(?:public\.)?citext)$/u.test(slot.type)) return []
  const isTooLong = slot.type !== 'text' && slot.modifier >= 4 && width + 1 > slot.modifier - 4
  return isTooLong ? [] : each((n) => `a${String(n).padStart(width, '0')}`)
}

/** The family of arrays over the family of their elements; `slot.type` is the element's. */
export const arraysOf = (element: TypeFamily): TypeFamily => ({
  serves: () => true,
  typical: (slot, family) => arrayOf(slot, [element.typical(slot, family)]),
  near: (slot, clues: ValueClues) => {
    const sizes = new Set(clues.lengths.map(String))
    const near = element.near(slot, {
      ...clues,
      lengths: [],
      constants: clues.constants.filter((c) => !sizes.has(c)),
    })
    const typical = familyNumbers.map((n) => element.typical(slot, n))
    // Of well-known formats most match no pattern: what does comes first in every list.
    const matching = new Set(
      clues.patterns.flatMap((p) => matchingStrings(p, []).slice(0, mostMatching)).map(literal),
    )
    const formed = near.filter((sql) => matching.has(sql)).slice(0, 2 * mostMatching)
    const leading = [...new Set([...formed, ...near])]
    const pool = [...new Set([...near.slice(0, 40), ...typical])]
    const mixed = [...new Set([...near.slice(0, 1), ...typical])]
    const wanted = [...new Set(clues.lengths.flatMap((n) => [n, n + 1, n - 1]))]
    const counts = wanted.filter((n) => n >= 0 && n <= longest)
    const many = wanted.filter((n) => n > longest && n <= longestRepeated)
    // A size may be that of an element.
    const sized = element.near(slot, { ...noClues, lengths: clues.lengths }).slice(0, mostSized)
    const ofCount = (count: number, from: readonly string[]): string =>
      arrayOf(
        slot,
        Array.from({ length: count }, (_, i) => from[i % from.length] ?? 'null'),
      )
    /** What an array may begin with: each value that is spoken of, and each family's, followed by the others in turn. */
    const turns = typical.map((_, n) => [...typical.slice(n), ...typical.slice(0, n)])
    const sequences = [
      ...near.slice(0, 8).map((v) => [v, ...typical.filter((other) => other !== v)]),
      ...turns,
      ...near.slice(0, 3).flatMap((v) => turns.map((turn) => [v, ...turn])),
      ...turns.map(([first = 'null', , ...others]) => [first, ...others]),
      ...[...near.slice(0, 3), ...typical.slice(0, 1)].map((v) => [v, 'null', ...typical]),
    ]
    /** Each value as often as it takes, one behind the other: in their order, as the typical ones are. */
    const inOrder = (count: number, from: readonly string[]): string =>
      arrayOf(
        slot,
        Array.from({ length: count }, (_, i) => from[Math.floor((i * from.length) / count)] ?? 'null'),
      )
    /** What ends as it begins: there and back. */
    const closed = counts
      .filter((n) => n > 2 && n <= 100)
      .flatMap((n) =>
        [
          ...leading.slice(0, 8).map((_, i) => [...leading.slice(i, i + n), ...typical]),
          ...turns.slice(0, 2),
        ].map((from) =>
          arrayOf(slot, [...Array.from({ length: n - 1 }, (_, i) => from[i % from.length]!), from[0]!]),
        ),
      )
    const begun = clues.lengths
      .filter((n) => n > 0 && n <= 100)
      .flatMap((n) => sequences.map((sequence) => ofCount(n, sequence)))
    return [
      ...clues.constants.filter((c) => /^\{.*\}$/su.test(c)).map(literal),
      ...near.slice(0, 60).map((v) => arrayOf(slot, [v])),
      ...(near.length > 1 ? [arrayOf(slot, near.slice(0, 2)), arrayOf(slot, near.slice(0, 12))] : []),
      ...counts.flatMap((n) => [ofCount(n, mixed), ofCount(n, pool), ofCount(n, typical)]),
      ...near.slice(0, 12).map((v) => arrayOf(slot, [v, typical[0] ?? 'null'])),
      ...begun,
      ...closed,
      ...leading.slice(0, 3).flatMap((v) => [arrayOf(slot, [v, v]), arrayOf(slot, [v, 'null', v])]),
      ...(leading.length > 1
        ? [arrayOf(slot, [leading[1]!, leading[0]!]), arrayOf(slot, leading.slice(0, 3).toReversed())]
        : []),
      ...counts.map((n) => inOrder(n, typical)),
      ...[...counts, ...many].filter((n) => n > 1).flatMap((n) => numbered(slot, n)),
      ...many.map((n) => `array_fill(${typical[0] ?? 'null'}::${slot.type}, array[${n}])`),
      ...sized.map((v) => arrayOf(slot, [v])),
      ...(formed.length > 0 ? counts.map((n) => ofCount(n, formed)) : []),
    ]
  },
  edges: (slot) => {
    const first = element.typical(slot, 0)
    const second = element.typical(slot, 1)
    return [
      arrayOf(slot, []),
      arrayOf(slot, [first, second]),
      arrayOf(slot, [first, first]),
      arrayOf(slot, ['null']),
      arrayOf(slot, [first, 'null']),
      `array[array[${first}], array[${second}]]::${slot.type}[]`,
      ...element
        .edges(slot)
        .slice(0, 20)
        .map((v) => arrayOf(slot, [v])),
    ]
  },
})
