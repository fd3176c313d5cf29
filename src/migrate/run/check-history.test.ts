/** What the journal says of a migration whose file is gone, or that stands before another. */
import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { migrationOfText } from '../files/read-migrations.ts'
import { stepsOf } from '../files/steps.ts'
import { checkHistory } from './check-history.ts'
import { nextOf } from './gate.ts'
import { digestOfSteps } from './journal.ts'
import type { JournalRow } from './journal-row.ts'

beforeAll(loadParser)

const row = (name: string, more: Partial<JournalRow>): JournalRow => ({
  name,
  kind: 'versioned',
  direction: 'up',
  state: 'failed',
  hash: 'a',
  steps: 2,
  stepsDone: 0,
  doneHash: '',
  stepBegun: null,
  stepNote: null,
  prior: null,
  fault: 'refused',
  ordinal: null,
  startedAt: '',
  finishedAt: null,
  runBy: '',
  runFrom: '',
  server: '',
  assay: '',
  allowed: [],
  ...more,
})

const first = migrationOfText('0001_a', '0001_a.sql', 'select 1')

test.each([
  ['refused in its first statement: it left nothing', {}, []],
  ['refused behind its first statement', { stepsDone: 1 }, ['migrate.missing']],
  ['a step outside of transactions may have left something', { stepBegun: 1 }, ['migrate.missing']],
  ['somebody may be at it', { state: 'running' }, ['migrate.missing']],
  ['it stands', { state: 'done' }, ['migrate.missing']],
  ['on its way back', { direction: 'down' }, ['migrate.missing']],
] as const)('a file that is gone: %s', (_, more, codes) => {
  expect(checkHistory([first], [row('0002_b', more)]).map(({ code }) => code)).toEqual(codes)
})

test('what left nothing has not run before others', () => {
  const second = migrationOfText('0002_b', '0002_b.sql', 'select 2')
  const codes = (more: Partial<JournalRow>) =>
    checkHistory([first, second], [row('0002_b', more)]).map(({ code }) => code)
  expect(codes({})).toEqual([])
  expect(codes({ stepsDone: 1 })).toEqual(['migrate.out-of-order'])
})

test('a repeatable file that is gone on purpose has a way out', () => {
  const [gate] = checkHistory([first], [row("repeatable/o'ne v", { kind: 'repeatable', state: 'done' })])
  expect(gate?.mend).toContain(`assay migrate resolve 'repeatable/o'\\''ne v' --as reverted --url …`)
})

test.each([
  ['a comment', '-- why\nselect 1;', 'assay migrate resolve 0001_a --as edited --url …'],
  ['what runs', 'select 2', 'assay drift --url …'],
] as const)('an edit of %s leads on to another command', (_, text, next) => {
  const doneHash = digestOfSteps(stepsOf(first.up))
  const edited = migrationOfText('0001_a', '0001_a.sql', text)
  const gates = checkHistory([edited], [row('0001_a', { state: 'done', doneHash })])
  expect(gates.map(({ code }) => code)).toEqual(['migrate.edited'])
  expect(nextOf(gates)).toEqual([next])
})

test('a file that is gone is looked for on all branches; one with another name is said to have run', () => {
  expect(nextOf(checkHistory([], [row("0002_o'ne[1]", { state: 'done' })]))).toEqual([
    String.raw`git log --all --oneline --name-status -- ':(top)*0002_o'\''ne\[1\]*'`,
  ])
  const renamed = row('0001_old', { state: 'done', hash: first.up.hash })
  expect(nextOf(checkHistory([first], [renamed]))).toEqual([
    'assay migrate resolve 0001_a --as applied --url …',
    'assay migrate resolve 0001_old --as reverted --url …',
  ])
})
