/** Where a sequence goes on: never beyond its own end, and exactly where it stood when no gap is asked for. */
import { expect, test } from 'vitest'
import { beyond } from './sequences.ts'

const plain = { increment: '1', min: '1', max: '32767', cycles: false }

test.each([
  ['where it stood', { value: 7n, isCalled: true }, plain, 0, 7n],
  ['a hundred numbers further', { value: 7n, isCalled: true }, plain, 100, 107n],
  ['at its end, and no further', { value: 32_700n, isCalled: true }, plain, 100, 32_767n],
  [
    'downwards',
    { value: -5n, isCalled: true },
    { ...plain, increment: '-2', min: '-32768', max: '-1' },
    10,
    -25n,
  ],
  [
    'not at all when it begins again by itself',
    { value: 7n, isCalled: true },
    { ...plain, cycles: true },
    100,
    7n,
  ],
  ['with its first number still to be drawn', { value: 1n, isCalled: false }, plain, 10, 11n],
] as const)('%s', (_, place, sequence, gap, value) => {
  expect(beyond(place, sequence, gap)).toEqual({ value, isCalled: place.isCalled })
})
