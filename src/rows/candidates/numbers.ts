/** Integers, numeric, floating point and money: 1, 2, 3 (keys 1001, 1002, 1003), constants one step up and down, edges. */
import { literal } from '../../postgres/quote.ts'
import { addDecimal, decimalPattern, isBelow } from '../decimal.ts'
import type { Slot, TypeFamily } from './family.ts'

const integerEdges: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
  oid: ['0', '4294967295'],
}
const names = new Set([...Object.keys(integerEdges), 'numeric', 'real', 'double precision', 'money'])

interface Precision {
  readonly precision: number
  readonly scale: number
}

/** What `numeric(10,2)` allows; null without a modifier. */
const numericPrecision = (slot: Slot): Precision | null => {
  if (slot.type !== 'numeric' || slot.modifier < 4) return null
  const packed = slot.modifier - 4
  const scale = packed & 0x7ff
  return { precision: (packed >> 16) & 0xffff, scale: scale >= 1024 ? scale - 2048 : scale }
}

const isInteger = (slot: Slot): boolean => slot.type in integerEdges

/** Smallest differences that matter to the column. */
const stepsOf = (slot: Slot): readonly string[] => {
  if (isInteger(slot)) return ['1']
  const limits = numericPrecision(slot)
  if (!limits) return slot.type === 'money' ? ['0.01', '1'] : ['1', '0.01']
  if (limits.scale <= 0) return [`1${'0'.repeat(-limits.scale)}`]
  const smallest = `0.${'0'.repeat(limits.scale - 1)}1`
  return limits.precision > limits.scale ? [smallest, '1'] : [smallest]
}

/** The largest value that fits, as text. */
const highest = (slot: Slot): string | null => {
  if (isInteger(slot)) return integerEdges[slot.type]?.[1] ?? null
  const limits = numericPrecision(slot)
  if (!limits) return null
  const { precision, scale } = limits
  if (scale <= 0) return `${'9'.repeat(precision)}${'0'.repeat(-scale)}`
  const fraction = '9'.repeat(Math.min(precision, scale)).padStart(scale, '0')
  return `${precision > scale ? '9'.repeat(precision - scale) : '0'}.${fraction}`
}

const lowest = (slot: Slot): string | null => {
  const fixed = integerEdges[slot.type]?.[0]
  const high = highest(slot)
  return fixed ?? (high === null ? null : `-${high}`)
}

const fits = (slot: Slot, value: string): boolean => {
  const high = highest(slot)
  const low = lowest(slot)
  return (high === null || !isBelow(high, value)) && (low === null || !isBelow(value, low))
}

/** What is no number and a value of theirs all the same. */
const noNumber = /^(?:nan|[+-]?inf(?:inity)?)$/iu
const isFloating = (slot: Slot): boolean =>
  slot.type === 'real' || slot.type === 'double precision' || (slot.type === 'numeric' && slot.modifier < 4)

const written = (slot: Slot, values: readonly string[]): string[] =>
  values.filter((v) => fits(slot, v)).map((v) => (slot.type === 'money' ? literal(v) : v))

/** Numbers of many digits, of which a part may be computed from the others. */
const isLarge = (number: string): boolean => /^-?\d{3,}$/u.test(number)
const mostRuns = 4
/** Of a hundred numbers one at least has the remainder that is asked for. */
const runLength = 100

/** The numbers behind it, then those before it. */
const runOf = (number: string): readonly string[] =>
  [1, -1].flatMap((sign) =>
    Array.from({ length: runLength }, (_, n) => addDecimal(number, '1', sign * (n + 1))),
  )

export const numbers: TypeFamily = {
  serves: (slot) => names.has(slot.type),
  typical: (slot, family) => {
    const wanted = String((slot.key ? 1001 : 1) + family)
    const small = String(1 + family)
    const smallest = stepsOf(slot)[0] ?? '1'
    const tiny = addDecimal('0', smallest, 1 + family)
    const value = [wanted, small, tiny].find((v) => fits(slot, v)) ?? '0'
    return slot.type === 'money' ? literal(value) : value
  },
  near: (slot, clues) => {
    const constants = clues.constants.filter((c) => decimalPattern.test(c))
    const whole = isInteger(slot)
    const centres = constants.flatMap((c) =>
      whole && c.includes('.')
        ? [c.slice(0, c.indexOf('.')) || '0', addDecimal(c.slice(0, c.indexOf('.')) || '0', '1', 1)]
        : [c],
    )
    // Neighbours first: a base row at a boundary would be broken by every mutant of it.
    const around = centres.flatMap((c) => [
      ...stepsOf(slot).flatMap((step) => [
        addDecimal(c, step, 1),
        addDecimal(c, step, 2),
        addDecimal(c, step, 3),
      ]),
      ...stepsOf(slot).flatMap((step) => [addDecimal(c, step, -1), addDecimal(c, step, -2)]),
      c,
      addDecimal('0', c, 2),
      addDecimal('0', c, -1),
    ])
    const sums =
      centres.length <= 6
        ? centres.flatMap((a) => centres.flatMap((b) => [1, 2, 3].map((n) => addDecimal(a, b, n))))
        : []
    const turns = clues.solved ?? []
    const wholes = turns.filter((c) => decimalPattern.test(c))
    const calculated = turns.filter((c) => !decimalPattern.test(c)).map((sql) => `(${sql})`)
    const runs = clues.remainders && whole ? [...wholes, ...centres.filter(isLarge)].slice(0, mostRuns) : []
    return [
      ...written(slot, [
        ...around,
        ...sums,
        ...wholes.flatMap((c) => [1, 2, 3, 0, -1].map((n) => addDecimal(c, '1', n))),
        ...runs.flatMap((c) => runOf(c)),
      ]),
      ...calculated.flatMap((sql) => [`${sql} + 1`, `${sql} - 1`, sql]),
      ...(isFloating(slot)
        ? [...new Set(clues.constants.filter((c) => noNumber.test(c)).flatMap((c) => [c, 'NaN']))].map(
            literal,
          )
        : []),
      ...clues.computed.map((sql) => `(${sql})`),
    ]
  },
  edges: (slot) => {
    const high = highest(slot)
    const low = lowest(slot)
    const fractions = isInteger(slot) ? [] : ['0.5', '0.1', '0.01', '-0.01', '1.5']
    const ends = [high, low].filter((v) => v !== null)
    return written(slot, [
      '0',
      '1',
      '2',
      '3',
      '-1',
      '4',
      '5',
      '6',
      '7',
      '10',
      ...fractions,
      '12',
      '100',
      '1000',
      '2024',
      ...ends,
    ])
  },
}
