import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { printExpression } from './text.ts'
import { expressionMutants, valueMutants, type ExpressionMutant } from './expressions.ts'

beforeAll(loadParser)

const brief = (mutants: readonly ExpressionMutant[], operator: string): Record<string, string> =>
  Object.fromEntries(
    mutants.filter((m) => m.operator === operator).map((m) => [m.detail, `${m.effect}: ${m.sql}`]),
  )

const broken = (sql: string, operator: string): Record<string, string> =>
  brief(expressionMutants(sql), operator)

describe('conditions', () => {
  it('exchange each relational operator with the five others', () => {
    expect(broken('(price >= (0)::numeric)', 'relational-operator-exchanged')).toEqual({
      '=': 'strengthened: price = 0::numeric',
      '<>': 'changed: price <> 0::numeric',
      '<': 'changed: price < 0::numeric',
      '<=': 'changed: price <= 0::numeric',
      '>': 'strengthened: price > 0::numeric',
    })
    expect(broken('a <> b', 'relational-operator-exchanged')).toEqual({
      '=': 'changed: a = b',
      '<': 'strengthened: a < b',
      '<=': 'changed: a <= b',
      '>': 'strengthened: a > b',
      '>=': 'changed: a >= b',
    })
  })

  it('write BETWEEN out', () => {
    expect(broken('x between 1 and 9', 'part-dropped')).toEqual({
      1: 'weakened: x <= 9',
      2: 'weakened: x >= 1',
    })
    expect(broken('x not between 1 and 9', 'part-dropped')).toEqual({
      1: 'strengthened: x > 9',
      2: 'strengthened: x < 1',
    })
  })

  it('turn more into less under NOT, and say nothing inside a function', () => {
    expect(broken('not (a > 1 and b)', 'part-dropped')).toEqual({
      1: 'strengthened: NOT (b)',
      2: 'strengthened: NOT (a > 1)',
    })
    expect(broken('f(a > 1)', 'relational-operator-exchanged')['>=']).toBe('changed: f(a >= 1)')
    expect(broken('not not (a and b)', 'connective-exchanged')).toEqual({
      or: 'weakened: NOT (NOT (a OR b))',
    })
  })

  it('take one element out of a list, as written and as PostgreSQL keeps it', () => {
    const kept = `((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`
    expect(broken(kept, 'in-element-removed')).toEqual({
      "'a'": `strengthened: status::text = ANY (CAST(ARRAY['b'::varchar] AS text[]))`,
      "'b'": `strengthened: status::text = ANY (CAST(ARRAY['a'::varchar] AS text[]))`,
    })
    expect(broken('x not in (1, 2)', 'in-element-removed')).toEqual({
      1: 'weakened: x NOT IN (2)',
      2: 'weakened: x NOT IN (1)',
    })
    expect(broken('x <> ALL (ARRAY[1, 2])', 'in-negated')).toEqual({ in: 'changed: x = ANY (ARRAY[1, 2])' })
    expect(broken('x in (1)', 'in-element-removed')).toEqual({})
  })

  it('negate tests for null, truth and distinctness', () => {
    expect(broken('a is null', 'null-test-negated')).toEqual({ 'not-null': 'changed: a IS NOT NULL' })
    expect(broken('a is not true', 'truth-test-negated')).toEqual({ 'is-true': 'changed: a IS TRUE' })
    expect(broken('a is not distinct from b', 'distinct-test-negated')).toEqual({
      distinct: 'changed: a IS DISTINCT FROM b',
    })
    expect(broken('(not a) is null', 'negation-dropped')).toEqual({ not: 'changed: a IS NULL' })
  })

  it('tell case or not in patterns', () => {
    expect(broken(`slug ~ '^[a-z]+$'`, 'pattern-case-exchanged')).toEqual({
      '~*': `weakened: slug ~* '^[a-z]+$'`,
    })
    expect(broken(`color ~ '^#[0-9A-Fa-f]{6}$'::text`, 'pattern-case-exchanged')).toEqual({})
    expect(broken(`no ~ similar_to_escape('[0-9]{4}(-%)?'::text)`, 'pattern-case-exchanged')).toEqual({})
    expect(broken(`no ~ similar_to_escape('[a-z]%'::text)`, 'pattern-case-exchanged')).toEqual({
      '~*': `weakened: no ~* similar_to_escape('[a-z]%'::text)`,
    })
    expect(broken(`slug !~* 'x'`, 'pattern-case-exchanged')).toEqual({ '!~': `weakened: slug !~ 'x'` })
    expect(broken(`name ilike 'a%'`, 'pattern-case-exchanged')).toEqual({
      '~~': `strengthened: name LIKE 'a%'`,
    })
  })

  it('move constants by their smallest step', () => {
    expect(broken('price < 9.99', 'constant-moved')).toEqual({
      '10.00': 'weakened: price < 10.00',
      '9.98': 'strengthened: price < 9.98',
    })
    expect(broken('0.05 <= rate', 'constant-moved')).toEqual({
      0.06: 'strengthened: 0.06 <= rate',
      0.04: 'weakened: 0.04 <= rate',
    })
    expect(broken(`x > '-1'::integer`, 'constant-moved')).toEqual({
      0: `strengthened: x > '0'::int`,
      '-2': `weakened: x > '-2'::int`,
    })
    expect(broken(`born > '1999-12-31'::date`, 'constant-moved')).toEqual({
      '2000-01-01': `strengthened: born > '2000-01-01'::date`,
      '1999-12-30': `weakened: born > '1999-12-30'::date`,
    })
    expect(broken(`at <= '2024-02-28 23:59:59+00'::timestamp with time zone`, 'constant-moved')).toEqual({
      '2024-02-29 00:00:00+00': `weakened: at <= CAST('2024-02-29 00:00:00+00' AS timestamp with time zone)`,
      '2024-02-28 23:59:58+00': `strengthened: at <= CAST('2024-02-28 23:59:58+00' AS timestamp with time zone)`,
    })
    expect(broken(`(now() - born) > '18 years'::interval`, 'constant-moved')).toEqual({
      '19 years': `strengthened: (now() - born) > '19 years'::interval`,
      '17 years': `weakened: (now() - born) > '17 years'::interval`,
    })
    expect(broken(`length(x) = 12345678901`, 'constant-moved')).toEqual({
      12345678902: 'changed: length(x) = 12345678902',
      12345678900: 'changed: length(x) = 12345678900',
    })
    expect(broken(`code ~ '1' and at < 'infinity'::date`, 'constant-moved')).toEqual({})
  })

  it('exchange connectives where they stand within the other', () => {
    expect(broken('(a and b and c) or (d and e)', 'connective-exchanged')).toEqual({
      and: 'strengthened: a AND b AND c AND d AND e',
      'or@2': 'weakened: a OR b OR c OR (d AND e)',
      'or@3': 'weakened: (a AND b AND c) OR d OR e',
    })
  })

  it('leave SIMILAR TO its pattern', () => {
    expect(expressionMutants(`x similar to 'a%'`)).toEqual([])
  })

  it('tell the second place from the first', () => {
    const ids = expressionMutants('a > 1 and b > 1').map((m) => `${m.operator}:${m.detail}`)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('relational-operator-exchanged:<@2')
  })

  it('say what became of what', () => {
    const summaries = expressionMutants(`((price >= (0)::numeric) AND (name <> ''::text))`).map(
      (m) => m.summary,
    )
    expect(summaries).toContain('price >= 0 becomes price > 0')
    expect(summaries).toContain(`name <> '' is left out`)
  })

  it('leave names, casts, collations and subqueries alone', () => {
    const sql = `x::numeric(10,2) > (select max(y) from t where z > 3) and "select" collate "C" < 'a'`
    const texts = expressionMutants(sql).map((m) => m.sql)
    expect(texts.filter((text) => text.includes('numeric') && !text.includes('numeric(10, 2)'))).toEqual([])
    expect(texts.filter((text) => text.includes('max(y)') && !text.includes('z > 3'))).toEqual([])
    expect(texts.filter((text) => text.includes('COLLATE') && !text.includes('COLLATE "C"'))).toEqual([])
    expect(texts).toHaveLength(13)
  })
})

