import { describe, expect, test } from 'vitest'
import { didYouMean, editDistance, nearestName } from './nearest-name.ts'

describe('the nearest name', () => {
  test.each([
    ['slug', 'slug', 0],
    ['slug', 'slgu', 1],
    ['slug', 'slugs', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s → %s takes %i edits', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits)
    expect(editDistance(b, a)).toBe(edits)
  })

  test('is told when it is near, and only then', () => {
    const known = ['migrations', 'command', 'before']
    expect(nearestName('migratons', known)).toBe('migrations')
    expect(nearestName('Migrations', known)).toBe('migrations')
    expect(nearestName('colour', known)).toBeNull()
    expect(nearestName('x', [])).toBeNull()
    expect(didYouMean('comand', known)).toBe(' Did you mean "command"?')
    expect(didYouMean('colour', known)).toBe('')
  })
})
