/** Where plans flip, without a server. */
import { describe, expect, it } from 'vitest'
import { sweepPlans, type SweepPoint } from './sweep.ts'

const shapes =
  (limits: readonly number[]) =>
  (rows: number): Promise<SweepPoint> =>
    Promise.resolve({ rows, shape: `plan ${limits.filter((limit) => rows >= limit).length}`, cost: rows })

describe('sweepPlans', () => {
  it('asks every power of ten, and nothing between when all are the same', async () => {
    const { points, flips } = await sweepPlans(shapes([]))
    expect(points.map(({ rows }) => rows)).toEqual([1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10])
    expect(flips).toEqual([])
  })

  it('finds flips to within five percent, two between the same powers of ten too', async () => {
    const { flips, points } = await sweepPlans(shapes([23_456, 71_000, 4.2e8]))
    expect(flips.map(({ below, above }) => [below.shape, above.shape])).toEqual([
      ['plan 0', 'plan 1'],
      ['plan 1', 'plan 2'],
      ['plan 2', 'plan 3'],
    ])
    for (const [at, limit] of [23_456, 71_000, 4.2e8].entries()) {
      const { below, above } = flips[at]!
      expect(below.rows).toBeLessThan(limit)
      expect(above.rows).toBeGreaterThanOrEqual(limit)
      expect(above.rows / below.rows).toBeLessThan(1.06)
    }
    expect(points.map(({ rows }) => rows)).toEqual(points.map(({ rows }) => rows).toSorted((a, b) => a - b))
    expect(points.length).toBeLessThan(30)
  })

  it('asks no size twice', async () => {
    const asked: number[] = []
    await sweepPlans(
      (rows) => {
        asked.push(rows)
        return shapes([5_000])(rows)
      },
      { from: 1e3, to: 1e4 },
    )
    expect(new Set(asked).size).toBe(asked.length)
  })
})
