import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, runAs } from '../../test/support/rule-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import type { VisibleToRule } from '../architecture/kinds/visible-to.ts'
import type { Rules } from '../architecture/rules.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { visibleTo } from './visible-to.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('roles')
  await runAs(
    server,
    database,
    'owner',
    'create role app; create role report; create role team; grant team to report',
  )
})

afterAll(async () => {
  await server?.stop()
})

type Column = 'id' | 'name' | 'secret' | 'twice'

const declaring = (
  rules: (t: Rules<Column>) => ReturnType<Rules<Column>['visibleTo']>[],
  name = 'notes',
): Architecture =>
  architecture('shop', {
    tables: { notes: table(name, { id: 'bigint', name: 'text', secret: 'text', twice: 'text' }, rules) },
  })

const notesSql = `
create table notes (id bigint generated always as identity primary key, name text not null, secret text,
  twice text generated always as (name || name) stored);`

const rulesOf = (declared: Architecture): readonly VisibleToRule[] =>
  declared.tables[0]!.rules.filter((r): r is VisibleToRule => r.kind === 'visibleTo')

const prove = async (ddl: string, declared: Architecture) => {
  const lab = await openLab(server, ddl)
  try {
    const rules = rulesOf(declared)
    const written = await Promise.all(rules.slice(0, 1).map((rule) => lab.write(visibleTo, rule, declared)))
    const experiments = written.flatMap((w) => w.experiments)
    const claims = rules.slice(0, 1).flatMap((rule) => lab.claims(visibleTo, rule, declared))
    return {
      experiments,
      claims,
      failing: await lab.failing(experiments),
      survivors: await lab.survivors(claims, experiments),
    }
  } finally {
    await lab.close()
  }
}

