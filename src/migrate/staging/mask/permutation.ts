/**
 * Permutations of 0 … size-1 under a key that is forgotten when the run ends: two values are alike behind it exactly
 * when they were before. A Feistel network over two unequal halves, walked on until the answer is in range.
 */
import { hash, randomBytes } from 'node:crypto'
import { sipHash, type SipKey } from './siphash.ts'

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

/** Of each kind of value a key of its own. So many are kept: the texts before a part are countless. */
const mostKeys = 10_000

/** Low word first, in pairs. */
const wordsOf = (value: bigint): readonly number[] => {
  const words: number[] = []
  for (let rest = value; rest > 0n || words.length % 2 === 1; rest >>= 32n)
    words.push(Number(rest & 0xffffffffn))
  return words
}

export const makePermutation = (key: string = randomBytes(24).toString('base64')): Permutation => {
  const keys = new Map<string, SipKey>()
  const keyOf = (tweak: string): SipKey => {
    const known = keys.get(tweak)
    if (known !== undefined) return known
    const digest = hash('sha256', `${key}\n${tweak}`, 'buffer')
    const own: SipKey = [
      digest.readInt32LE(0),
      digest.readInt32LE(4),
      digest.readInt32LE(8),
      digest.readInt32LE(12),
    ]
    if (keys.size >= mostKeys) keys.clear()
    keys.set(tweak, own)
    return own
  }
  const small = (value: number, size: number, own: SipKey): number => {
    const left = Math.floor(Math.sqrt(size))
    const right = Math.ceil(size / left)
    // Of 53 bits: what is drawn is far beyond either half.
    const draw = (round: number, half: number): number => {
      const [low, high] = sipHash(own, [half, round])
      return low + (high >>> 11) * 2 ** 32
    }
    let now = value
    do {
      let [u, v] = [Math.floor(now / right), now % right]
      for (let round = 0; round < rounds; round++) {
        u = (u + (draw(2 * round, v) % left)) % left
        v = (v + (draw(2 * round + 1, u) % right)) % right
      }
      now = u * right + v
    } while (now >= size)
    return now
  }
  const large = (value: bigint, size: bigint, own: SipKey): bigint => {
    const left = rootOf(size)
    const right = (size + left - 1n) / left
    /** As wide as the halves are, and 64 bits more. */
    const blocks = Math.ceil(right.toString(16).length / 16) + 1
    const draw = (round: number, half: bigint): bigint => {
      let drawn = 0n
      for (let block = 0; block < blocks; block++) {
        const [low, high] = sipHash(own, [round, block, ...wordsOf(half)])
        drawn = (drawn << 64n) | (BigInt(high) << 32n) | BigInt(low)
      }
      return drawn
    }
    let now = value
    do {
      let [u, v] = [now / right, now % right]
      for (let round = 0; round < rounds; round++) {
        u = (u + draw(2 * round, v)) % left
        v = (v + draw(2 * round + 1, u)) % right
      }
      now = u * right + v
    } while (now >= size)
    return now
  }
  return {
    at(value, size, tweak) {
      if (size <= 1n) return value
      const own = keyOf(`${tweak} ${size}`)
      return size < exact ? BigInt(small(Number(value), Number(size), own)) : large(value, size, own)
    },
  }
}
