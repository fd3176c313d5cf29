/** Bounds of partitions as pg_get_expr prints them, and the width that they share. */

export type Bound =
  | { readonly kind: 'range'; readonly from: readonly string[]; readonly to: readonly string[] }
  | { readonly kind: 'list'; readonly values: readonly string[] }
  | { readonly kind: 'hash'; readonly modulus: number }
  | { readonly kind: 'default' }

/** Splits `'a, b', 1, MINVALUE` at the commas outside of quotes. */
const splitList = (text: string): readonly string[] =>
  [...text.matchAll(/(?:E?'(?:[^']|'')*'|[^,'])+/gu)].map((m) => m[0].trim())

const range = /^FOR VALUES FROM \((.*)\) TO \((.*)\)$/su

/** A string may hold `) TO (`: the split is where the quotes before it are closed. */
const splitRange = (text: string): readonly [string, string] | null => {
  const inner = range.exec(text) ? text.slice('FOR VALUES FROM ('.length, -1) : null
  if (inner === null) return null
  const plain = inner.replaceAll(/'(?:[^']|'')*'/gu, (quoted) => '_'.repeat(quoted.length))
  const at = plain.indexOf(') TO (')
  return at < 0 ? null : [inner.slice(0, at), inner.slice(at + ') TO ('.length)]
}

export const parseBound = (text: string): Bound => {
  const ends = splitRange(text)
  if (ends) return { kind: 'range', from: splitList(ends[0]), to: splitList(ends[1]) }
  const list = /^FOR VALUES IN \((.*)\)$/su.exec(text)?.[1]
  if (list !== undefined) return { kind: 'list', values: splitList(list) }
  const modulus = /^FOR VALUES WITH \(modulus (\d+), remainder \d+\)$/u.exec(text)?.[1]
  return modulus === undefined ? { kind: 'default' } : { kind: 'hash', modulus: Number(modulus) }
}

const time = /^'(\d{4,})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\+00)?)?'$/u

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`

const widthOfTimes = (from: RegExpExecArray, to: RegExpExecArray): string => {
  const parts = (m: RegExpExecArray): number[] => m.slice(1).map((p) => Number(p ?? 0))
  const [y1 = 0, m1 = 0, ...rest1] = parts(from)
  const [y2 = 0, m2 = 0, ...rest2] = parts(to)
  const months = (y2 - y1) * 12 + m2 - m1
  if (rest1.join() === rest2.join())
    return months % 12 === 0 ? plural(months / 12, 'year') : plural(months, 'month')
  const at = ([d = 1, h = 0, min = 0, s = 0]: number[], y: number, m: number): number =>
    Date.UTC(y, m - 1, d, h, min, s)
  const hours = (at(rest2, y2, m2) - at(rest1, y1, m1)) / 3_600_000
  return hours % 24 === 0 ? plural(hours / 24, 'day') : plural(hours, 'hour')
}

/** `1 month` or `1000`; null when the ends are no numbers and no times, or open. */
export const widthOf = (from: string, to: string): string | null => {
  const [a, b] = [time.exec(from), time.exec(to)]
  if (a && b) return widthOfTimes(a, b)
  const [x, y] = [from, to].map((text) => /^'?(-?\d+)'?$/u.exec(text)?.[1])
  return x === undefined || y === undefined ? null : String(BigInt(y) - BigInt(x))
}