describe('expressions that cannot be printed', () => {
  it('are broken in their text, one word at a time', () => {
    const sql = `json_value(data, '$.ü') operator(pg_catalog.=) 'x' and length(b) > 10`
    expect(broken(sql, 'relational-operator-exchanged')).toMatchObject({
      '<>': `changed: json_value(data, '$.ü') operator(pg_catalog.<>) 'x' and length(b) > 10`,
      '>=@2': `weakened: json_value(data, '$.ü') operator(pg_catalog.=) 'x' and length(b) >= 10`,
    })
    expect(broken(sql, 'constant-moved')).toEqual({
      11: `strengthened: json_value(data, '$.ü') operator(pg_catalog.=) 'x' and length(b) > 11`,
      9: `weakened: json_value(data, '$.ü') operator(pg_catalog.=) 'x' and length(b) > 9`,
    })
  })
})

describe('values', () => {
  it('break arithmetic, calls and alternatives', () => {
    const product = valueMutants('((quantity)::numeric * unit_price)')
    expect(brief(product, 'arithmetic-operator-exchanged')).toEqual({
      '/': 'changed: quantity::numeric / unit_price',
    })
    expect(brief(product, 'operand-dropped')).toEqual({
      left: 'changed: unit_price',
      right: 'changed: quantity::numeric',
    })
    expect(brief(valueMutants('1 * quantity'), 'operand-dropped')).toEqual({ right: 'changed: 1' })
    expect(brief(valueMutants('quantity - 0'), 'operand-dropped')).toEqual({ left: 'changed: 0' })
    expect(brief(valueMutants('0 - quantity'), 'operand-dropped')).toEqual({
      left: 'changed: quantity',
      right: 'changed: 0',
    })
    expect(brief(valueMutants('lower(email)'), 'call-dropped')).toEqual({ lower: 'changed: email' })
    expect(brief(valueMutants('coalesce(a, b)'), 'alternative-dropped')).toEqual({
      1: 'changed: b',
      2: 'changed: a',
    })
    expect(brief(valueMutants('case when a then 1 else 2 end'), 'alternative-dropped')).toEqual({
      else: 'changed: CASE WHEN a THEN 1 END',
    })
    for (const nothing of ['null', 'null::numeric', 'cast(null as numeric(5, 2))'])
      expect(brief(valueMutants(`case when a then 1 else ${nothing} end`), 'alternative-dropped')).toEqual({})
  })
})

