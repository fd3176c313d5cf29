/** Choosing sets, compared with trying every set: costs that overlap, that need two at once, that spoil, within limits. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWithinLimits } from './limits.ts'
import { chooseSet, setsOf } from './choose.ts'
import type { Total } from './judged.ts'

interface Made {
  readonly bytes: number
}

/** A call costs what the best of its plans costs whose structures are all there. */
interface MadeCall {
  readonly cost: number
  readonly plans: readonly { readonly needs: readonly number[]; readonly cost: number }[]
}

const totalFor =
  (calls: readonly MadeCall[], all: readonly Made[]) =>
  (set: readonly Made[]): Total => {
    const has = new Set(set.map((one) => all.indexOf(one)))
    const each = calls.map(({ cost, plans }) =>
      Math.min(cost, ...plans.filter(({ needs }) => needs.every((n) => has.has(n))).map((one) => one.cost)),
    )
    return { spoiled: 0, broken: 0, cost: each.reduce((sum, one) => sum + one, 0), each }
  }

const bytesOf = (set: readonly Made[]): number => set.reduce((sum, { bytes }) => sum + bytes, 0)

const madeCall = (candidates: number) =>
  fc.record({
    cost: fc.integer({ min: 50, max: 400 }),
    plans: fc.array(
      fc.record({
        needs: fc.uniqueArray(fc.nat({ max: candidates - 1 }), { minLength: 1, maxLength: 2 }),
        cost: fc.integer({ min: 2, max: 300 }),
      }),
      { maxLength: 5 },
    ),
  })

const always = (): Promise<boolean> => Promise.resolve(true)

describe('chooseSet', () => {
  // Above ten not every set is tried any more.
  it.each([
    [8, 100],
    [13, 25],
  ])('is at most 1.05 times as costly as the best of all sets of %i', async (candidates, numRuns) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: candidates, maxLength: candidates }),
        fc.array(madeCall(candidates), { minLength: 1, maxLength: candidates }),
        fc.option(fc.integer({ min: 30, max: 400 })),
        fc.option(fc.uniqueArray(fc.nat({ max: candidates - 1 }), { minLength: 1, maxLength: 3 })),
        async (sizes, calls, limit, harm) => {
          const all = sizes.map((bytes) => ({ bytes }))
          const total = totalFor(calls, all)
          const fits = (set: readonly Made[]): boolean => limit === null || bytesOf(set) <= limit
          // These together break the budget of a write.
          const holds = (set: readonly Made[]): boolean =>
            harm === null || !harm.every((n) => set.includes(all[n]!))
          const { set } = await chooseSet<Made>({
            candidates: all,
            starts: [all],
            total: (some) => Promise.resolve(total(some)),
            fits,
            holds: (some) => Promise.resolve(holds(some)),
            isLimited: limit !== null || harm !== null,
            bytes: ({ bytes }) => bytes,
          })
          expect([fits(set), holds(set)]).toEqual([true, true])
          const allowed = setsOf(all).filter((some) => fits(some) && holds(some))
          const best = Math.min(...allowed.map((some) => total(some).cost))
          expect(total(set).cost).toBeLessThanOrEqual(best * 1.05)
        },
      ),
      { seed: 7, numRuns },
    )
  })

  it('stays within what is allowed', async () => {
    const all = [{ bytes: 60 }, { bytes: 50 }, { bytes: 50 }]
    const plan = (n: number, cost: number): MadeCall => ({ cost: 100, plans: [{ needs: [n], cost }] })
    const total = totalFor([plan(0, 10), plan(1, 20), plan(2, 20)], all)
    const { set: chosen } = await chooseSet<Made>({
      candidates: all,
      starts: [all],
      total: (set) => Promise.resolve(total(set)),
      fits: (set) => bytesOf(set) <= 100,
      holds: always,
      isLimited: true,
      bytes: ({ bytes }) => bytes,
    })
    expect(new Set(chosen)).toEqual(new Set([all[1], all[2]]))
    expect(chosen).toHaveLength(2)
  })

  it('never takes what breaks another budget, however much it saves', async () => {
    const all = [{ bytes: 1 }, { bytes: 1 }]
    const { set: chosen } = await chooseSet<Made>({
      candidates: all,
      starts: [all],
      total: (set) =>
        Promise.resolve({
          spoiled: set.includes(all[0]!) ? 1 : 0,
          broken: 0,
          cost: 100 - 40 * set.length,
          each: [100 - 40 * set.length],
        }),
      fits: () => true,
      holds: always,
      isLimited: false,
      bytes: ({ bytes }) => bytes,
    })
    expect(chosen).toEqual([all[1]])
  })
})

describe('isWithinLimits', () => {
  const on = (table: string, bytes: number, wal: number | null) => ({ table, bytes, wal })
  it.each([
    ['all bytes together', [on('a', 60, 1), on('b', 50, 1)], { storage: 100, writes: null }, false],
    ['as much as is allowed', [on('a', 60, 1), on('b', 40, 1)], { storage: 100, writes: 1 }, true],
    [
      'the log of each table by itself',
      [on('a', 1, 60), on('b', 1, 60)],
      { storage: null, writes: 100 },
      true,
    ],
    ['the log of one table', [on('a', 1, 60), on('a', 1, 60)], { storage: null, writes: 100 }, false],
    ['what was not measured', [on('a', 1, null)], { storage: null, writes: 0 }, true],
  ])('counts %s', (_, set, limits, isWithin) => {
    expect(isWithinLimits(set, limits)).toBe(isWithin)
  })
})
