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
    expect([...new Set(quiet)]).toMatchInlineSnapshot()
  })

  test('are red without their structures', async () => {
    const red = await lab.red()
    expect(
      [...red].flatMap(([id, evidence]) => (evidence.proven ? [] : [`${id}: ${evidence.why}`])),
    ).toMatchInlineSnapshot(`[]`)
  })

  test('notice every mutant but those that cannot be told apart', async () => {
    const left: string[] = []
    for (const [id, { kind }] of lab.catalog.structures) {
      if (['trigger', 'function', 'partition'].includes(kind)) continue
      for (const m of await lab.mutants(id))
        if (m.verdict !== 'killed') left.push(`${m.verdict} ${m.id}: ${m.why}`)
    }
    expect(left).toMatchInlineSnapshot(`
      [
        "stillborn events/column:day~removed: PostgreSQL refuses it: cannot alter column "day" because it is part of the partition key of relation "events" (42P16)",
        "stillborn events/column:day~type-exchanged:"timestamp without time zone": PostgreSQL refuses it: cannot alter column "day" because it is part of the partition key of relation "events" (42P16)",
        "survived posts/column:slug~type-widened:"character varying(21)": every experiment answers as before",
        "stillborn authors/required:id~removed: PostgreSQL refuses it: column "id" is in a primary key (42P16)",
        "stillborn events/required:id~removed: PostgreSQL refuses it: column "id" is in a primary key (42P16)",
        "stillborn events/required:day~removed: PostgreSQL refuses it: column "day" is in a primary key (42P16)",
        "stillborn marks/required:id~removed: PostgreSQL refuses it: column "id" is in a primary key (42P16)",
        "stillborn posts/required:id~removed: PostgreSQL refuses it: column "id" is in a primary key (42P16)",
        "stillborn events/primaryKey:id,day~column-removed:day: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/primaryKey:id,day~column-exchanged:day,kind: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/primaryKey:id,day~column-exchanged:day,post_id: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/primaryKey:id,day~column-exchanged:day,note: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "redundant events/primaryKey:id,day~null-allowed:day: events_2024_id_day_key",
        "stillborn events/unique:day,note~column-removed:day: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/unique:day,note~column-exchanged:day,id: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/unique:day,note~column-exchanged:day,kind: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "stillborn events/unique:day,note~column-exchanged:day,post_id: PostgreSQL refuses it: unique constraint on partitioned table must include all partitioning columns (0A000)",
        "equivalent events/unique:day,note~nulls-not-distinct-flipped: no part of the key is ever null",
        "equivalent posts/unique:slug~nulls-not-distinct-flipped: no part of the key is ever null",
        "survived posts/check:posts_code_short~relational-operator-exchanged:<>: every experiment answers as before",
        "equivalent events/references:post_id->posts~on-delete-exchanged:"set default": without a default, set default sets null",
        "survived marks/references:event_id,event_day->events~on-update-exchanged:"no action": every experiment answers as before",
        "survived marks/references:event_id,event_day->events~on-update-exchanged:cascade: every experiment answers as before",
        "survived marks/references:event_id,event_day->events~on-update-exchanged:"set null": every experiment answers as before",
        "survived marks/references:event_id,event_day->events~on-update-exchanged:"set default": every experiment answers as before",
      ]
    `)
  })
})
