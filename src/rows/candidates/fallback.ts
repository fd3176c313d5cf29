/** Types that no family knows (composites, extension types): texts that such types often read; PostgreSQL says which. */
import { literal } from '../../postgres/quote.ts'
import { familyLetter, type TypeFamily } from './family.ts'

const perFamily = (n: number): readonly string[] => {
  const letter = familyLetter(n)
  return [
    `${letter}`,
    `100${n}`,
    `0/100${n}`,
    `key=>${letter}`,
    `(${n})`,
    `(${n},${n})`,
    `(${letter})`,
    `(${letter},${letter})`,
    `(${letter},${n})`,
    `(${n},${letter})`,
    `(${n},${n},${n})`,
    `(${letter},${letter},${letter})`,
    `(${letter},${n},${n})`,
    `(${letter},${letter},${n})`,
    `[${n}]`,
    `[${n},${n}]`,
    `[${n},${n},${n}]`,
    `[${n},${n + 1})`,
    `{[${n},${n + 1})}`,
    `[2024-01-0${1 + n},2024-01-0${2 + n})`,
    `[0${n}:00,0${1 + n}:00)`,
    `[${letter},${letter}]`,
    `POINT(${n} ${n})`,
    `POLYGON((${n} 0, ${n + 1} 1, ${n + 1} 0, ${n} 0))`,
    `<${letter}/>`,
    `2024-01-0${1 + n}`,
    `978-0-00-00000${n}-0`,
  ]
}

export const fallback: TypeFamily = {
  serves: () => true,
  typical: (_slot, family) => literal(familyLetter(family)),
  near: (_slot, clues) => [...clues.constants.map(literal), ...clues.computed.map((sql) => `(${sql})`)],
  edges: () => [
    ...[0, 1, 2, 3, 4, 5].flatMap((n) => perFamily(n).map(literal)),
    ...['', '{}', '[]', 'empty', 'true', 'integer', 'text'].map(literal),
    ...Array.from({ length: 16 }, (_, n) => literal(`(${','.repeat(n)})`)),
  ],
}
