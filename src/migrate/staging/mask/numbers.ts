/**
 * Numbers by others of the same sign and size: as many digits, on the same side of what their types can hold and of
 * what the schema compares them with.
 */
import type { Permutation } from './permutation.ts'

/** From here to before the next one a number stays. Zero stays zero, and one is one: for what counts as true. */
const steps = [...Array.from({ length: 40 }, (_, i) => 10n ** BigInt(i)), 2n, 2n ** 15n, 2n ** 31n, 2n ** 63n]

const sorted = (bounds: readonly bigint[]): readonly bigint[] =>
  [...new Set(bounds)].filter((n) => n > 0n).toSorted((a, b) => (a < b ? -1 : 1))

const usual = sorted(steps)

export type MaskNumber = (text: string) => string

/** `constants`: whole numbers that the schema compares with. Texts that are no numbers, such as NaN, stay. */
export const makeMaskNumber = (
  permutation: Permutation,
  constants: readonly bigint[] = [],
): { readonly whole: (value: bigint) => bigint; readonly text: MaskNumber } => {
  const bounds =
    constants.length === 0
      ? usual
      : sorted([...steps, ...constants.map((n) => (n < 0n ? -n : n)).flatMap((n) => [n, n + 1n])])
  const positive = (value: bigint): bigint => {
    const next = bounds.findIndex((bound) => bound > value)
    const to = bounds[next]
    const from = next <= 0 ? 1n : (bounds[next - 1] ?? 1n)
    return to === undefined ? value : from + permutation.at(value - from, to - from, `number ${from}`)
  }
  const whole = (value: bigint): bigint =>
    value === 0n ? 0n : value < 0n ? -positive(-value) : positive(value)
  /** Digits behind the point; zeros at their end say nothing, and stay. */
  const fraction = (digits: string): string => {
    const core = digits.replace(/0+$/u, '')
    if (core === '') return digits
    // The last of them is none of the zeros that were left out.
    const size = 9n * 10n ** BigInt(core.length - 1)
    const last = BigInt(core.at(-1) ?? '1') - 1n
    const value = BigInt(core.slice(0, -1) || '0') * 9n + last
    const found = permutation.at(value, size, `fraction ${core.length}`)
    const head = core.length === 1 ? '' : (found / 9n).toString().padStart(core.length - 1, '0')
    return `${head}${(found % 9n) + 1n}${digits.slice(core.length)}`
  }
  const text = (given: string): string => {
    const found = /^(?<sign>-?)(?<head>\d+)(?:\.(?<tail>\d+))?(?<power>[eE][+-]?\d+)?$/u.exec(given)?.groups
    if (!found) return given
    const { sign = '', head = '', tail, power = '' } = found
    const masked = whole(BigInt(head)).toString()
    return `${sign}${masked}${tail === undefined ? '' : `.${fraction(tail)}`}${power}`
  }
  return { whole, text }
}
