import { expect, test } from 'vitest'
import type { Experiment } from '../rules/experiment.ts'
import { changeBetween, differenceFrom } from './judge.ts'
import type { Observation } from './result.ts'

const experiment: Experiment = {
  id: 'a#1',
  rule: 'a',
  title: 'one row is answered',
  world: { id: 'w', statements: [] },
  given: [],
  when: ['select 1'],
  then: { kind: 'rows', rows: [['1']] },
}

const answering = (...rows: readonly (readonly string[])[]): Observation => ({
  fault: null,
  stage: 'when',
  affected: rows.length,
  rows,
})

test('rows are the expected ones when they have the same values and no column more', () => {
  expect(differenceFrom(experiment, answering(['1']))).toBeNull()
  expect(differenceFrom(experiment, answering(['2']))).toBe('expected (1), found (2)')
  expect(differenceFrom(experiment, answering(['1', 'false']))).toBe('expected (1), found (1, false)')
  expect(differenceFrom(experiment, answering())).toBe('expected (1), found no rows')
  expect(changeBetween(experiment, answering(['1']), answering(['1', 'false']))).toBe('(1, false)')
})

test('a refusal by time, lock or broken files says nothing, an internal one of a function does', () => {
  const refused = (sqlstate: string): Observation => ({
    ...answering(),
    fault: {
      sqlstate,
      message: 'must be fired before event',
      schema: null,
      table: null,
      column: null,
      constraint: null,
      dataType: null,
      routine: 'tsvector_update_trigger',
      position: null,
      hint: null,
      context: null,
    },
  })
  const changes = ['57014', '55P03', '40P01', 'XX001', 'XX000', 'P0001'].filter(
    (sqlstate) => changeBetween(experiment, answering(['1']), refused(sqlstate)) !== null,
  )
  expect(changes).toEqual(['XX000', 'P0001'])
})
