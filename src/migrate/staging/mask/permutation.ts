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

/** The largest whole number whose square is no larger, by Newton's method from above. */
const rootOf = (size: bigint): bigint => {
  let root = 1n << BigInt(2 * size.toString(16).length)
  for (;;) {
    const next = (root + size / root) / 2n
    if (next >= root) return root
    root = next
  }
}

/** So many are kept: the texts before a part are countless. */
const mostTweaks = 10_000

/** By its digest; under a key, and so told to nobody. */
const makeTweaks = (key: string): ((tweak: string) => Buffer) => {
  const tweaks = new Map<string, Buffer>()
  return (tweak) => {
    const known = tweaks.get(tweak)
    if (known !== undefined) return known
    const own = hash('sha256', `${key}\n${tweak}`, 'buffer')
    if (tweaks.size >= mostTweaks) tweaks.clear()
    tweaks.set(tweak, own)
    return own
  }
}

/** Its first 48 bits: far beyond the halves of what is exact. A digest as text is four times as fast as one in a buffer. */
const numberIn = (digest: string): number => {
  let number = 0
  for (let i = 0; i < 6; i++) number = number * 256 + digest.charCodeAt(i)
  return number
}

export const makePermutation = (key: string = randomBytes(24).toString('base64')): Permutation => {
  const tweakOf = makeTweaks(key)
  /** Which permutation, under the key; which half; and which round. */
  const message = Buffer.alloc(40)
  const small = (value: number, size: number, tweak: Buffer): number => {
    const left = Math.floor(Math.sqrt(size))
    const right = Math.ceil(size / left)
    tweak.copy(message)
    const draw = (round: number, half: number): number => {
      message.writeUInt32LE(half, 32)
      message.writeUInt32LE(round, 36)
      return numberIn(hash('sha256', message, 'binary'))
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
  const large = (value: bigint, size: bigint, tweak: Buffer): bigint => {
    const left = rootOf(size)
    const right = (size + left - 1n) / left
    /** As wide as the halves are, and 64 bits more. */
    const blocks = Math.ceil((right.toString(16).length + 16) / 64)
    const draw = (round: number, half: bigint): bigint => {
      const drawn = Array.from({ length: blocks }, (_, i) =>
        hash('sha256', `${tweak.toString('latin1')} ${round} ${i} ${half}`, 'hex'),
      )
      return BigInt(`0x${drawn.join('')}`)
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
      const own = tweakOf(`${tweak} ${size}`)
      return size < exact ? BigInt(small(Number(value), Number(size), own)) : large(value, size, own)
    },
  }
}
