/** A partition without a row and without a page is read whole by any plan: that says nothing of the indexes. */
import { expect, it } from 'vitest'
import { parsePlan } from '../postgres/plan.ts'
import type { Limits } from '../rules/experiment.ts'
import { beyond } from './limits.ts'

const limits: Limits = { never: ['Seq Scan'], small: [], uses: [], spills: false }
const scan = (facts: object): string =>
  JSON.stringify([{ Plan: { 'Node Type': 'Seq Scan', 'Relation Name': 'visits 2031', ...facts } }])
const none = { 'Actual Loops': 1, 'Actual Rows': 0, 'Shared Hit Blocks': 0, 'Shared Read Blocks': 0 }

it.each([
  ['nothing stands there', none, []],
  ['it was never run', { ...none, 'Actual Loops': 0 }, ['it reads the whole of visits 2031']],
  ['it was planned alone', {}, ['it reads the whole of visits 2031']],
  ['rows came', { ...none, 'Actual Rows': 2 }, ['it reads the whole of visits 2031']],
  ['pages without rows', { ...none, 'Shared Hit Blocks': 3 }, ['it reads the whole of visits 2031']],
  ['rows were thrown away', { ...none, 'Rows Removed by Filter': 3 }, ['it reads the whole of visits 2031']],
])('a Seq Scan: %s', (_, facts, found) => {
  expect(beyond(limits, parsePlan(scan(facts))!)).toEqual(found)
})

const under = (limit: number, facts: object): string =>
  JSON.stringify([
    {
      Plan: {
        'Node Type': 'Limit',
        'Plan Rows': 20,
        'Actual Rows': limit,
        'Actual Loops': 1,
        Plans: [
          {
            'Node Type': 'Index Scan',
            'Relation Name': 'books',
            'Parent Relationship': 'Outer',
            'Actual Rows': limit,
            'Actual Loops': 1,
            'Rows Removed by Filter': 5_000,
            ...facts,
          },
        ],
      },
    },
  ])

it.each([
  ['whose Limit it never filled', under(0, {}), ['it reads the whole of books']],
  ['whose Limit was filled', under(20, {}), []],
  ['that looks something up', under(0, { 'Index Cond': '(a = 1)' }), []],
  ['that goes from the nearest on', under(0, { 'Order By': '(a <-> 1)' }), []],
  ['that throws little away', under(0, { 'Rows Removed by Filter': 12 }), []],
])('a scan in the order of an index, %s', (_, plan, found) => {
  expect(beyond(limits, parsePlan(plan)!)).toEqual(found)
})
