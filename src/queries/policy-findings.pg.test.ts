/** What policies do to plans, seen on a real server; each mend is pasted as it is told, and mends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, sql, table } from '../index.ts'
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

const declared = (order: string) => {
  const made = architecture('wiki', {
    tables: { members, notes, docs },
    identity: { role: 'reader', settings: () => ({ 'app.who': 'owner-00001' }) },
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

const findingsOf = async (order: string): Promise<readonly Finding[]> => {
  const { findings } = await validateQueries({
    architecture: declared(order),
    server,
    template,
    only: ['queries'],
  })
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
