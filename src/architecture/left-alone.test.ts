import { expect, test } from 'vitest'
import { architecture } from './declare.ts'
import { isTableLeftAlone } from './left-alone.ts'
import { table } from './table.ts'

const profiles = table('profiles', { id: 'uuid', org: 'text' }, (t) => [
  t.primaryKey('id'),
  t.references('id', 'auth.users', { onDelete: 'cascade' }),
  t.references('org', { schema: 'plat.form', name: 'orgs' }, { columns: 'code' }),
])

test('foreign keys lead to tables that are left alone, by schema and by name', () => {
  const { tables } = architecture('people', {
    tables: { profiles },
    leftAlone: ['auth.*', { schema: 'plat.form', name: 'orgs' }],
  })
  expect(tables[0]?.rules.filter(({ kind }) => kind === 'references').map(({ id }) => id)).toEqual([
    'profiles/references:id->auth.users',
    'profiles/references:org->"plat.form".orgs',
  ])
})

test('and nowhere else', () => {
  expect(() =>
    architecture('people', {
      // @ts-expect-error auth.users is neither declared nor left alone
      tables: { profiles },
      leftAlone: ['authentic.*', { schema: 'plat.form', name: 'orgs' }],
    }),
  ).toThrow('profiles/references:id->auth.users points to "auth.users", which is not among the tables')
})

test('a table that is declared and left alone keeps the rules that are written, and asks nothing of its columns', () => {
  const users = table('auth.users', { id: 'uuid', email: 'varchar(255)' }, (t) => [
    t.policies({ own: { for: 'select', to: 'app', using: 'id is not null' } }),
  ])
  const asked = (leftAlone: readonly 'auth.*'[]) =>
    architecture('people', { tables: { users }, leftAlone }).tables[0]
  expect(asked(['auth.*'])?.rules.map(({ kind }) => kind)).toEqual(['policies'])
  expect(asked(['auth.*'])?.columns).toHaveLength(2)
  expect(asked([])?.rules.map(({ kind }) => kind)).toContain('type')
})

test.each([
  ['auth.users', true],
  ['authentic.users', false],
  ['users', false],
  ['schema_migrations', true],
  ['"a.b".c', true],
])('%s is left alone: %s', (id, expected) => {
  expect(isTableLeftAlone(['auth.*', 'schema_migrations', '"a.b".*'], id)).toBe(expected)
})
