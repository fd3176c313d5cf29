import fc from 'fast-check'
import prettier from 'prettier'
import { expect, test } from 'vitest'
import { codeWidth } from './code-width.ts'

/** They are written as escapes, so that nobody misses them in code. */
const isEscaped = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}]/u

test('any letter has the width that Prettier counts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 8 }), (text) => {
      fc.pre(!isEscaped.test(text))
      expect(codeWidth(text)).toBe(prettier.util.getStringWidth(text))
    }),
    { numRuns: 3_000 },
  )
})

test.each(['𝅘𝅥𝅮', '𖿠', '각'.normalize('NFD'), 'Gro\u0308ße', '注文', '☝️', '👩‍👩‍👧', '🇩🇪'])('%s', (text) => {
  expect(codeWidth(text)).toBe(prettier.util.getStringWidth(text))
})
