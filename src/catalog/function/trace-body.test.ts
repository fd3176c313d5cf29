import { beforeAll, expect, test } from 'vitest'
import type { FunctionFacts } from '../function.ts'
import type { Mutant, Structure } from '../structure.ts'
import { loadParser } from '../../postgres/parse.ts'
import { traceBody } from './trace-body.ts'

beforeAll(loadParser)

const structure = (body: string, language = 'plpgsql'): Structure<FunctionFacts> => ({
  id: 'function:f()',
  kind: 'function',
  table: null,
  name: 'f',
  definition: '',
  dependsOn: [],
  facts: {
    language,
    body,
    statement: `CREATE OR REPLACE FUNCTION public.f()\n RETURNS void\n LANGUAGE ${language}\nAS $function$${body}$function$\n`,
  } as FunctionFacts,
})

const traced = (body: string): string => traceBody(structure(body))!.ddl[0]!

test('each part of a filter that AND joins is a point, and none where OR or BETWEEN stand', () => {
  const points = (filter: string): number =>
    traceBody(structure(`begin delete from t where ${filter}; end`))!.places.find(
      (one) => one.what === 'filter',
    )!.points.length
  expect(points('a = 1 and b = 2 and (c or d and e)')).toBe(3)
  expect(points('a between 1 and 2 and b')).toBe(2)
  expect(points('a and b or c')).toBe(1)
  expect(points('case when a and b then c end')).toBe(1)
})

test('a condition stands in parentheses, so that THEN of CASE does not end it', () => {
  expect(traced('begin if a then b := 1; end if; end')).toMatch(
    /if \(case when \(a\n\) then .* end\) then if not/u,
  )
})

test('a broken form is found where its text begins to differ', () => {
  const body = 'begin if a = 1 then delete from t where x = 1; end if; end'
  const one = structure(body)
  const trace = traceBody(one)!
  const mutant = (operator: string, from: string, to: string): Mutant => ({
    id: 'm',
    structure: one.id,
    operator: `function.${operator}`,
    effect: 'changed',
    summary: '',
    ddl: [one.facts.statement.replace(from, to)],
  })
  expect(trace.placeOf(mutant('condition-changed', 'a = 1', 'a <> 1'))?.text).toBe('a = 1')
  expect(trace.placeOf(mutant('filter-changed', 'x = 1', 'x > 1'))?.text).toBe('x = 1')
  const statement = trace.placeOf(mutant('statement-removed', 'delete from t where x = 1', 'null'))
  expect(statement?.text).toBe('delete from t where x = 1')
  expect(trace.placeOf(mutant('filter-changed', 'x = 1', 'x > 1'))?.reached).toEqual(statement?.points)
  expect(trace.placeOf(mutant('emptied', 'begin', 'begin null;'))).toBeNull()
})

test('only PL/pgSQL is traced', () => {
  expect(traceBody(structure('select 1', 'sql'))).toBeNull()
})
