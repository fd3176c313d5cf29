/** The number that a migration's name begins with: what two branches may both take, and what may be left out. */

/** `0007` of `0007_products`, `2024_01_02_103000` of Laravel's names; null for a name without one. */
export const numberOf = (name: string): string | null =>
  /^V?(?<number>\d+(?:[._-]\d+)*)(?=[._-]|$)/u.exec(name)?.groups?.['number'] ?? null

/** `20240131`: a day has room for several. */
const isDay = (number: string): boolean => /^(?:19|20)\d{6}$|^(?:19|20)\d\d[-_.]\d\d[-_.]\d\d$/u.test(number)

const canonical = (number: string): string =>
  number
    .split(/[._-]/u)
    .map((part) => BigInt(part).toString())
    .join('.')

/** Names that begin with the same number, each group in its order. */
export const sharedNumbers = (names: readonly string[]): readonly (readonly string[])[] => {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const number = numberOf(name)
    if (number === null || isDay(number)) continue
    const key = canonical(number)
    const group = groups.get(key)
    if (group) group.push(name)
    else groups.set(key, [name])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

/** Counted one by one, and padded: times and versions have gaps of their own. */
const counted = /^(?<number>\d{3,6})[._-]/u

export interface Gap {
  /** After which the numbers are missing; null: there is none before it. */
  readonly after: string | null
  readonly before: string
  /** The first and the last number that nothing has, padded alike. */
  readonly missing: readonly [string, string]
}

/** Where numbers are left out in a directory that counts 0001, 0002, 0003; [] where it counts otherwise. */
export const numberGaps = (names: readonly string[]): readonly Gap[] => {
  const numbers = names.map((name) => counted.exec(name)?.groups?.['number'])
  if (numbers.some((number) => number === undefined)) return []
  const read = names.map((name, i) => ({ name, text: numbers[i] ?? '', number: Number(numbers[i]) }))
  const steps = read.slice(1).map(({ number }, i) => number - (read[i]?.number ?? 0))
  // 0010, 0020, 0030 counts in tens.
  if (steps.length > 0 && !steps.includes(1)) return []
  return read.flatMap(({ name, text, number }, i): readonly Gap[] => {
    const before = read[i - 1]
    const last = before?.number ?? (number === 0 ? -1 : 0)
    if (number - last <= 1) return []
    const pad = (n: number): string => String(n).padStart(text.length, '0')
    return [{ after: before?.name ?? null, before: name, missing: [pad(last + 1), pad(number - 1)] }]
  })
}

/**
 * Whether people mean this migration: by its whole name, or by its number.
 *
 * @example
 * isNamed('0007_orders', '7') // true
 */
export const isNamed = (name: string, asked: string): boolean => {
  const number = numberOf(name)
  if (name === asked) return true
  return number !== null && /^\d+(?:[._-]\d+)*$/u.test(asked) && canonical(number) === canonical(asked)
}
