/** How the names of the next migrations begin: counted on from those that stand, or with the time of day. */

const digitsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => /^[VUB]?(?<digits>\d+)/u.exec(name)?.groups?.['digits'] ?? [])

const highestOf = (digits: readonly string[]): bigint =>
  digits.map(BigInt).reduce((a, b) => (a > b ? a : b), 0n)

/** The n-th number after the highest one, as wide as those that stand; four digits where there is none. */
export const countedOn = (standing: readonly string[], n: number, first = 1n): string => {
  const digits = digitsOf(standing)
  const width = Math.max(4, ...digits.filter((one) => one.startsWith('0')).map((one) => one.length))
  const next = digits.length === 0 ? first : highestOf(digits) + 1n
  return String(next + BigInt(n)).padStart(width, '0')
}

const behind = (standing: readonly string[], now: bigint, n: number): string => {
  const highest = highestOf(digitsOf(standing))
  return String((highest >= now ? highest + 1n : now) + BigInt(n))
}

/** `20240131120000`: the time in UTC, and behind all that stand. */
export const stampedOn = (standing: readonly string[], n: number): string =>
  behind(standing, BigInt(new Date().toISOString().replaceAll(/\D/gu, '').slice(0, 14)), n)

/** What the n-th of the next names begins with, from 0; `standing` are the names that are there. */
export type NamePrefix = (standing: readonly string[], n: number) => string

export const ownPrefix: NamePrefix = (standing, n) => `${countedOn(standing, n)}_`

/** Milliseconds, and behind all that stand. */
export const millisecondsOn = (standing: readonly string[], n: number): string =>
  behind(standing, BigInt(Date.now()), n)
