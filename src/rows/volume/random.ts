/**
 * Numbers that look random and are none: each is a function of a salt and a row's number, so that any row can be made
 * without those before it, in any order and by anybody.
 */

/** A salt from words: FNV-1a over UTF-16 units. */
export const saltOf = (...words: readonly (string | number)[]): number => {
  let hash = 0x811c9dc5
  for (const char of words.join('\u0000')) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193)
  }
  return hash >>> 0
}

const two32 = 0x1_0000_0000

/** An integer below 2^32. The finalizer of MurmurHash3, twice where a number is greater than 32 bits. */
export const scramble = (n: number, salt: number): number => {
  let h = (n >>> 0) ^ salt
  if (n >= two32) h ^= Math.imul(Math.floor(n / two32), 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  h ^= h >>> 16
  h = Math.imul(h + salt, 0x27d4eb2f)
  return (h ^ (h >>> 15)) >>> 0
}

/** From 0 (with it) to 1 (without). */
export const share = (n: number, salt: number): number => scramble(n, salt) / two32

export interface Permutation {
  readonly at: (n: number) => number
  readonly back: (n: number) => number
}

/**
 * The numbers below `count` in another order, without a table of them: a Feistel network over the next even power of
 * two, walked until it falls below `count`.
 */
export const makePermutation = (count: number, salt: number): Permutation => {
  if (count <= 1) return { at: () => 0, back: () => 0 }
  const half = Math.max(1, Math.ceil(Math.log2(count) / 2))
  const base = 2 ** half
  const mask = base - 1
  const rounds = [salt, salt ^ 0x5bd1e995, salt ^ 0x2545f491, salt ^ 0x1b873593]
  const forth = (n: number): number => {
    let left = Math.floor(n / base)
    let right = n % base
    for (const key of rounds) {
      const next = left ^ (scramble(right, key) & mask)
      left = right
      right = next
    }
    return left * base + right
  }
  const reversed = rounds.toReversed()
  const backOnce = (n: number): number => {
    let left = Math.floor(n / base)
    let right = n % base
    for (const key of reversed) {
      const next = right ^ (scramble(left, key) & mask)
      right = left
      left = next
    }
    return left * base + right
  }
  const walk =
    (step: (n: number) => number) =>
    (n: number): number => {
      let found = step(n)
      while (found >= count) found = step(found)
      return found
    }
  return { at: walk(forth), back: walk(backOnce) }
}
