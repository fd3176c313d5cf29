/** The numbers that a column's values are made from, drawn by a law: pure functions of the row's number. */
import { scramble, share } from './random.ts'
import type { Law } from './volume-plan.ts'

const zipf = (variety: number, exponent: number): ((u: number) => number) => {
  if (Math.abs(exponent - 1) < 1e-9) {
    const all = Math.log1p(variety)
    return (u) => Math.expm1(u * all)
  }
  const power = 1 - exponent
  const all = (1 + variety) ** power - 1
  return (u) => (1 + u * all) ** (1 / power) - 1
}

/** Below `variety`. */
export const drawNumber = (variety: number, law: Law, salt: number): ((n: number) => number) => {
  const most = variety - 1
  const within = (x: number): number => (x < 0 ? 0 : x > most ? most : Math.floor(x))
  if (law.kind === 'zipf') {
    const back = zipf(variety, law.exponent)
    return (n) => within(back(share(n, salt)))
  }
  if (law.kind === 'bell') {
    // Four even shares together are near enough to a normal law, and cost no logarithm.
    const { mean, deviation } = law
    const width = deviation * Math.sqrt(3)
    return (n) => {
      const a = scramble(n, salt)
      const b = scramble(n, salt ^ 0x6a09e667)
      const sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16)
      return within(mean + (sum / 0x1_0000 - 2) * width)
    }
  }
  return variety <= 0x1_0000
    ? (n) => scramble(n, salt) % variety
    : (n) => within((share(n, salt) + scramble(n, salt ^ 0x3c6ef372) / 2 ** 64) * variety)
}

/** Numbers of tuples that have weights. */
export const drawWeighted = (weights: readonly number[], salt: number): ((n: number) => number) => {
  let all = 0
  const sums = weights.map((weight) => (all += weight))
  return (n) => {
    const at = share(n, salt) * all
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > at) high = middle
      else low = middle + 1
    }
    return low
  }
}
