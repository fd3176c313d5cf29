/** Exact arithmetic on decimal numbers as text: neighbours of constants must not be rounded. */

export const decimalPattern = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/u

const scaled = (text: string, scale: number): bigint => {
  const negative = text.startsWith('-')
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  const digits = BigInt((whole || '0') + fraction.padEnd(scale, '0'))
  return negative ? -digits : digits
}

const scaleOf = (text: string): number => text.split('.')[1]?.length ?? 0

/** `a + step * times`, with the larger scale of both. */
export const addDecimal = (a: string, step: string, times: number): string => {
  const scale = Math.max(scaleOf(a), scaleOf(step))
  const sum = scaled(a, scale) + scaled(step, scale) * BigInt(times)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return sum < 0n ? `-${text}` : text
}

export const isBelow = (a: string, b: string): boolean => {
  const scale = Math.max(scaleOf(a), scaleOf(b))
  return scaled(a, scale) < scaled(b, scale)
}
