import { expect, test } from 'vitest'
import { namesIn } from './names-in-text.ts'

test.each([
  ['perform Shop.tax(1)', 'tax', true],
  ['perform shop.TAX(1)', 'Tax', true],
  ['perform shop.taxes(1)', 'tax', false],
  ['perform "the tax"(1)', 'the tax', true],
  ['perform "the ""tax"""(1)', 'the "tax"', true],
  ['perform tax("the")', 'the tax', false],
  ['perform größe$1(1)', 'größe$1', true],
])('%s names %s: %s', (text, name, expected) => {
  expect(namesIn(text)(name)).toBe(expected)
})
