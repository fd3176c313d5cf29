import { describe, expect, test } from 'vitest'
import type { Experiment } from '../rules/experiment.ts'
import { experimentWords, observedWords } from './experiment-words.ts'

const experiment = (more: Partial<Experiment>): Experiment => ({
  id: 'products/check:a#1',
  rule: 'products/check:a',
  title: 'price 1 is accepted',
  world: { id: 'products', statements: ['insert into "public"."tenants" ("id") values (1)'] },
  given: [],
  when: ['insert into "sales"."order ""s" ("a") values (1)'],
  then: { kind: 'accepted' },
  ...more,
})

describe('an experiment in words', () => {
  test('names tables as ids do', () => {
    expect(experimentWords(experiment({}))).toEqual({
      given: 'a row in tenants',
      as: null,
      when: 'a row is inserted into sales."order ""s"',
      then: 'it is accepted',
    })
  })

  test('counts rows, tells who asks, and what follows what', () => {
    const insert = 'insert into "public"."users" values (1)'
    const words = experimentWords(
      experiment({
        given: [insert, insert, 'set constraints all deferred'],
        as: { role: 'app', settings: { 'app.tenant': '7', 'app.empty': '' } },
        session: 'fresh',
        when: [insert, 'delete from only "public"."tenants"', 'select 1 from "public"."users"\n where true'],
        then: { kind: 'rejected', by: { sqlstate: '23514', constraint: 'c' } },
      }),
    )
    expect(words).toEqual({
      given: 'rows in tenants and users (2); then set constraints all deferred',
      as: `role app with app.tenant = 7, app.empty = '', in a session where nothing was ever set`,
      when: 'a row is inserted into users, then rows are deleted from tenants, then select 1 from "public"."users" where true',
      then: 'it is refused with SQLSTATE 23514 by c',
    })
  })

  test('of functions, and of two sessions', () => {
    expect(experimentWords(experiment({ proof: () => Promise.resolve() })).when).toBe(
      'the function of the rule runs',
    )
    const interleaving = { steps: [], violations: 'select' }
    expect(experimentWords(experiment({ interleaving })).then).toBe('no row violates the rule')
    expect(experimentWords(experiment({ world: { id: 'x', statements: [] } })).given).toBe('no rows at all')
  })
})

describe('what PostgreSQL did', () => {
  const fault = {
    sqlstate: '23505',
    message: 'duplicate key',
    constraint: 'k',
    column: null,
    table: null,
  } as never

  test.each([
    [{ fault: null, stage: 'when', affected: 1, rows: [] } as const, 'accepted: 1 row'],
    [
      {
        fault: null,
        stage: 'when',
        affected: 2,
        rows: [
          ['a', null],
          ['b', 'c'],
        ],
      } as const,
      'accepted: (a, null) (b, c)',
    ],
    [
      { fault, stage: 'when', affected: 0, rows: [] } as const,
      'refused with SQLSTATE 23505 by k: duplicate key',
    ],
    [
      { fault, stage: 'given', affected: 0, rows: [] } as const,
      'refused with SQLSTATE 23505 by k: duplicate key (in Given)',
    ],
  ])('%j', (observed, words) => {
    expect(observedWords(observed)).toBe(words)
  })
})
