import { expect, test } from 'vitest'
import { placesOfJsonPath } from './json-path-text.ts'

test.each([
  ['$.address.city ? (@ != "")', [['address'], ['address', 'city']], ['']],
  ['strict $."two words"[0].n', [['two words'], ['two words', '0'], ['two words', '0', 'n']], []],
  ['$[*] ? (!exists(@.text) || @.due.type() != "string")', [['0'], ['0', 'text'], ['0', 'due']], ['string']],
  ['$.* ? (@ != "S" && @ != "I")', [['a']], ['S', 'I']],
  [
    '$.lines[*] ? (@.tags[*] == "x" && @.price > 1.5).total ? (@ < $.most)',
    [
      ['lines'],
      ['lines', '0'],
      ['lines', '0', 'tags'],
      ['lines', '0', 'tags', '0'],
      ['lines', '0', 'price'],
      ['lines', '0', 'total'],
      ['most'],
    ],
    ['x', '1.5'],
  ],
  ['$.a.size() > 2', [['a']], ['2']],
  ['$', [], []],
])('%s', (text, paths, values) => {
  expect(placesOfJsonPath(text)).toEqual({ paths, values })
})
