import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { functionBodyMutants } from './body-mutants.ts'

beforeAll(loadParser)

const body = `begin
  if old.deleted_at > now() then
    raise 'no';
  end if;
  delete from t where n = 1;
  return old;
end`

const of = (does: string): readonly string[] =>
  functionBodyMutants(body)
    .filter((m) => m.does === does)
    .map((m) => m.body.replaceAll(/\s+/gu, ' '))

test('each statement is left out', () => {
  expect(of('statement-removed')).toEqual([
    'begin if old.deleted_at > now() then null; end if; delete from t where n = 1; return old; end',
    "begin if old.deleted_at > now() then raise 'no'; end if; null; return old; end",
  ])
})

test('each condition is turned around and changed, each filter dropped and changed', () => {
  expect(of('condition-negated')).toEqual([
    "begin if not coalesce((old.deleted_at > now() ), false) then raise 'no'; end if; delete from t where n = 1; return old; end",
  ])
  expect(of('condition-changed')).toContain(
    "begin if old.deleted_at >= now() then raise 'no'; end if; delete from t where n = 1; return old; end",
  )
  expect(of('filter-dropped')).toEqual([
    "begin if old.deleted_at > now() then raise 'no'; end if; delete from t where true; return old; end",
  ])
  expect(of('filter-changed')).toContain(
    "begin if old.deleted_at > now() then raise 'no'; end if; delete from t where n <> 1; return old; end",
  )
})

test('what set a trigger off is one word of a few, and has no order', () => {
  const asked = (condition: string): readonly string[] =>
    functionBodyMutants(`begin if ${condition} then return null; end if; return new; end`)
      .filter((m) => m.does === 'condition-changed')
      .map((m) => m.details[1] ?? '')
  expect(asked(`TG_OP = 'DELETE'`).filter((one) => one.startsWith('relational'))).toEqual([
    'relational-operator-exchanged <>',
  ])
  expect(asked(`'DELETE' <> tg_op and new.tg_options > 3`)).toEqual(
    expect.arrayContaining(['relational-operator-exchanged =', 'relational-operator-exchanged >=@2']),
  )
  expect(asked(`'DELETE' = tg_op`)).not.toContain('relational-operator-exchanged <=')
})

test('names tell them apart', () => {
  const names = functionBodyMutants(body).map(({ does, details }) => [does, ...details].join(':'))
  expect(new Set(names).size).toBe(names.length)
  expect(names).toContain('condition-changed:1:relational-operator-exchanged >=')
})

test('a body that cannot be read has none', () => {
  expect(functionBodyMutants(`select 'open`)).toEqual([])
})
