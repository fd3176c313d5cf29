/**
 * Character strings: the longest one is stored whole, one character more is refused. Grown from the base row's
 * value at its end, at its start, or from one letter, so that CHECKs on its form have a chance to accept it.
 */
import { literal } from '../../postgres/quote.ts'
import { written, type ProbedType, type TypeProbe, type TypeProbes } from './probe.ts'

/** Longer than any limit that people usually set, for types without one. */
const longText = 300
/** Above this nothing is built: the value would cost more than it shows. */
const longestProbe = 100_000

/** Texts of this length: the sample with more of its last or of its first character, or one letter again and again. */
export const grown = (sample: string | null, length: number): readonly string[] => {
  const letter = `repeat('a', ${length})`
  const have = Array.from(sample ?? '')
  const more = length - have.length
  if (have.length === 0 || more < 1) return [letter]
  const text = literal(have.join(''))
  const repeated = (character: string): string => `repeat(${literal(character)}, ${more})`
  return [`${text} || ${repeated(have.at(-1)!)}`, `${repeated(have[0]!)} || ${text}`, letter]
}

const ofLength = ({ sample }: ProbedType, length: number): readonly TypeProbe[] =>
  grown(sample, length).map((sql, way) => ({
    sql,
    shown: `of ${length} characters`,
    isLong: true,
    aim: `${length}`,
    way,
  }))

export const textProbes: TypeProbes = (type) => {
  const limit = type.name === 'bpchar' && type.modifiers.length === 0 ? 1 : type.modifiers[0]
  if (limit === undefined) return ofLength(type, longText)
  if (limit > longestProbe) return []
  const ends = ofLength(type, limit).map((probe) => ({ ...probe, isEnd: true }))
  return [...ends, ...ofLength(type, limit + 1)]
}

/** bit(n) takes exactly n, bit varying(n) up to n. */
export const bitProbes: TypeProbes = ({ name, modifiers }) => {
  const limit = modifiers[0] ?? (name === 'bit' ? 1 : undefined)
  const ofBits = (count: number): TypeProbe => ({
    sql: `B${literal('10'.repeat(Math.ceil(count / 2)).slice(0, count))}`,
    shown: `of ${count} bits`,
  })
  if (limit === undefined || limit > 1000) return [ofBits(12), written('12')]
  return [ofBits(limit), ofBits(limit + 1), written('12')]
}