describe('every mutant of any condition', () => {
  const names = fc.constantFrom('a', '"B c"', '"ü""x"', 't_1')
  const atoms = fc.oneof(
    fc.tuple(names, fc.constantFrom('=', '<>', '<', '>='), fc.integer()).map(([n, o, v]) => `${n} ${o} ${v}`),
    fc.tuple(names, fc.string()).map(([n, s]) => `${n} ~ 'x${s.replaceAll("'", "''").replaceAll('\0', '')}'`),
    names.map((n) => `${n} is not null`),
    fc
      .tuple(names, fc.array(fc.integer(), { minLength: 1, maxLength: 3 }))
      .map(([n, vs]) => `${n} in (${vs.join(', ')})`),
  )
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      atoms,
      fc
        .tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition'))
        .map(([l, o, r]) => `(${l}) ${o} (${r})`),
      tie('condition').map((c) => `not (${c})`),
      tie('condition').map((c) => `(${c}) is true`),
    ),
  }))

  it('is a condition, differs from it, and is made again the same', () => {
    fc.assert(
      fc.property(condition, (sql) => {
        const own = printExpression(parseExpression(sql))
        const mutants = expressionMutants(sql)
        expect(mutants.length).toBeGreaterThan(0)
        expect(new Set(mutants.map((m) => `${m.operator}:${m.detail}`)).size).toBe(mutants.length)
        expect(new Set(mutants.map((m) => m.sql)).size).toBe(mutants.length)
        for (const mutant of mutants) {
          expect(mutant.sql).not.toBe(own)
          expect(printExpression(parseExpression(mutant.sql))).not.toBeNull()
        }
        expect(expressionMutants(sql)).toEqual(mutants)
      }),
      { numRuns: 100 },
    )
  })
})
