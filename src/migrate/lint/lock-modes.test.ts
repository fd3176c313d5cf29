import { describe, expect, it } from 'vitest'
import { blockedBy, blocksReads, blocksWrites, compareModes, lockModes, parseLockMode } from './lock-modes.ts'

describe('modes of table locks', () => {
  it.each([
    ['AccessShareLock', 'ACCESS SHARE'],
    ['RowShareLock', 'ROW SHARE'],
    ['RowExclusiveLock', 'ROW EXCLUSIVE'],
    ['ShareUpdateExclusiveLock', 'SHARE UPDATE EXCLUSIVE'],
    ['ShareLock', 'SHARE'],
    ['ShareRowExclusiveLock', 'SHARE ROW EXCLUSIVE'],
    ['ExclusiveLock', 'EXCLUSIVE'],
    ['AccessExclusiveLock', 'ACCESS EXCLUSIVE'],
    ['SIReadLock', null],
  ])('%s is %s', (seen, mode) => {
    expect(parseLockMode(seen)).toBe(mode)
  })

  it('is in order of strength: a stronger mode keeps at least those waiting that a weaker one does', () => {
    for (const [n, mode] of lockModes.entries()) {
      for (const weaker of lockModes.slice(0, n)) {
        expect(compareModes(weaker, mode)).toBeLessThan(0)
        expect(blocksReads(weaker) && !blocksReads(mode)).toBe(false)
        expect(blocksWrites(weaker) && !blocksWrites(mode)).toBe(false)
      }
    }
  })

  it.each([
    ['ACCESS EXCLUSIVE', 'reads, writes'],
    ['EXCLUSIVE', 'writes, row locks'],
    ['SHARE', 'writes'],
    ['SHARE UPDATE EXCLUSIVE', 'maintenance'],
    ['ROW EXCLUSIVE', 'exclusive DDL'],
  ] as const)('%s keeps waiting: %s', (mode, words) => {
    expect(blockedBy(mode)).toBe(words)
  })
})
