/** JSON, XML, full-text, keys and values: small documents with the number in them. */
import type { MakerFamily } from './maker.ts'
import { adjectives, nouns } from './words.ts'

const word = (list: readonly string[], i: number): string => list[i % list.length]!

const makes: Readonly<Record<string, (i: number) => string>> = {
  json: (i) => `{"key": ${i}, "name": "${word(adjectives, i)} ${word(nouns, i)}"}`,
  jsonb: (i) => `{"key": ${i}, "name": "${word(adjectives, i)} ${word(nouns, i)}"}`,
  jsonpath: (i) => `$."key${i}"`,
  xml: (i) => `<n>${i}</n>`,
  tsvector: (i) => `'${word(adjectives, i)}' '${word(nouns, i + 7)}' 'n${i}'`,
  tsquery: (i) => `'${word(adjectives, i)}' & 'n${i}'`,
  hstore: (i) => `"key"=>"${i}"`,
  ltree: (i) => `top.${word(nouns, i)}.n${i}`,
  lquery: (i) => `top.*.n${i}`,
}

export const documents: MakerFamily = {
  serves: ({ bareType }) => bareType in makes,
  maker: ({ bareType }) => ({ capacity: 2 ** 40, variety: 10_000, make: makes[bareType]! }),
}
