/** Permutations and spreads are what they say, in both directions. */
import { describe, expect, it } from 'vitest'
import { makePermutation, saltOf, share } from './random.ts'
import { makeSpread } from './spread.ts'

describe('a permutation', () => {
  it.each([1, 2, 3, 7, 100, 1000, 4097])('of %i numbers has each once, and leads back', (count) => {
    const { at, back } = makePermutation(count, saltOf('a', count))
    const numbers = Array.from({ length: count }, (_, n) => n)
    expect(numbers.map(at).toSorted((a, b) => a - b)).toEqual(numbers)
    expect(numbers.map((n) => back(at(n)))).toEqual(numbers)
  })

  it('holds beyond 32 bits', () => {
    const { at, back } = makePermutation(6_000_000_000, 7)
    for (const n of [0, 4_294_967_295, 4_294_967_296, 5_999_999_999]) expect(back(at(n))).toBe(n)
  })
})

it('shares are spread evenly, and another salt gives others', () => {
  const found = Array.from({ length: 10_000 }, (_, n) => share(n, 5))
  expect(found.reduce((a, b) => a + b) / found.length).toBeCloseTo(0.5, 1)
  expect(found.filter((x) => x < 0.1).length).toBeGreaterThan(850)
  expect(found.filter((x) => x < 0.1).length).toBeLessThan(1150)
  expect(share(1, 5)).not.toBe(share(1, 6))
})

describe('a spread', () => {
  it.each([
    [1000, 10, 0],
    [1000, 10, 0.5],
    [1000, 10, 1],
    [1000, 10, 1.3],
    [10, 10, 0.5],
    [3, 10, 0.8],
    [5000, 1, 1],
    [4999, 777, 0.9],
  ])('of %i children over %i parents with exponent %d', (children, parents, skew) => {
    const spread = makeSpread(children, parents, skew)
    const counts = Array.from({ length: parents }, (_, p) => spread.childCount(p))
    expect(counts.reduce((a, b) => a + b)).toBe(children)
    if (children >= parents) expect(Math.min(...counts)).toBeGreaterThan(0)
    if (skew > 0.4 && children >= 1000 && parents > 1) expect(counts[0]).toBeGreaterThan(counts.at(-1)!)
    const wrong = Array.from({ length: children }, (_, j) => j).filter((j) => {
      const parent = spread.parentOf(j)
      return parent < 0 || parent >= parents || spread.childAt(parent, spread.rankOf(j)) !== j
    })
    expect(wrong).toEqual([])
  })
})
