/** Values at the ends of paths through documents, as text that their cast takes: each path another one, then those that constants name. */

export type LeafValue = (type: string | null, n: number) => string

const isNumeric = (type: string): boolean => /^(?:int|numeric|float|money|oid)/u.test(type)

/** The nth value of a type. */
export const nthValue: LeafValue = (type, n) => {
  const day = String((n % 27) + 1).padStart(2, '0')
  if (type === null) return `${String.fromCodePoint(97 + (n % 26))}${n < 26 ? '' : String(n)}`
  if (type === 'bool') return n % 2 === 0 ? 'true' : 'false'
  if (type === 'date') return `2024-01-${day}`
  if (type.startsWith('timestamp')) return `2024-01-${day} 12:00:00`
  if (type.startsWith('time')) return `12:${day}:00`
  if (type === 'interval') return `${n + 1} days`
  if (type === 'uuid') return `00000000-0000-4000-8000-${String(n + 1).padStart(12, '0')}`
  return String(n + 1)
}

/** Text with a capital and blanks around it. */
const paddedValue: LeafValue = (type, n) =>
  type === null ? ` ${nthValue(type, n).toUpperCase()} ` : nthValue(type, n)

const otherOf: LeafValue = (type, n) => {
  if (type === 'bool') return n % 2 === 0 ? 'false' : 'true'
  return type !== null && isNumeric(type) ? String(-(n + 1)) : nthValue(type, n + 13)
}

const mostConstants = 8

/** A constant at the end of every path whose type takes it, then its neighbours. */
const ofConstant = (text: string): readonly LeafValue[] => {
  const isNumber = /^-?\d{1,9}$/u.test(text)
  const value =
    (step: number): LeafValue =>
    (type, n) => {
      if (type === null) return step === 0 ? text : nthValue(type, n)
      return isNumber && isNumeric(type) ? String(Number(text) + step) : nthValue(type, n)
    }
  return isNumber ? [value(0), value(1), value(-1)] : [value(0)]
}

/** In order of promise. */
export const leafValues = (constants: readonly string[]): readonly LeafValue[] => [
  nthValue,
  paddedValue,
  otherOf,
  ...constants
    .filter((text) => text.length > 0 && text.length <= 60)
    .slice(0, mostConstants)
    .flatMap(ofConstant),
]
