/**
 * Permutations of 0 … size-1 under a key that is forgotten when the run ends: two values are alike behind it exactly
 * when they were before. A Feistel network over two unequal halves, walked on until the answer is in range.
 */
import { hash, randomBytes } from 'node:crypto'

/** What stands for a value in one run; another run gives others. */
export interface Permutation {
  /** `tweak`: which permutation of that size. */
  readonly at: (value: bigint, size: bigint, tweak: string) => bigint
}

const rounds = 6

/** Below, numbers of JavaScript are exact, and a dozen times as fast. */
const exact = 2n ** 50n

const rootOf = (size: bigint): bigint => {
  let root = BigInt(Math.floor(Math.sqrt(Number(size))))
  while (root * root > size) root -= 1n
  return root
}

export const makePermutation = (key: string = randomBytes(24).toString('base64')): Permutation => {
  const draw = (tweak: string, round: number, value: bigint | number): number => {
    const digest = hash('sha256', `${key}\n${tweak}\n${round}\n${value}`, 'buffer')
    return digest.readUIntBE(0, 6)
  }
  const small = (value: number, size: number, tweak: string): number => {
    const left = Math.floor(Math.sqrt(size))
    const right = Math.ceil(size / left)
    let now = value
    do {
      let [u, v] = [Math.floor(now / right), now % right]
      for (let round = 0; round < rounds; round++) {
        u = (u + draw(tweak, 2 * round, v)) % left
        v = (v + draw(tweak, 2 * round + 1, u)) % right
      }
      now = u * right + v
    } while (now >= size)
    return now
  }
  const large = (value: bigint, size: bigint, tweak: string): bigint => {
    const left = rootOf(size)
    const right = (size + left - 1n) / left
    let now = value
    do {
      let [u, v] = [now / right, now % right]
      for (let round = 0; round < rounds; round++) {
        u = (u + BigInt(draw(tweak, 2 * round, v))) % left
        v = (v + BigInt(draw(tweak, 2 * round + 1, u))) % right
      }
      now = u * right + v
    } while (now >= size)
    return now
  }
  return {
    at(value, size, tweak) {
      if (size <= 1n) return value
      const own = `${tweak} ${size}`
      return size < exact ? BigInt(small(Number(value), Number(size), own)) : large(value, size, own)
    },
  }
}
