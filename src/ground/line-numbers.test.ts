/** Line numbers against counting the lines before each place. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeLineNumbers } from './line-numbers.ts'

test('every offset is on the line that counting gives', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '\n', '\r\n', 'é😀')), (parts) => {
      const text = parts.join('')
      const lineOf = makeLineNumbers(text)
      for (let offset = 0; offset <= text.length; offset++)
        expect(lineOf(offset)).toBe(text.slice(0, offset).split('\n').length)
    }),
  )
})
