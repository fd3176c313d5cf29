/** A table that inherits is listed with all that it can lose alone; partitions, at every depth, are one line with their table. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { catalogFingerprint } from './fingerprint.ts'
import { kindOfStructure } from './kind-of.ts'
import { readCatalog } from './read-catalog.ts'
import type { Catalog } from './structure.ts'

/** All of it once for each table. */
const guards = (table: string): string => `
  grant select, update (name) on ${table} to "app ""one""";
  alter table ${table} enable row level security;
  create policy mine on ${table} using (name = current_user);
  create trigger stamp before insert on ${table} for each row execute function stamp();
  create index on ${table} (name);
  comment on table ${table} is 'things'; comment on column ${table}.name is 'its name';
  comment on constraint named on ${table} is 'never empty';`

const own = (table: string, n: number): string => `
  create rule keep as on delete to ${table} where old.name = 'kept' do instead nothing;
  create statistics several_${n} on id, name from ${table};
  alter table ${table} set (fillfactor = 70);
  alter table ${table} add unique (name), add foreign key (owner_id) references owners;`

const schema = `
  create role "app ""one""";
  create function stamp() returns trigger language plpgsql as $$ begin return new; end $$;
  create table owners (id int primary key);
  create table things (id int generated always as identity primary key, name text not null default 'x', owner_id int,
    twice int generated always as (id * 2) stored,
    constraint named check (name <> ''), constraint only_here check (id > 0) no inherit);
  create table "big ""things" (heavy boolean, primary key (id), constraint only_here check (id > 0) no inherit) inherits (things);
  alter table "big ""things" alter id add generated always as identity;
  create table huge () inherits ("big ""things");
  ${['things', '"big ""things"', 'huge'].map(guards).join('')}
  ${['things', '"big ""things"', 'huge'].map(own).join('')}
  create table months (id int not null, name text not null default 'x', constraint named check (name <> '')) partition by range (id);
  create table months_1 partition of months for values from (0) to (10) partition by range (id);
  create table months_1_1 partition of months_1 for values from (0) to (5);
  ${guards('months')}
  ${['months_1', 'months_1_1'].map((table) => guards(table).replace(/create trigger.*|create index.*/gu, '')).join('')}
`

const losses = [
  `revoke select on huge from "app ""one"""`,
  'alter table huge disable row level security',
  'drop trigger stamp on huge',
  'alter table huge alter name drop default',
]

describe.each(bothServers)('on PostgreSQL $major', ({ major, whyNot, start }) => {
  let stop: () => Promise<void>
  let db: Session
  let catalog: Catalog
  beforeAll(async () => {
    if (whyNot !== '') return
    const started = await start()
    stop = started.stop
    const server: Server = started.server
    db = await server.connect(await server.createDatabase('inherited'), 'owner')
    await db.query(schema)
    catalog = await readCatalog(db)
  })
  afterAll(async () => {
    await db?.end()
    await stop?.()
  })

  const idsOf = (table: string): readonly string[] =>
    catalog
      .of(table)
      .map(({ id }) => id.slice(table.length + 1))
      .toSorted()

  it.skipIf(whyNot !== '')('what a parent does not keep is stated of the child', () => {
    // Before PostgreSQL 18 a child loses a NOT NULL alone.
    const required = major >= 18 ? [] : ['required:id', 'required:name']
    const alike = (n: number) => [
      'comment',
      'comment-on-constraint:named',
      'comment:name',
      'default:name',
      'generated:twice',
      'grant:"app ""one"""',
      'index:name',
      'policy:mine',
      'references:owner_id->owners',
      'rowSecurity',
      'rule:keep',
      'settings',
      `statistics:several_${n}`,
      'table',
      'trigger:stamp',
      'unique:name',
      ...required,
    ]
    expect(idsOf('huge')).toEqual(alike(2).toSorted())
    expect(idsOf('"big ""things"')).toEqual(
      [...alike(1), 'check:only_here', 'column:heavy', 'identity:id', 'primaryKey:id'].toSorted(),
    )
  })

  it.skipIf(whyNot !== '')('each loss in the child alone changes the catalog', async () => {
    const before = catalogFingerprint(catalog)
    const unnoticed: string[] = []
    for (const ddl of losses) {
      await db.query('begin')
      await db.query(ddl)
      if (catalogFingerprint(await readCatalog(db)) === before) unnoticed.push(ddl)
      await db.query('rollback')
    }
    expect(unnoticed).toEqual([])
  })

  it.skipIf(whyNot !== '')('partitions are one line with their table', () => {
    expect(idsOf('months')).toContain('policy:mine')
    expect(idsOf('months_1')).toEqual([])
    expect(idsOf('months_1_1')).toEqual([])
  })

  it.skipIf(whyNot !== '')('what a parent generates too can be absent in the child', async () => {
    const structure = catalog.structures.get('huge/generated:twice')!
    await db.query('begin')
    for (const ddl of kindOfStructure(structure).drop(structure, catalog)) await db.query(ddl)
    const { tables } = await readCatalog(db)
    await db.query('rollback')
    expect(tables.get('huge')?.columns.find(({ name }) => name === 'twice')?.generated).toBeNull()
  })
})
