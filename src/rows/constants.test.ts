import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../postgres/parse.ts'
import { cluesOfExpression } from './constants.ts'

beforeAll(loadParser)

const atoms = (sql: string) => cluesOfExpression(sql)!.atoms

describe('cluesOfExpression', () => {
  it('gives each predicate its columns and constants', () => {
    expect(atoms(`price >= 0.5 and status in ('new', 'old')`)).toMatchObject([
      { columns: ['price'], constants: ['0.5'] },
      { columns: ['status'], constants: ['new', 'old'] },
    ])
  })

  it('asks of each branch of a simple CASE whether its operand is that value', () => {
    expect(atoms(`case kind when 'temp' then value <= 45 else false end`)).toMatchObject([
      { columns: ['kind'], constants: ['temp'] },
      { columns: ['value'], constants: ['45'] },
      { columns: [] },
      { columns: ['kind', 'value'] },
    ])
  })

  it('reads constants as the catalog prints them', () => {
    expect(
      atoms(`(hours >= '-40'::integer) and ((s)::text = any (array['M'::text, 'F'::text]))`),
    ).toMatchObject([
      { columns: ['hours'], constants: ['-40'] },
      { columns: ['s'], constants: ['M', 'F'] },
    ])
    expect(atoms(`n = any ('{1,2}'::int[])`)[0]!.constants).toEqual(expect.arrayContaining(['1', '2']))
  })

  it('keeps what is relative to now() as an expression', () => {
    expect(atoms(`d <= now() - interval '18 years'`)[0]).toMatchObject({
      columns: ['d'],
      computed: [`now() - '18 years'::interval`],
    })
  })

  it('never takes what changes with every call', () => {
    expect(atoms(`x > random()`)[0]!.computed).toEqual([])
    expect(atoms(`x = current_setting('app.tenant')`)[0]!.computed).toEqual([])
  })

  it('finds patterns of every syntax', () => {
    expect(atoms(`a ~ '^x' `)[0]!.patterns).toEqual([{ syntax: 'regex', text: '^x' }])
    expect(atoms(`a operator(public.~) '^x'::citext`)[0]!.patterns).toEqual([{ syntax: 'regex', text: '^x' }])
    expect(atoms(`a ~~ 'x%'`)[0]!.patterns).toEqual([{ syntax: 'like', text: 'x%' }])
    expect(atoms(`a like 'x%' escape '!'`)[0]!.patterns[0]).toEqual({ syntax: 'like', text: 'x%' })
    expect(atoms(`a ~ similar_to_escape('x_')`)[0]!.patterns).toContainEqual({
      syntax: 'similar',
      text: 'x_',
    })
  })

  it('finds lengths, JSON paths and comparisons between columns', () => {
    expect(atoms(`length(s) between 2 and 24`)[0]!.lengths).toEqual([2, 24])
    expect(atoms(`doc -> 'a' ->> 'b' = 'x'`)[0]!.paths).toEqual([{ path: ['a', 'b'], values: ['x'] }])
    expect(atoms(`doc #>> '{a,b}' = 'x'`)[0]!.paths).toEqual([{ path: ['a', 'b'], values: ['x'] }])
    expect(atoms(`doc ? 'k'`)[0]!.paths).toEqual([{ path: ['k'], values: [] }])
    expect(cluesOfExpression('total = quantity * price')!.comparisons).toEqual([
      {
        column: 'total',
        sql: 'quantity * price',
        columns: ['quantity', 'price'],
        equality: true,
        direct: true,
      },
      {
        column: 'quantity',
        sql: 'total / price',
        columns: ['total', 'price'],
        equality: true,
        direct: false,
      },
      {
        column: 'price',
        sql: 'total / quantity',
        columns: ['total', 'quantity'],
        equality: true,
        direct: false,
      },
    ])
    expect(cluesOfExpression(`ends - starts <= 4`)!.comparisons.map((c) => `${c.column} ${c.sql}`)).toEqual([
      'ends 4 + starts',
      'starts ends - 4',
    ])
    expect(
      cluesOfExpression(`month / 100 - fy = any (array[0, 1])`)!
        .comparisons.filter(({ column }) => column === 'month')
        .map(({ sql }) => sql),
    ).toEqual(['(0 + fy) * 100', '(1 + fy) * 100'])
  })

  it('answers null for what does not parse', () => {
    expect(cluesOfExpression('price >=')).toBeNull()
  })
})
