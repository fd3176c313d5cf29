import { describe, expect, it } from 'vitest'
import { inOrder, textOf } from './order.ts'
import type { Piece } from './piece.ts'

const piece = (key: string, section: Piece['section'], more: Partial<Piece> = {}): Piece => ({
  key,
  name: key,
  section,
  sort: [key],
  statements: [key],
  ...more,
})

const table = (key: string): Piece =>
  piece(key, 'Tables', { statements: (inline) => [`${key}(${inline.map(({ text }) => text).join(' ')})`] })

const part = (key: string, of: string, isRequired = false): Piece =>
  piece(key, 'Keys and checks', { inline: { table: of, column: null, text: key, isRequired } })

const texts = (pieces: readonly Piece[], edges: readonly (readonly [string, string])[]) =>
  inOrder(
    pieces,
    edges.map(([from, to]) => ({ from, to })),
  ).placed.flatMap(textOf)

describe('the order of a baseline', () => {
  it('is that of the sections, with what is needed before', () => {
    expect(
      texts([piece('v', 'Views'), table('b'), table('a'), piece('f', 'Functions over tables')], [['a', 'f']]),
    ).toEqual(['f', 'a()', 'b()', 'v'])
  })

  it('puts parts into their table', () => {
    expect(texts([part('c', 't'), table('t'), piece('f', 'Functions over tables')], [['c', 'f']])).toEqual([
      'f',
      't(c)',
    ])
  })

  it('leaves a part for later that needs what waits for the table', () => {
    const pieces = [part('c', 't'), table('t'), piece('f', 'Functions')]
    expect(
      texts(pieces, [
        ['c', 'f'],
        ['f', 't'],
      ]),
    ).toEqual(['t()', 'f', 'c'])
  })

  it('undoes circles over two tables', () => {
    const pieces = [
      part('c', 't'),
      part('d', 'u'),
      table('t'),
      table('u'),
      piece('f', 'Functions'),
      piece('g', 'Functions'),
    ]
    const edges = [
      ['c', 'f'],
      ['f', 'u'],
      ['d', 'g'],
      ['g', 't'],
    ] as const
    const order = texts(pieces, edges)
    expect(order.toSorted()).toEqual(['c', 'f', 'g', 't()', 'u(d)'])
    expect(order.indexOf('u(d)')).toBeGreaterThan(order.indexOf('g'))
    expect(order.indexOf('c')).toBeGreaterThan(order.indexOf('f'))
  })

  it('names what needs itself', () => {
    const { circular, placed } = inOrder(
      [piece('a', 'Views'), piece('b', 'Views'), piece('c', 'Views')],
      [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    )
    expect(circular.map(({ key }) => key)).toEqual(['a', 'b'])
    expect(placed.map((p) => p.piece.key)).toEqual(['c'])
  })

  it('takes with a lost piece what stands on it, and a table only with a part that it cannot do without', () => {
    const pieces = [
      piece('x', 'Functions', { cannot: 'why' }),
      part('c', 't'),
      table('t'),
      part('g', 'u', true),
      table('u'),
      piece('v', 'Views'),
    ]
    const { lost, placed } = inOrder(pieces, [
      { from: 'c', to: 'x' },
      { from: 'g', to: 'x' },
      { from: 'v', to: 'u' },
    ])
    expect([...lost].map(([key, gone]) => [key.key, gone.map((p) => p.key)])).toEqual([
      ['x', ['u', 'c', 'g', 'v']],
    ])
    expect(placed.flatMap(textOf)).toEqual(['t()'])
  })
})
