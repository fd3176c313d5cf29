/** Which nodes of a plan are judged by their rows: not those that are stopped before they have shown all of theirs. */
import { expect, it } from 'vitest'
import { workOf } from './plan-work.ts'
import type { PlanNode } from './plan.ts'

const node = (type: string, expected: number, actual: number, more: Partial<PlanNode> = {}): PlanNode => ({
  'Node Type': type,
  'Plan Rows': expected,
  'Actual Rows': actual,
  'Actual Loops': 1,
  ...more,
})
const outer = (one: PlanNode): PlanNode => ({ ...one, 'Parent Relationship': 'Outer' })
const inner = (one: PlanNode): PlanNode => ({ ...one, 'Parent Relationship': 'Inner' })

const scan = node('Index Scan', 10_000, 1)
const few = node('Seq Scan', 1, 1)

it.each([
  ['a limit', node('Limit', 1, 1, { Plans: [outer(scan)] })],
  ['the shorter side of a merge join', node('Merge Join', 1, 1, { Plans: [outer(few), inner(scan)] })],
  [
    'a semijoin, for which one partner is enough',
    node('Nested Loop', 1, 1, { 'Join Type': 'Semi', Plans: [outer(few), inner(scan)] }),
  ],
  [
    'a join with a row that there is once',
    node('Nested Loop', 1, 1, { 'Inner Unique': true, Plans: [outer(few), inner(scan)] }),
  ],
  [
    'EXISTS, for which one row is enough',
    node('Seq Scan', 1, 1, { Plans: [{ ...scan, 'Parent Relationship': 'SubPlan' }] }),
  ],
])('what is stopped by %s is not misjudged', (_, plan) => {
  expect(workOf(plan).misjudged?.factor ?? 1).toBe(1)
})

it.each([
  [
    'a sort below a merge join',
    node('Merge Join', 1, 1, { Plans: [outer(few), inner(node('Sort', 1, 1, { Plans: [outer(scan)] }))] }),
  ],
  ['a nested loop that needs all', node('Nested Loop', 1, 1, { Plans: [outer(few), inner(scan)] })],
])('what is read by %s is', (_, plan) => {
  expect(workOf(plan).misjudged).toMatchObject({ node: { 'Node Type': 'Index Scan' }, factor: 10_000 })
})
