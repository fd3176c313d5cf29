import { describe, expect, it } from 'vitest'
import { combinationsOf } from './combinations.ts'
import { coverOf } from './cover.ts'
import { addDecimal, isBelow } from './decimal.ts'

describe('combinationsOf', () => {
  it('starts with the present values and changes as few as it can', () => {
    expect(combinationsOf([2, 3], 100)).toEqual({
      rows: [
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 2],
        [1, 1],
        [1, 2],
      ],
      complete: true,
    })
  })

  it('stays within its limit, each combination once', () => {
    const { rows, complete } = combinationsOf([50, 50, 50], 1000)
    expect(complete).toBe(false)
    expect(rows.length).toBeLessThanOrEqual(1000)
    expect(new Set(rows.map(String)).size).toBe(rows.length)
  })

  it('has one combination of nothing', () => {
    expect(combinationsOf([], 10)).toEqual({ rows: [[]], complete: true })
    expect(combinationsOf([1, 1], 10)).toEqual({ rows: [[0, 0]], complete: true })
  })
})

describe('combinations with a variable that cannot vary', () => {
  it('are found without making the product of the others', () => {
    const sizes = [60, 60, 60, 60, 60, 60, 60, 60, 1]
    expect(combinationsOf(sizes, 600).rows.length).toBeGreaterThan(400)
    expect(combinationsOf([2, 1, 3], 100)).toEqual({
      rows: [
        [0, 0, 0],
        [1, 0, 0],
        [0, 0, 1],
        [0, 0, 2],
        [1, 0, 1],
        [1, 0, 2],
      ],
      complete: true,
    })
  })
})

describe('coverOf', () => {
  it('takes the fewest rows, the nearest first, and one of each outcome', () => {
    const rows = [
      { at: 0, accepted: true, tells: [] },
      { at: 1, accepted: true, tells: [0] },
      { at: 2, accepted: true, tells: [0, 1] },
      { at: 3, accepted: false, tells: [2] },
      { at: 4, accepted: false, tells: [2] },
    ]
    expect(coverOf(rows).map((r) => r.at)).toEqual([2, 3])
    expect(coverOf(rows.slice(0, 3)).map((r) => r.at)).toEqual([2])
    expect(coverOf([rows[0]!, { at: 9, accepted: false, tells: [] }]).map((r) => r.at)).toEqual([0, 9])
  })
})

describe('decimals', () => {
  it('are added exactly', () => {
    expect(addDecimal('0.1', '0.01', -11)).toBe('-0.01')
    expect(addDecimal('9223372036854775807', '1', 1)).toBe('9223372036854775808')
    expect(addDecimal('-1', '0.5', 1)).toBe('-0.5')
    expect(isBelow('-0.02', '-0.01')).toBe(true)
  })
})
