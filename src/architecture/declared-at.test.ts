import { describe, expect, test } from 'vitest'
import { declaredAt, parseFrame } from './declared-at.ts'

describe('a frame of a stack', () => {
  test.each([
    ['    at Object.<anonymous> (/a/b.ts:3:5)', { file: '/a/b.ts', line: 3 }],
    ['    at /a/b.ts:3:5', { file: '/a/b.ts', line: 3 }],
    ['    at async file:///a%20b/c.ts:12:1', { file: '/a b/c.ts', line: 12 }],
    ['    at rules (file:///a/b.ts:7:9)', { file: '/a/b.ts', line: 7 }],
    ['    at Array.map (<anonymous>)', null],
    ['    at /app/(shop)/tables.ts:4:2', { file: '/app/(shop)/tables.ts', line: 4 }],
    ['    at t (/app/(shop)/tables.ts:4:2)', { file: '/app/(shop)/tables.ts', line: 4 }],
    ['Error: at the end', null],
  ])('%s', (frame, at) => {
    expect(parseFrame(frame)).toEqual(at)
  })
})

describe('where a function was called from', () => {
  const inner = (): ReturnType<typeof declaredAt> => declaredAt(outer)
  const outer = (): ReturnType<typeof declaredAt> => inner()

  test('is the caller of the function named, however deep the question is asked', () => {
    const limit = Error.stackTraceLimit
    expect(outer()?.file).toBe(import.meta.filename)
    expect(Error.stackTraceLimit).toBe(limit)
  })

  test('is unknown for a function that was not called', () => {
    expect(declaredAt(() => undefined)).toBeNull()
  })
})