describe('exactly what is declared, and every mutant of it is noticed', () => {
  it.each([
    [
      'the whole table',
      'grant select, insert, update, delete on notes to app',
      (t: Rules<Column>) => t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
    ],
    [
      'some columns',
      'grant select (id, name), insert (name), update (name, secret) on notes to app',
      (t: Rules<Column>) =>
        t.visibleTo('app', { select: ['id', 'name'], insert: ['name'], update: ['secret', 'name'] }),
    ],
    [
      'what reaches beyond rows',
      'grant select, truncate, references, trigger on notes to app',
      (t: Rules<Column>) => t.visibleTo('app', ['select', 'truncate', 'references', 'trigger']),
    ],
    ['everybody', 'grant select on notes to public', (t: Rules<Column>) => t.visibleTo('public', 'select')],
  ] as const)('%s', async (_, grant, rule) => {
    const declared = declaring((t) => [rule(t)])
    const found = await prove(`${notesSql}\n${grant};`, declared)
    expect(found.failing).toEqual([])
    expect(found.claims).toContain(
      `notes/grant:${rulesOf(declared)[0]!.role === 'public' ? 'PUBLIC' : 'app'}`,
    )
    expect(found.survivors).toEqual([])
  })

  it('whatever policies, rows and triggers say', async () => {
    const found = await prove(
      `${notesSql}
      alter table notes enable row level security;
      alter table notes force row level security;
      create policy broken on notes using (current_setting('app.never_set')::int = 1);
      create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger no before delete or update on notes for each statement execute function no();
      create table replies (note_id bigint references notes);
      grant select, update, delete, truncate on notes to app;`,
      declaring((t) => [t.visibleTo('app', ['select', 'update', 'delete', 'truncate'])]),
    )
    expect(found.failing).toEqual([])
    expect(found.survivors).toEqual([])
  })

  it('whatever settings the planner has to look at before any privilege', async () => {
    const found = await prove(
      `${notesSql}
      create table people (id bigint primary key, name text);
      alter table notes enable row level security;
      create policy own on notes using (id = current_setting('app.never_set')::bigint);
      create policy friends on notes using (exists (select from people p where p.id = notes.id
        and p.name = current_setting('app.never_set_either')::json ->> 'name'));
      grant select, insert on notes to app; grant select on people to app;`,
      declaring((t) => [t.visibleTo('app', ['select', 'insert'])]),
    )
    expect(found.failing).toEqual([])
    expect(found.survivors).toEqual([])
  })

  it('with the usage of its schema, of a sequence and of a function', async () => {
    const declared = declaring((t) => [t.visibleTo('app', ['select', 'insert'])], 'desk.notes')
    const found = await prove(
      `create schema desk;
      create function desk.today() returns date language sql stable as $$ select date '2024-01-01' $$;
      revoke execute on function desk.today() from public;
      create sequence desk.note_numbers;
      create table desk.notes (id bigint primary key default nextval('desk.note_numbers'), name text default desk.today(), secret text, twice text);
      grant usage on schema desk to app; grant usage on sequence desk.note_numbers to app;
      grant execute on function desk.today() to app;
      grant select, insert on desk.notes to app;`,
      declared,
    )
    expect(found.failing).toEqual([])
    expect(found.claims).toEqual(
      expect.arrayContaining([
        'desk.notes/grant:app',
        'schema:desk/grant:app',
        'sequence:desk.note_numbers/grant:app',
      ]),
    )
    expect(found.survivors).toEqual([])
  })

  it("and asks of a reader neither the sequence of a default nor what a CHECK or another role's policy calls", async () => {
    const schema = `
      create function desk.positive(n bigint) returns boolean language sql immutable as 'select n > 0';
      create function desk.is_ours(n bigint) returns boolean language sql stable as 'select n > 0';
      revoke execute on function desk.positive(bigint), desk.is_ours(bigint) from public;
      create sequence desk.note_numbers;
      create table desk.notes (id bigint primary key default nextval('desk.note_numbers'), name text not null, secret text,
        twice text, check (desk.positive(id)));
      alter table desk.notes enable row level security;
      create policy reports on desk.notes to report using (desk.is_ours(id));
      create policy others on desk.notes using (true);
      grant usage on schema desk to app, report;`
    const around = async (grants: string, role: string, privileges: ('select' | 'insert' | 'update')[]) => {
      const found = await prove(
        `create schema desk; ${schema} ${grants}`,
        declaring((t) => [t.visibleTo(role, privileges)], 'desk.notes'),
      )
      return found.failing.map(({ mend }) => mend)
    }
    expect(await around('grant select on desk.notes to app', 'app', ['select'])).toEqual([])
    expect(await around('grant select on desk.notes to report', 'report', ['select'])).toEqual([
      'grant usage on schema "desk" to "report";\ngrant execute on function desk.is_ours(bigint) to "report";',
    ])
    expect(await around('grant update on desk.notes to app', 'app', ['update'])).toEqual([
      'grant usage on schema "desk" to "app";\ngrant execute on function desk.positive(bigint) to "app";',
    ])
    const insert =
      'grant insert on desk.notes to app; grant execute on function desk.positive(bigint) to app;'
    expect(await around(insert, 'app', ['insert'])).toEqual([
      'grant usage on schema "desk" to "app";\ngrant usage on sequence desk.note_numbers to "app";\ngrant execute on function desk.positive(bigint) to "app";',
    ])
    // UPDATE of a sequence draws from it, too.
    expect(
      await around(`${insert} grant update on sequence desk.note_numbers to app;`, 'app', ['insert']),
    ).toEqual([])
  })

  it('with a grant on the sequence of an identity, which nobody needs', async () => {
    const found = await prove(
      `${notesSql} grant select on notes to app; grant usage, select on sequence notes_id_seq to app;`,
      declaring((t) => [t.visibleTo('app', 'select')]),
    )
    expect(found.claims).toContain('sequence:notes_id_seq/grant:app')
    expect(found.failing).toEqual([])
    expect(found.survivors).toEqual([])
  })

  it('and an identity that is dropped is no matter of the role', async () => {
    const lab = await openLab(server, `${notesSql} grant select on notes to app;`)
    const declared = declaring((t) => [t.visibleTo('app', 'select')])
    const { experiments } = await lab.write(visibleTo, rulesOf(declared)[0]!, declared)
    const failing = await lab.failing(experiments, ['alter table notes alter id drop identity'])
    await lab.close()
    expect(failing).toEqual([])
  })

  it('beside what everybody may', async () => {
    const declared = declaring((t) => [
      t.visibleTo('app', ['select', 'insert']),
      t.visibleTo('public', 'select'),
    ])
    const found = await prove(
      `${notesSql}\ngrant select, insert on notes to app; grant select on notes to public;`,
      declared,
    )
    expect(found.failing).toEqual([])
  })

  it('made by its own design', async () => {
    const declared = declaring((t) => [t.visibleTo('app', { select: ['id'], delete: true })], 'desk.notes')
    const design = visibleTo.design(rulesOf(declared)[0]!, declared)
    const found = await prove(
      `create schema desk; ${notesSql.replace('notes', 'desk.notes')} ${design.join('\n')}`,
      declared,
    )
    expect(design).toEqual([
      'grant usage on schema "desk" to "app";',
      'grant select ("id"), delete on table "desk"."notes" to "app";',
    ])
    expect(found.failing).toEqual([])
  })
})

