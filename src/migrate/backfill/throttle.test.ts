import { expect, test } from 'vitest'
import { nextSize, smallerSize, usualPace } from './batch-size.ts'
import { durationText, remainingSeconds } from './remaining-time.ts'
import { makeLagGauge, reasonToWait } from './throttle.ts'

test.each([
  [{ lagSeconds: null, active: 9 }, { lagSeconds: 10, active: null }, null],
  [{ lagSeconds: 10, active: 9 }, { lagSeconds: 10, active: 9 }, null],
  [
    { lagSeconds: 10.5, active: 0 },
    { lagSeconds: 10, active: null },
    'a replica is 10.5 s behind, more than 10 s',
  ],
  [{ lagSeconds: 99, active: 0 }, { lagSeconds: null, active: null }, null],
  [
    { lagSeconds: null, active: 5 },
    { lagSeconds: 10, active: 4 },
    '5 other sessions are at work, more than 4',
  ],
])('%j under %j waits for: %s', (pressure, limits, reason) => {
  expect(reasonToWait(pressure, limits)).toBe(reason)
})

test('a replica lags by the age of the oldest WAL that it has not applied, also while it stands still', () => {
  const lag = makeLagGauge()
  expect(lag({ written: 100, applied: 100 }, 0)).toBe(0)
  expect(lag({ written: 200, applied: 100 }, 1000)).toBe(0)
  expect(lag({ written: 300, applied: 100 }, 4000)).toBe(3)
  expect(lag({ written: 300, applied: 100 }, 9000)).toBe(8)
  expect(lag({ written: 300, applied: 250 }, 10_000)).toBe(6)
  expect(lag({ written: 300, applied: 300 }, 11_000)).toBe(0)
  expect(lag({ written: 400, applied: null }, 12_000)).toBeNull()
})

test('a batch grows twofold at most, shrinks at once, and stays within its bounds', () => {
  expect(nextSize(1000, 1, usualPace)).toBe(2000)
  expect(nextSize(1000, usualPace.target, usualPace)).toBe(1000)
  expect(nextSize(1000, usualPace.target * 4, usualPace)).toBe(250)
  expect(nextSize(1, 5000, usualPace)).toBe(1)
  expect(nextSize(usualPace.largest, 0, usualPace)).toBe(usualPace.largest)
  expect([smallerSize(9), smallerSize(1)]).toEqual([4, 1])
})

test('what is left is told from what was walked', () => {
  expect(remainingSeconds({ walked: 100, at: 0 }, { walked: 300, at: 2000 }, 1300)).toBe(10)
  expect(remainingSeconds({ walked: 100, at: 0 }, { walked: 300, at: 2000 }, 200)).toBe(0)
  expect(remainingSeconds({ walked: 100, at: 0 }, { walked: 100, at: 2000 }, 1300)).toBeNull()
  expect(remainingSeconds({ walked: 100, at: 0 }, { walked: 300, at: 2000 }, null)).toBeNull()
  expect([0, 59.6, 60, 200, 3600, 3900].map(durationText)).toEqual([
    '0 s',
    '1 min',
    '1 min',
    '3 min 20 s',
    '1 h',
    '1 h 5 min',
  ])
})
