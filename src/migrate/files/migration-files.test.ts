import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareNames } from './migration-files.ts'

describe('compareNames', () => {
  it.each([
    [['0010_d', '0002_b', '0001_a']],
    [['10_c', '2_b', '1_a']],
    [['20240102_b', '20240101_z', '2024_a']],
    [['b', 'a_2', 'a']],
    [['002.sql', '2.sql'].reverse()],
  ])('%j is in the wrong order', (names) => {
    const ordered = names.toReversed()
    expect(names.toSorted(compareNames)).toEqual(ordered)
  })

  it('is an order', () => {
    const name = fc
      .array(fc.constantFrom('0', '1', '2', '10', '01', 'a', 'b', '_', '.'), { maxLength: 5 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNames(a, b))).toBe(-Math.sign(compareNames(b, a)) + 0)
        expect(compareNames(a, b) === 0).toBe(a === b)
        if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0)
          expect(compareNames(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
