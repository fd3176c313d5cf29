/** What policies do to plans, seen on a real server; each mend is pasted as it is told, and mends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, sql, table, type Architecture } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Finding } from '../prove/result.ts'
import { validateQueries } from './validate.ts'

const migration = `
  create table members (team_id bigint not null, who text not null, primary key (team_id, who));
  create function "who am I"() returns text language plpgsql stable as
    $$ begin return coalesce(current_setting('app.who', true), ''); end $$;
  create function is_open(bigint) returns boolean language plpgsql stable as $$ begin return $1 > 0; end $$;
  create table "my ""notes""" (id bigint primary key, owner text not null, title text not null, due date not null, tags text[] not null);
  create index "by tag" on "my ""notes""" using gin (tags);
  create index "by title" on "my ""notes""" (title text_pattern_ops);
  alter table "my ""notes""" enable row level security;
  create policy "owner's" on "my ""notes""" using (owner = "who am I"() and is_open(id));
  create table docs (id bigint primary key, team_id bigint not null, kind text not null);
  alter table docs enable row level security;
  create policy team on docs using (
    (select count(*) from members m where m.team_id = docs.team_id and m.who = current_setting('app.who', true)) >= 0);
  create table days (id bigint not null, owner text not null, title text not null, at date not null, kind int not null)
    partition by range (at);
  create table "days'24" partition of days for values from ('2020-01-01') to ('2051-01-01') partition by list (kind);
  create table "days'24 a" partition of "days'24" for values in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  create table "days'24 b" partition of "days'24" default;
  create index "days by title" on days (title text_pattern_ops);
  alter table days enable row level security;
  create policy own on days using (owner = "who am I"());
  create view shown with (security_invoker) as select id, title from days;
  create table olds (id bigint primary key, owner text not null, title text not null);
  create table older () inherits (olds);
  alter table olds enable row level security;
  create policy own on olds using (owner = "who am I"());
  create table posts (id bigint primary key, owner text not null, title text not null, day date not null, gone_at timestamptz, state text not null);
  create index on posts (title, day);
  alter table posts enable row level security;
  create policy own on posts using (owner = (select "who am I"()) and state = 'it''s out');
  create table secrets (id bigint primary key, owner text not null);
  alter table secrets enable row level security;
  create policy own on secrets using (md5(owner) = "who am I"());
  create role reader nologin;
  grant select on all tables in schema public to reader;`

const members = table('members', { team_id: 'bigint', who: 'text' }, (t) => [t.primaryKey('team_id', 'who')])
const mine = 'my "notes"'
const notes = table(
  { schema: 'public', name: mine },
  { id: 'bigint', owner: 'text', title: 'text', due: 'date', tags: 'text[]' },
  (t) => [t.primaryKey('id'), t.required('owner', 'title', 'due', 'tags')],
)
const docs = table('docs', { id: 'bigint', team_id: 'bigint', kind: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('team_id', 'kind'),
])

const days = table('days', { id: 'bigint', owner: 'text', title: 'text', at: 'date', kind: 'int' }, (t) => [
  t.required('owner', 'title', 'at', 'kind'),
])
const olds = table('olds', { id: 'bigint', owner: 'text', title: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('owner', 'title'),
])

const posts = table(
  'posts',
  { id: 'bigint', owner: 'text', title: 'text', day: 'date', gone_at: 'timestamptz', state: 'text' },
  (t) => [t.primaryKey('id'), t.required('owner', 'title', 'day', 'state')],
)
const secrets = table('secrets', { id: 'bigint', owner: 'text' }, (t) => [
  t.primaryKey('id'),
  t.required('owner'),
])

const parted = () => {
  const made = architecture('parted', {
    tables: { days, olds, posts, secrets },
    identity: { role: 'reader', settings: (who) => ({ 'app.who': who['name']! }) },
  })
  const like = (from: string) => sql(`select id from ${from} where title like :start`, { start: 'text' })
  made.query('days by title', ['days'], like('days'), {
    budget: { never: [] },
    with: [{ start: 'title-000011%' }],
  })
  made.query('days of a view', ['days'], like('shown'), {
    budget: { never: [] },
    with: [{ start: 'title-00001%' }],
  })
  made.query(
    'posts that stand',
    ['posts'],
    (db, p: { title: string; from: Date; to: Date }) =>
      db
        .selectFrom('posts')
        .select('id')
        .where('title', '=', p.title)
        .where('day', '>=', p.from)
        .where('day', '<', p.to)
        .where('gone_at', 'is', null)
        .orderBy('id'),
    { budget: { rowsReadPerRow: 1_000 } },
  )
  made.query('secrets', ['secrets'], sql('select id from secrets where id = :id', { id: 'bigint' }), {
    budget: { never: [] },
  })
  made.query('olds by title', ['olds'], like('olds'), { budget: { never: [] } })
  return made
}

const declared = (order: string) => {
  const made = architecture('wiki', {
    tables: { members, notes, docs },
    identity: { role: 'reader', settings: (who) => ({ 'app.who': who['name']! }) },
  })
  const budget = { budget: { never: [] } }
  made.query(
    'notes by title',
    [mine],
    sql('select id from "my ""notes""" where title like :start', { start: 'text' }),
    budget,
  )
  made.query(
    'a page of notes',
    [mine],
    sql(`select id from "my ""notes""" where title > :title ${order} limit 5 offset :skip`, {
      title: 'text',
      skip: 'bigint',
    }),
    budget,
  )
  made.query(
    'notes with a tag',
    [mine],
    sql('select id from "my ""notes""" where tags @> array[:tag::text]', { tag: 'text' }),
    { ...budget, with: [{ tag: 'tags-000007' }] },
  )
  made.query(
    'docs of a kind',
    ['docs'],
    sql('select id from docs where kind = :kind', { kind: 'text' }),
    budget,
  )
  return made
}

let server: Server
let template: string

const validated = (made: Architecture) =>
  validateQueries({ architecture: made, server, template, only: ['queries'] })

const findingsOf = async (order: string): Promise<readonly Finding[]> => {
  const { findings } = await validated(declared(order))
  // Times are told of whatever the machine is at.
  return findings.filter(({ code }) => code !== 'query.slow')
}

const as = async (who: 'owner' | 'administrator', text: string): Promise<void> => {
  const session = await server.connect(template, who)
  try {
    await session.query(text)
  } finally {
    await session.end()
  }
}

const sqlOf = (finding: Finding | undefined): string => finding!.fix.split('\n').slice(1).join('\n')

beforeAll(async () => {
  server = await startServer({})
  template = await server.createDatabase('wiki')
  await as('owner', migration)
  await server.admitRoles()
})
afterAll(() => server?.stop())

describe('under policies', () => {
  it('is told of the whole, where partitions, heirs and views are read', async () => {
    const { findings: found, queries } = await validated(parted())
    const of = (code: string, sentence: string) =>
      found.find((one) => one.code === code && one.rule === `queries/${sentence}`)
    for (const [sentence, id] of [
      ['days by title', 'days'],
      ['days of a view', 'days'],
      ['olds by title', 'olds'],
    ] as const) {
      const { summary } = of('query.policy-per-row', sentence)!
      expect(summary).toMatch(
        new RegExp(`: the policy "own" of ${id} calls "public"."who am I" for each of \\d+ rows$`, 'u'),
      )
    }
    // Who sees a row by a digest of it cannot be found: that is no green over nothing.
    expect(found.filter(({ code }) => code === 'query.sees-nothing')).toMatchObject([
      { rule: 'queries/secrets', severity: 'error' },
    ])
    // What the statement and the policy state of a row is true of some, and a range has something in it.
    const [call] = queries.find(({ sentence }) => sentence === 'posts that stand')!.calls
    expect(call!.rowsReturned).toBeGreaterThan(0)
    expect(of('query.reads', 'days of a view')).toBeUndefined()
    const leaky = of('query.not-leakproof', 'days by title')!
    expect(leaky.summary).toContain('cannot use "days by title" under the policies of days')
    expect(sqlOf(leaky)).toContain('alter function pg_catalog.textlike(text, text) leakproof;')
  })

  it('is told what is called for each row, what is asked for each row, and what keeps an index from being used', async () => {
    const first = await findingsOf('order by due desc, title')
    const of = (code: string, sentence: string) =>
      first.find((one) => one.code === code && one.rule === `queries/${sentence}`)

    const perRow = of('query.policy-per-row', 'notes by title')
    expect(perRow!.summary).toMatch(
      /: the policy "owner's" of .* calls "public"\."who am I" for each of [\d,]+ rows$/u,
    )
    // What names a column of the row answers another thing for each.
    expect(sqlOf(perRow)).toMatch(
      /^alter policy "owner's" on "public"\."my ""notes""" using \(owner = \(+SELECT public\."who am I"\(\)\)+ AND public\.is_open\(id\)\);$/u,
    )

    const leaky = of('query.not-leakproof', 'notes by title')
    expect(leaky!.why).toMatch(/^textlike\(text, text\) is not leakproof/u)
    expect(sqlOf(leaky)).toContain('create index on "public"."my ""notes""" ("owner");')
    expect(sqlOf(leaky)).toContain('alter function pg_catalog.textlike(text, text) leakproof;')

    const ofArrays = of('query.not-leakproof', 'notes with a tag')
    expect(ofArrays!.why).toMatch(/^arraycontains\(anyarray, anyarray\) is not leakproof/u)

    const subquery = of('query.policy-per-row', 'docs of a kind')
    expect(subquery!.summary).toMatch(/the policies of docs run a subquery for each row, \d+ times$/u)
    expect(of('query.subquery-per-row', 'docs of a kind')).toBeUndefined()
    expect(of('query.reads', 'docs of a kind')!.fix).toBe("Name it: query('…', ['docs', 'members'], …).")

    expect(sqlOf(of('query.limit-without-order', 'a page of notes'))).toBe('order by due desc, title, id')
    expect(sqlOf(of('query.offset-paging', 'a page of notes'))).toBe(
      'and ((due < :due) or (due = :due and title > :title) or (due = :due and title = :title and id > :id))\norder by due desc, title, id',
    )

    await as('owner', sqlOf(perRow))
    await as('administrator', sqlOf(leaky))
    const again = await findingsOf('order by due desc, title, id')
    expect(again.filter(({ rule }) => rule === 'queries/notes by title')).toEqual([])
    expect(again.filter(({ rule }) => rule === 'queries/a page of notes').map(({ code }) => code)).toEqual([
      'query.offset-paging',
    ])
  })
})
