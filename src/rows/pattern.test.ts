import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchingStrings, nearMisses } from './pattern.ts'

const regex = (text: string) => ({ syntax: 'regex', text }) as const

describe('matchingStrings', () => {
  it.each([
    '^[A-Z]{3}-\\d{4}$',
    '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$',
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^(foo|bar|baz)_[a-z]+$',
    '^#[0-9a-f]{6}$',
    '^\\+?[1-9]\\d{1,14}$',
    '^(\\d)\\1$',
    '^https?://[^/]+',
    'needle',
    '^a{2,3}b*c+d?$',
    '^(?:[01]\\d|2[0-3]):[0-5]\\d$',
    '^\\w+\\.(jpg|png)$',
    '^[^a-z]+$',
  ])('writes strings that %s matches', (pattern) => {
    const found = matchingStrings(regex(pattern), [])
    const matching = found.filter((text) => new RegExp(pattern, 'u').test(text))
    expect(matching.length).toBeGreaterThan(0)
    expect(matching.length).toBeGreaterThanOrEqual(found.length / 2)
  })

  it('gives each family its own of a length that is asked for, and some that sort between them', () => {
    const found = matchingStrings(regex('^[A-Z](\\d{2}[A-Z]{2}\\d{2})?$'), [7])
    const long = found.filter((text) => text.length === 7)
    expect(long.length).toBeGreaterThanOrEqual(6)
    expect(long.some((text) => text > 'A00AA00' && text < 'B11BB11')).toBe(true)
  })

  it('gives each family its own', () => {
    expect(matchingStrings(regex('^[A-Z]{3}-\\d{2}$'), []).slice(0, 3)).toEqual([
      'AAA-00',
      'BBB-11',
      'CCC-22',
    ])
  })

  it('reaches wanted lengths', () => {
    const lengths = matchingStrings(regex('^[a-z](_?[a-z0-9])+$'), [24, 2]).map((t) => t.length)
    expect(lengths).toEqual(expect.arrayContaining([2, 24]))
  })

  it('understands LIKE and SIMILAR TO', () => {
    expect(matchingStrings({ syntax: 'like', text: 'a%_b\\%' }, [])[0]).toBe('aab%')
    expect(matchingStrings({ syntax: 'similar', text: '(x|y)_' }, []).slice(0, 2)).toEqual(['xa', 'yb'])
  })

  it('knows classes, ranges, escapes and flags of PostgreSQL', () => {
    expect(matchingStrings(regex('^[[:digit:]][[:upper:]]\\s$'), [])[0]).toBe('0A ')
    expect(matchingStrings(regex('(?i)^ab$'), [])).toContain('ab')
    expect(matchingStrings(regex('***=a.b'), [])).toContain('a.b')
    expect(matchingStrings(regex('\\Aab\\Z'), [])).toContain('ab')
  })

  it('takes any text for a pattern without failing or hanging', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        expect(Array.isArray(matchingStrings(regex(text), [3, 10]))).toBe(true)
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})

describe('nearMisses', () => {
  it('are one character more, less and other, and the other case', () => {
    expect(nearMisses('ab')).toEqual(
      expect.arrayContaining(['a', 'b', 'abx', 'xab', '!b', 'a!', 'AB', 'Ab', 'aB', '', 'ab\n', ' ab']),
    )
    expect(nearMisses('ab')).not.toContain('ab')
  })
})
