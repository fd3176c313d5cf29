import { expect, it } from 'vitest'
import type { CallMeter, CallReading } from './call-meter.ts'
import type { Candidate } from './candidate.ts'
import { makeGuard } from './guard.ts'

const cost = { rowsRead: 1, buffers: 10, wal: 777, indexEntries: 1 } as NonNullable<CallReading['cost']>
const some = [{ name: 'x' } as Candidate]

/** One call, as it is counted without and with a candidate. */
const harmsOf = async (before: CallReading, after: string | null): Promise<readonly string[]> => {
  const meter: CallMeter = {
    calls: [{ of: 'writes/w', sentence: 'w', title: 'one call' }],
    unread: [],
    read: (_call, set) => Promise.resolve(set.length === 0 ? before : { cost, broken: after }),
    end: () => Promise.resolve(),
  }
  return (await makeGuard(meter).harmsOf(some)).map(({ why }) => why)
}

const wal = (bytes: string): string =>
  `it writes ${bytes} bytes of the write-ahead log for each row, the budget is 1,000`
const entries = 'it writes 3 index entries for each row, the budget is 2'

it.each([
  ['a limit that held breaks', null, entries, [`one call: ${entries}`]],
  ['beside one that was broken', wal('1,777'), `${wal('2,099')}; ${entries}`, [`one call: ${entries}`]],
  ['what was broken stays so', wal('1,777'), wal('2,099.5'), []],
  ['all hold', null, null, []],
] as const)('%s', async (_what, before, after, harms) => {
  expect(await harmsOf({ cost, broken: before }, after)).toEqual(harms)
})

it('says nothing of a call that is refused anyway', async () => {
  expect(await harmsOf({ cost: null, broken: 'permission denied' }, entries)).toEqual([])
})
