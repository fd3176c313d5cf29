/** What is said on a session, and whether it is back where it was. */
import { expect, test } from 'vitest'
import { openSessionState } from './session-state.ts'

const after = (...texts: readonly string[]): string => {
  const state = openSessionState()
  for (const text of texts) state.heard(text)
  return state.token()
}

const first = after()

test('savepoints alone change nothing', () => {
  expect(after('savepoint a')).toBe(first)
  expect(after('savepoint a; savepoint b; release savepoint b')).toBe(first)
})

test('what is said between a savepoint and the way back to it is gone', () => {
  expect(after('savepoint a', 'insert into t values (1)')).not.toBe(first)
  expect(after('savepoint a', 'insert into t values (1)', 'rollback to savepoint a')).toBe(first)
  expect(
    after('savepoint a;\ninsert into t values (1)', 'ROLLBACK TO SAVEPOINT a; release savepoint a'),
  ).toBe(first)
  expect(after('insert into t values (1)', 'savepoint a', 'delete from t', 'rollback to savepoint a')).toBe(
    after('insert into t values (1)'),
  )
})

test('what is released stays', () => {
  expect(after('savepoint a', 'insert into t values (1)', 'release savepoint a')).toBe(
    after('insert into t values (1)'),
  )
})

test('the way back to an outer savepoint takes the inner ones along', () => {
  const inner = ['savepoint a', 'delete from t', 'savepoint b', 'delete from u']
  expect(after(...inner, 'rollback to savepoint b')).toBe(after('delete from t'))
  expect(after(...inner, 'rollback to savepoint a')).toBe(first)
  // A savepoint that nobody made is no place to be back at.
  const lost = after(...inner, 'rollback to savepoint a', 'rollback to savepoint b')
  expect(lost).not.toBe(first)
  expect(lost).not.toBe(after('delete from t'))
})

test('the same statements lead to the same state', () => {
  expect(after('delete from t', 'delete from u')).toBe(after('delete from t', 'delete from u'))
  expect(after('delete from t', 'delete from u')).not.toBe(after('delete from u', 'delete from t'))
})

test.each([
  [`insert into t values ('rollback to savepoint a')`],
  ['insert into "rollback to savepoint a" values (1)'],
  ['insert into "a""; rollback to savepoint a; --" values (1)'],
  [`insert into t values (E'\\'; rollback to savepoint a; ')`],
  ['do $$ begin /* rollback to savepoint a */ end $$'],
  ['insert into t values (1) -- rollback to savepoint a'],
])('words in quotes and comments are no commands: %s', (text) => {
  expect(after('savepoint a', text)).not.toBe(first)
  expect(after('savepoint a', text, 'rollback to savepoint a')).toBe(first)
})

test('a text that is not looked through may begin on its way back', () => {
  const text = 'rollback to savepoint a;\ncreate function f() returns int language sql as $$ select 1 $$'
  expect(after('savepoint a', 'delete from t', text)).toBe(after(text.replace(/^.*\n/u, '')))
})