const reader = declaring((t) => [t.visibleTo('app', { select: ['id', 'name'], insert: true })])

describe('what differs from the declaration is refused by its own name, and the mend puts it right', () => {
  it.each([
    ['a privilege is missing', 'grant select (id, name) on notes to app', /app inserts every column$/u],
    ['a column is missing', 'grant select (id), insert on notes to app', /app reads id and name$/u],
    [
      'a column too many',
      'grant select (id, name, secret), insert on notes to app',
      /app reads secret: refused/u,
    ],
    [
      'the whole table instead of columns',
      'grant select, insert on notes to app',
      /app reads secret: refused/u,
    ],
    [
      'DELETE too much',
      'grant select (id, name), insert, delete on notes to app',
      /app deletes rows: refused/u,
    ],
    [
      'TRUNCATE too much',
      'grant select (id, name), insert, truncate on notes to app',
      /app truncates the table: refused/u,
    ],
    [
      'TRIGGER too much',
      'grant select (id, name), insert, trigger on notes to app',
      /app puts a trigger on the table: refused/u,
    ],
    [
      'REFERENCES too much',
      'grant select (id, name), insert, references on notes to app',
      /app has exactly these privileges/u,
    ],
    [
      'everybody may',
      'grant select (id, name), insert on notes to app; grant select on notes to public',
      /PUBLIC may do nothing/u,
    ],
    [
      'it may hand on',
      'grant select (id, name) on notes to app; grant insert on notes to app with grant option',
      /app may hand nothing on/u,
    ],
    [
      'the schema is closed',
      'grant select (id, name), insert on notes to app; revoke usage on schema public from public',
      /app reads id and name$/u,
    ],
  ])('%s', async (_, grant, title) => {
    const ddl = `${notesSql}\n${grant};`
    const found = await prove(ddl, reader)
    expect(found.failing.map((f) => f.title)).toContainEqual(expect.stringMatching(title))
    const mended = await prove([ddl, ...new Set(found.failing.map((f) => f.mend))].join('\n'), reader)
    expect(mended.failing).toEqual([])
  })

  it('a role that does not exist is told', async () => {
    const found = await prove(
      notesSql,
      declaring((t) => [t.visibleTo('nobody_knows', 'select')]),
    )
    expect(found.failing[0]!.difference).toContain('role "nobody_knows" does not exist')
  })

  it('what a role inherits counts', async () => {
    const found = await prove(
      `${notesSql} grant delete on notes to team;`,
      declaring((t) => [t.visibleTo('report')]),
    )
    expect(found.failing.map((f) => f.title)).toContain('report deletes rows: refused')
  })

  it('what a policy reads of other tables is no privilege of this one', async () => {
    const ddl = `${notesSql} create table readers (note bigint); grant select on notes to app;
      alter table notes enable row level security;
      create policy read on notes to app using (exists (select from readers r where r.note = notes.id));`
    const found = await prove(
      ddl,
      declaring((t) => [t.visibleTo('app', ['select'])]),
    )
    expect(found.failing).toEqual([])
    expect(found.survivors).toEqual([])
  })

  it('a policy that comes back to its table refuses all statements: the lists show what a role may', async () => {
    const ddl = `${notesSql} grant select, insert on notes to app; alter table notes enable row level security;
      create policy round on notes to app using (exists (select from notes n where n.id = notes.id));`
    const found = await prove(
      ddl,
      declaring((t) => [t.visibleTo('app', ['select', 'insert'])]),
    )
    expect(found.failing).toEqual([])
    expect(found.survivors).toEqual([])
  })
})
