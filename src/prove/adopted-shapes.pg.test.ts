/** What databases of other tools have and new ones seldom: alike indexes, indexes of few values, children, comments on objects, tables of tools. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { architecture, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { tablePrivileges } from '../architecture/kinds/visible-to.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'

const schema = `
  create table flags (id bigint primary key, private boolean not null, done_at timestamptz, kind text);
  create index on flags (private); create index on flags (done_at) where done_at is null;
  create index on flags (kind collate "C");
  create table twins (a int, b int, c int not null, primary key (a, b));
  create index twins_a on twins (a); create index twins_c on twins (c); create index twins_c_again on twins (c);
  create table parents (id int primary key, name text not null default 'x');
  create table children (extra text, constraint positive check (id > 0)) inherits (parents);
  comment on constraint positive on children is 'never zero'; comment on index twins_a is 'an old one';
  create role keeper; grant all on parents to keeper;
  create table schema_migrations (version text primary key);`

const declared = architecture('shapes', {
  tables: {
    flags: table('flags', { id: 'bigint', private: 'boolean', done_at: 'timestamptz', kind: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('private'),
      t.indexed('private'),
      t.indexed('done_at', { where: 'done_at is null' }),
      t.indexed({ key: 'kind', collation: '"C"' }),
    ]),
    twins: table('twins', { a: 'integer', b: 'integer', c: 'integer' }, (t) => [
      t.primaryKey('a', 'b'),
      t.required('c'),
      t.indexed('a'),
      t.indexed('c'),
      t.indexed('c', { name: 'twins_c_again' }),
      t.says('an old one', { index: 'twins_a' }),
    ]),
    parents: table('parents', { id: 'integer', name: 'text' }, (t) => [
      t.primaryKey('id'),
      t.required('name'),
      t.defaults({ name: `'x'` }),
      t.visibleTo('keeper', tablePrivileges),
    ]),
    children: table('children', { id: 'integer', name: 'text', extra: 'text' }, (t) => [
      t.required('id', 'name'),
      t.defaults({ name: `'x'` }),
      t.check('positive', 'id > 0'),
      t.says('never zero', { constraint: 'positive' }),
    ]),
  },
  leftAlone: ['schema_migrations'],
})

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

test('everything is claimed, and proven', async () => {
  const template = await server.createDatabase('shapes')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  const result = await prove({
    architecture: declared,
    server,
    template,
    steps: ['green', 'red', 'mutate'],
    only: [],
    startSeconds: 0,
  })
  expect(result.findings.map(({ code, summary }) => `${code}: ${summary}`)).toEqual([])
  expect(result.structures.filter((one) => one.rules.length === 0)).toEqual([])
  expect(result.structures.filter((one) => one.table === 'schema_migrations')).toEqual([])
  expect(result.summary.red).toBe(result.summary.rules)
})

test('says is about one object', () => {
  const wrong = () =>
    architecture('wrong', {
      tables: { a: table('a', { id: 'integer' }, (t) => [t.says('x', { index: 'i', constraint: 'c' })]) },
    })
  expect(wrong).toThrow('a: says names 2 objects for one comment.')
})
