import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const tables = {
  authors: table('authors', { id: 'integer', name: 'varchar(30)' }, (t) => [
    t.primaryKey('id'),
    t.required('name'),
  ]),
  posts: table(
    'posts',
    {
      id: 'integer',
      slug: 'varchar(20)',
      title: 'text',
      author_id: 'integer',
      price: 'numeric(6,2)',
      touched_at: 'timestamptz',
      code: 'text',
    },
    (t) => [
      t.primaryKey('id'),
      t.required('slug', 'title', 'touched_at', 'code'),
      t.defaults({ touched_at: `'2020-01-01'`, title: `'untitled'` }),
      t.unique('slug'),
      t.check('code_short', 'char_length(code) < 10'),
      t.check('price_low', 'price >= 0'),
      t.references('author_id', 'authors', { onDelete: 'cascade', onUpdate: 'cascade' }),
    ],
  ),
  // Partitioned: refusals name the partitions' own constraints.
  events: table(
    'events',
    { id: 'bigint', day: 'date', kind: 'text', post_id: 'integer', note: 'varchar(10)' },
    (t) => [
      t.primaryKey('id', 'day'),
      t.required('kind', 'note'),
      t.defaults({ note: `'none'` }),
      t.unique('day', 'note'),
      t.check('kind_known', `kind in ('a', 'b')`),
      t.references('post_id', 'posts', { onDelete: 'set null' }),
    ],
  ),
  // Points to a partitioned table.
  marks: table('marks', { id: 'integer', event_id: 'bigint', event_day: 'date' }, (t) => [
    t.primaryKey('id'),
    t.references(['event_id', 'event_day'], 'events', { onDelete: 'cascade', onUpdate: 'restrict' }),
  ]),
}

const schema = `
create table authors (id integer primary key, name varchar(30) not null);
create table posts (
  id integer primary key,
  slug varchar(20) not null unique,
  title text not null default 'untitled',
  author_id integer references authors on delete cascade on update cascade,
  price numeric(6,2) constraint posts_price_low check (price >= 0),
  touched_at timestamptz not null default '2020-01-01',
  code text not null constraint posts_code_short check (char_length(code) < 10)
);
create function tidy() returns trigger language plpgsql as $$
begin
  new.slug := lower(new.slug);
  new.title := coalesce(new.title, 'made up');
  new.touched_at := now();
  new.code := left(new.code, 9);
  return new;
end $$;
create trigger tidy before insert or update on posts for each row execute function tidy();
create function keep() returns trigger language plpgsql as $$
begin raise exception 'authors stay' using errcode = 'P0002'; end $$;
create trigger keep before delete on authors for each row execute function keep();
create table events (
  id bigint, day date, kind text not null constraint events_kind_known check (kind in ('a', 'b')),
  post_id integer references posts on delete set null, note varchar(10) not null default 'none',
  primary key (id, day), unique (day, note)
) partition by range (day);
create table events_old partition of events for values from (minvalue) to ('2024-01-01');
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table marks (id integer primary key, event_id bigint, event_day date,
  foreign key (event_id, event_day) references events on delete cascade on update restrict);
`

const declared = architecture('triggers', { tables }) as unknown as Architecture

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, declared, schema)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('rules of tables with triggers and partitions', () => {
  test('hold: what a trigger would answer in their place is asked without it', () => {
    expect(lab.faults()).toEqual([])
    const quiet = lab.rules.flatMap((r) =>
      r.experiments.flatMap((e) =>
        e.given.some((sql) => sql.includes('disable trigger user')) ? [r.rule.id] : [],
      ),
    )
    expect([...new Set(quiet)]).toMatchInlineSnapshot(`
      [
        "authors/type:id",
        "authors/type:name",
        "posts/type:id",
        "posts/type:slug",
        "posts/type:title",
        "posts/type:author_id",
        "posts/type:price",
        "posts/type:touched_at",
        "posts/type:code",
        "posts/required:title",
        "posts/required:touched_at",
        "posts/default:touched_at",
        "posts/check:code_short",
        "posts/references:author_id->authors",
      ]
    `)
  })

  test('are red without their structures', async () => {
    const red = await lab.red()
    expect(
      [...red].flatMap(([id, evidence]) => (evidence.proven ? [] : [`${id}: ${evidence.why}`])),
    ).toMatchInlineSnapshot(`[]`)
  })

  test('notice every mutant but those that something else refuses', async () => {
    const { left } = await lab.left((s) => !['trigger', 'function', 'partition'].includes(s.kind))
    expect(left).toMatchInlineSnapshot(`[]`)
  })
})
