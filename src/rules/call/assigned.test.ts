/** Which column each parameter of a write is a value of. */
import { beforeAll, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { assignedIn } from './assigned.ts'

beforeAll(() => loadParser())

const told = (sql: string): readonly string[] =>
  assignedIn(sql, () => ['id', 'at']).map(
    ({ parameter, column, role, isArray }) => `$${parameter} ${role} ${column}${isArray ? '[]' : ''}`,
  )

test.each([
  ['insert into loans values ($1, $2)', ['$1 insert id', '$2 insert at']],
  ['update loans set at = $1::timestamptz where id = $2', ['$1 set at']],
  ['update loans set n = n + $1', ['$1 step n']],
  // Each may be what stands there afterwards.
  ['update loans set at = greatest(at, $1::timestamptz)', ['$1 set at']],
  [
    'update loans set at = coalesce($1, case when id > $2 then $3 else least($4, at) end)',
    ['$1 set at', '$2 step at', '$3 set at', '$4 set at'],
  ],
])('%s', (sql, found) => {
  expect(told(sql)).toEqual(found)
})
