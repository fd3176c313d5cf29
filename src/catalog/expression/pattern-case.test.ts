import { expect, it } from 'vitest'
import { likeIgnoresCase, regexIgnoresCase } from './pattern-case.ts'

it('knows patterns that take each letter in both cases', () => {
  const same = [
    String.raw`^#[0-9A-Fa-f]{6}$`,
    String.raw`^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$`,
    String.raw`^\+[1-9]\d{6,14}$`,
    String.raw`^[[:alpha:]_][\w-]*$`,
    String.raw`^[^a-zA-Z]+$`,
    String.raw`^[]a-zA-Z]$`,
    '[0-z]',
    '^中+$',
    '',
  ]
  expect(same.filter((pattern) => !regexIgnoresCase(pattern))).toEqual([])
})

it('leaves every other pattern as one that may tell', () => {
  const told = [
    '^[a-z]+$',
    '^[A-Za-f]$',
    '^x$',
    '[[:upper:]]',
    '[[:lower:][:upper:]]',
    '(?i)[0-9]',
    '***=1',
    String.raw`\x41`,
    '[é]',
    '[a-',
    '[a\\',
    '[[=a=]]',
    '[[.a.]]',
    '[+-[]',
  ]
  expect(told.filter((pattern) => regexIgnoresCase(pattern))).toEqual([])
})

it('asks LIKE for letters alone', () => {
  expect(likeIgnoresCase('__-%')).toBe(true)
  expect(likeIgnoresCase('a%')).toBe(false)
  expect(likeIgnoresCase('%é')).toBe(false)
})
