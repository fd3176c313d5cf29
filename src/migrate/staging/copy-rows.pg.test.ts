/** Masked copies of seeded rows: nothing of a person is in them, and what a migration fails on is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { copyRows, type CopiedRows } from './copy-rows.ts'

const schema = `
create type plan as enum ('free', 'team');
create domain mail as text check (value ~ '^[^@ ]+@[^@ ]+$');
create schema "the ""shop""";
create table people (
  id bigint generated always as identity primary key,
  mail mail not null, name varchar(60) not null, born date, plan plan not null default 'free',
  status text not null check (status in ('new', 'paid')),
  since timestamptz not null, until timestamptz check (until > since),
  low integer, high integer check (high > low and high between 10 and 500),
  age_text text, boss bigint references people, tags text[], profile jsonb, card bytea, ip inet, during daterange,
  shown text generated always as (name || '!') stored, public_note text
);
create table "the ""shop"""."Te.nants 'é'" ("co ""de"" ; --" text primary key, title text);
create table visits (
  tenant text not null references "the ""shop"""."Te.nants 'é'", at date not null, person bigint not null references people,
  note text, primary key (tenant, at, person)
) partition by range (at);
create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
create table sealed (name text primary key, seal text not null check (seal = md5(name)));
create table marked (id integer primary key, mark text check (mark = md5(note)), note text, bits bit(4), words tsvector, at point, during datemultirange, other text);
create table of_sealed (id integer primary key, name text references sealed);
create materialized view counted as select count(*) as n from people;
create function stamp() returns trigger language plpgsql as $$ begin raise exception 'a trigger ran'; end $$;
create trigger stamped before insert on people for each row execute function stamp();`

const seed = `
alter table people disable trigger stamped;
insert into "the ""shop"""."Te.nants 'é'" values ('acme-wkberg', E'Wkberg\\t& \\\\ Sons\\n');
insert into people (mail, name, born, status, since, until, low, high, age_text, tags, profile, card, ip, during, public_note)
select 'Zxqvanna.Wkberg' || i || '@wkcorp.example', 'Zxqvanna Wkberg ' || i, '1980-02-03', 'paid',
       timestamptz '2024-03-10 10:00:00+00' + i * interval '1 minute',
       case when i % 2 = 0 then timestamptz '2024-03-10 12:00:00+00' + i * interval '1 minute' end,
       20 + i, 21 + i, (20 + i)::text, array['zxqvfriend', null, 'wk "two"'],
       '{"name": "Zxqvanna", "n": 1234567, "zxqv@wk": {"deep": ["Wkberg"]}}', 'Zxqvanna', '203.0.113.77',
       daterange('2024-01-02', '2024-03-04'), 'known to all'
  from generate_series(1, 40) as i;
update people set boss = 1 where id > 1;
update people set mail = lower((select mail from people where id = 7)) where id = 8;
update people set age_text = 'zxqvage' where id = 9;
insert into visits select 'acme-wkberg', date '2024-05-01' + i, i, 'Zxqvanna came' from generate_series(1, 30) as i;
insert into sealed select 'Zxqv' || i, md5('Zxqv' || i) from generate_series(1, 3) as i;
insert into marked select i, md5('Zxqv' || i), 'Zxqv' || i, B'0101', to_tsvector('simple', 'Zxqv Wkberg'), point(1, 2), '{[2024-01-01,2024-02-01),[2025-01-01,)}', 'Zxqv' from generate_series(1, 3) as i;
insert into of_sealed select i, 'Zxqv' || i from generate_series(1, 3) as i;
insert into of_sealed values (4, null);`

let server: Server
let copied: CopiedRows
let copy: string

beforeAll(async () => {
  server = await startServer({})
  const source = await server.createDatabase('source')
  copy = await server.createDatabase('copy')
  for (const [database, sql] of [
    [source, `${schema}${seed}`],
    [copy, schema],
  ] as const) {
    const owner = await server.connect(database, 'owner')
    await owner.query(sql)
    await owner.end()
  }
  const from = await server.connect(source, 'owner')
  const to = await server.connect(copy, 'administrator')
  await from.query('begin transaction isolation level repeatable read read only')
  copied = await copyRows({
    source: from,
    sourceCatalog: await readCatalog(from),
    copy: to,
    catalog: await readCatalog(to),
    rows: null,
    programs: [schema],
    isPublic: (table, column) => table === 'people' && column === 'public_note',
  })
  await from.end()
  await to.end()
})
afterAll(() => server.stop())

const ask = async (select: string): Promise<unknown[]> => {
  const owner = await server.connect(copy, 'owner')
  try {
    return await owner.json(select)
  } finally {
    await owner.end()
  }
}

describe('a masked copy', () => {
  it('has every row that PostgreSQL takes, and counts the others', () => {
    expect(Object.fromEntries(copied.tables.map(({ table, rows }) => [table, rows]))).toEqual({
      marked: 3,
      of_sealed: 1,
      people: 40,
      sealed: 0,
      visits: 30,
      [`"the ""shop"""."Te.nants 'é'"`]: 1,
    })
    expect(copied.missing).toEqual([])
    expect(copied.setAside).toEqual([
      { table: 'sealed', by: 'sealed_check', rows: 3 },
      { table: 'of_sealed', by: 'what they refer to in sealed is not there', rows: 3 },
    ])
  })

  it('leaves out no more of a row than what is refused, and tells it', async () => {
    expect(copied.emptied).toEqual([
      { table: 'marked', column: 'mark', rows: 3 },
      { table: 'marked', column: 'note', rows: 3 },
    ])
    const rows = await ask('select bits, words, at, during, other from marked')
    expect(rows).toHaveLength(3)
    expect(JSON.stringify(rows)).not.toMatch(/null|zxqv|wkberg/iu)
  })

  it('has nothing of a person, and what was classified as it was', async () => {
    const rows = await ask(`
      select p.*, v.*, t.*, encode(p.card, 'escape') as letters
        from people p left join visits v on v.person = p.id left join "the ""shop"""."Te.nants 'é'" t on true`)
    const text = JSON.stringify(rows)
    expect(rows).toHaveLength(40)
    expect(text).not.toMatch(/zxqv|wkberg|wkcorp|1234567|1980-02-03|203\\.0\\.113/iu)
    expect(text).toMatch(/known to all/u)
  })

  it('keeps keys, equality, null, length, order and what CHECKs ask', async () => {
    expect(
      await ask(`select count(*) as people, count(until) as until, count(boss) as boss, min(id) as first,
        count(*) filter (where length(name) = 17) as long, count(*) filter (where plan = 'free' and status = 'paid') as plain,
        count(*) filter (where until > since and to_char(since, 'YYYY-MM') = '2024-03') as ordered,
        count(distinct mail) as mails, count(distinct lower(mail)) as lower, count(*) filter (where shown = name || '!') as shown
        from people`),
    ).toEqual([
      {
        people: 40,
        until: 20,
        boss: 39,
        first: 1,
        long: 9,
        plain: 40,
        ordered: 20,
        mails: 40,
        lower: 39,
        shown: 40,
      },
    ])
    expect(
      await ask(`select count(*) as visits, (select n from counted) as counted, (select last_value from people_id_seq) as next
        from visits v join people on v.person = people.id join "the ""shop"""."Te.nants 'é'" t on t."co ""de"" ; --" = v.tenant
        where extract(year from at) = 2024`),
    ).toEqual([{ visits: 30, counted: 40, next: 40 }])
  })

  it.each([
    ['23505', 'create unique index on people (lower(mail))'],
    ['23502', 'alter table people alter column boss set not null'],
    ['22001', 'alter table people drop column shown, alter column name type varchar(15)'],
    ['22P02', 'alter table people alter column age_text type integer using age_text::integer'],
    [
      null,
      `delete from people where age_text !~ '^[0-9]+$'; alter table people alter column age_text type smallint using age_text::smallint`,
    ],
  ])('refuses with %s what the rows refuse', async (sqlstate, sql) => {
    const db = await server.connect(copy, 'owner')
    try {
      const [reply] = await db.batch([
        `begin; delete from visits; update people set boss = null where boss = 1 and ${sqlstate === null}; ${sql}`,
      ])
      expect(reply!.fault?.sqlstate ?? null).toBe(sqlstate)
    } finally {
      await db.end()
    }
  })
})
