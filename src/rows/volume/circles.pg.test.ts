/** Tables that lead to one another by foreign keys, and owners that are bound by policies: every row goes in all the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { relationId } from '../../ground/names.ts'
import { PgError } from '../../postgres/fault.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openVolumeLab, type VolumeLab } from '../../../test/support/volume-lab.ts'
import { fillDatabase, inTransaction, planFilling } from './fill-database.ts'
import { fillVolume } from './fill.ts'
import { finishFilling } from './finish.ts'
import { noteChunk } from './journal.ts'
import { boundBy } from './policies.ts'
import { tablesWithRows } from './standing.ts'
import { writtenRows } from './works.ts'

const long = 'w'.repeat(62)

const schema = `
  create table "Te ""nants" (id bigint generated always as identity primary key, name text not null, owner bigint unique,
    office int, changes int not null default 0);
  create table users (id bigint primary key, tenant bigint not null references "Te ""nants", unique (tenant, id));
  create table offices (tenant bigint not null references "Te ""nants", no int not null, primary key (tenant, no));
  alter table "Te ""nants" add foreign key (owner) references users, add foreign key (id, office) references offices;
  create function count_changes() returns trigger language plpgsql as $$ begin new.changes := old.changes + 1; return new; end $$;
  create trigger count_changes before update on "Te ""nants" for each row execute function count_changes();

  create table heads (id int primary key, department int not null unique);
  create table departments (id int primary key, head int not null references heads, name text not null unique);
  alter table heads add foreign key (department) references departments;

  create table "Ünï ""x" (id uuid primary key, "to ""y" bigint not null);
  create table "${long}" (id bigint generated always as identity primary key, z text not null);
  create table z (code text primary key check (code ~ '^[A-Z]{2}[0-9]{6}$'), x uuid not null references "Ünï ""x" deferrable initially deferred, at date not null);
  alter table "Ünï ""x" add foreign key ("to ""y") references "${long}" deferrable initially deferred;
  alter table "${long}" add foreign key (z) references z deferrable;

  create table keyless (code int unique, next int);
  create table linked (id int primary key, code int not null references keyless (code));
  alter table keyless add foreign key (next) references linked;
  create table alone (id int primary key, partner int check (partner is null));
  create table partners (id int primary key, alone int not null references alone);
  alter table alone add constraint alone_partner foreign key (partner) references partners;
  create table never (id int primary key, other int not null check (other < 0));
  create table other (id int primary key check (id > 0), never int not null references never);
  alter table never add foreign key (other) references other;`

let server: Server
let lab: VolumeLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openVolumeLab(server, schema)
})
afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

const idOf = (name: string): string => relationId({ schema: 'public', name })
const [tenants, x] = [idOf('Te "nants'), idOf('Ünï "x')]
const sizes = new Map([
  ['users', 1_500],
  ['offices', 900],
  [tenants, 150],
  ['heads', 400],
  ['departments', 700],
  ['z', 500],
  [long, 170],
  [x, 333],
])
const columns = new Map([[tenants, { changes: { weights: { 0: 1 } } }]])
const wish = { sizes, columns, chunk: 100 }

describe('a circle of foreign keys', () => {
  it('of which one may be null is written null first, and set to a row of its own', async () => {
    const { problems } = await fillDatabase(lab.sessions, lab.catalog, wish)
    expect(problems).toEqual([])
    expect(
      await lab.one(`select count(*) as tenants, count(owner) > 120 and count(owner) < 150 as owned, count(office) > 100 as housed,
        bool_and(changes <= 2) as once, max(changes) as most,
        bool_and(owner is null or tenant = t.id) as own from "Te ""nants" t left join users u on u.id = t.owner`),
    ).toEqual({ tenants: 150, owned: true, housed: true, once: true, most: 2, own: true })
  })

  it('of which none may be null is written all at once', async () => {
    expect(
      await lab.one(`select (select count(*) from heads) as heads, (select count(*) from departments) as departments,
        (select count(*) from z) as z, (select count(*) from "${long}") as y, (select count(*) from "Ünï ""x") as x`),
    ).toEqual({ heads: 400, departments: 700, z: 500, y: 170, x: 333 })
  })

  it('has the same rows after a kill, and by one session as by two', async () => {
    const [first, second] = lab.sessions
    const before = await lab.digests()
    await lab.empty()
    const { plan } = await planFilling(first, lab.catalog, wish)
    await first.query('create table notes (relation text, chunk bigint, primary key (relation, chunk))')
    const note = (table: string, chunk: number): string =>
      noteChunk(table, chunk).replace('assay.fill_chunks', 'notes')
    let left = 33
    await expect(
      fillVolume([second], plan, { note: (...of) => (left-- === 0 ? 'select 1 / 0' : note(...of)) }),
    ).rejects.toBeInstanceOf(PgError)
    const notes = await first.json<{ readonly relation: string; readonly chunks: readonly number[] }>(
      'select relation, array_agg(chunk) as chunks from notes group by relation',
    )
    const done = new Map(notes.map(({ relation, chunks }) => [relation, new Set(chunks)]))
    const standing = await first.json<{ readonly rows: number }>(
      `select sum((xpath('/row/n/text()', query_to_xml('select count(*) n from ' || oid::regclass, false, true, '')))[1]::text::bigint) as rows
         from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'notes'`,
    )
    expect(writtenRows(plan, done)).toBe(standing[0]!.rows)
    await fillVolume([first], plan, { done, note })
    await first.query('drop table notes')
    expect(await lab.digests()).toEqual(before)
  })

  it('that PostgreSQL refuses is named, and left null or empty', async () => {
    await lab.empty()
    const named = ['keyless', 'linked', 'alone', 'partners', 'never', 'other']
    const { problems } = await fillDatabase(lab.sessions, lab.catalog, {
      sizes: new Map(named.map((id) => [id, 50])),
    })
    expect(problems.map(({ table, kind, summary }) => `${kind} ${table}: ${summary}`).toSorted()).toEqual([
      'null alone: alone_partner stays null: new row for relation "alone" violates check constraint "alone_partner_check" (SQLSTATE 23514)',
      'null keyless: keyless_next_fkey stays null: no key that is never null finds its rows again',
      'refused never: it needs rows of other, which need rows of it: new row for relation "never" violates check constraint "never_other_check" (SQLSTATE 23514)',
      'refused other: it needs rows of never, which need rows of it: new row for relation "never" violates check constraint "never_other_check" (SQLSTATE 23514)',
    ])
  })
})

describe('policies', () => {
  it('that bind the owner who writes do not stand in the way, and bind it again', async () => {
    const database = await server.createDatabase('policies')
    const owner = await server.connect(database, 'owner')
    const other = await server.connect(database, 'owner')
    await owner.query(`create table "or""gs" (id serial primary key, name text not null);
      create table tasks (id serial primary key, org int not null references "or""gs" deferrable initially deferred, name text not null);
      create table seen (id int primary key);
      insert into seen values (1);
      alter table "or""gs" enable row level security; alter table "or""gs" force row level security;
      alter table tasks enable row level security; alter table tasks force row level security;
      alter table seen enable row level security; alter table seen force row level security;
      create policy own on tasks using (org = nullif(current_setting('app.org', true), '')::int)`)
    await server.admitRoles()
    const catalog = await readCatalog(owner)
    const tables = [...catalog.tables.values()]
    const bound = await boundBy(owner, tables)
    expect(bound.map(({ table, isOwn }) => [table.id, isOwn])).toEqual(tables.map(({ id }) => [id, true]))
    const forced = bound.map(({ table }) => table)
    expect(await tablesWithRows(owner, tables)).toEqual([])
    expect(await inTransaction(owner, forced, () => tablesWithRows(owner, tables))).toEqual(['seen'])
    const { plan, problems } = await planFilling(owner, catalog, { usual: 1_000, chunk: 100 }, forced)
    expect(problems).toEqual([])
    const ids = new Set(forced.map(({ id }) => id))
    await fillVolume([owner, other], plan, { forced: ids })
    await finishFilling(owner, plan, ids)
    const administrator = await server.connect(database, 'administrator')
    expect(
      await administrator.json(
        `select (select count(*) from tasks) as tasks, nextval('tasks_id_seq') as next,
          (select count(*) from pg_class where relforcerowsecurity) as forced`,
      ),
    ).toEqual([{ tasks: 1_000, next: 1_001, forced: 3 }])
    await Promise.all([owner, other, administrator].map((db) => db.end()))
    await server.dropDatabase(database)
  })
})
