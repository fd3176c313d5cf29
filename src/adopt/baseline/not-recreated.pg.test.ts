/** What an owner without superuser cannot make is named, with what hangs on it; the rest of the baseline stands. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Finding } from '../../prove/result.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { copyOf } from '../../../test/support/baseline-lab.ts'
import { writeBaseline } from './write-baseline.ts'

const sql = `
  create table kept (id int primary key, name text);
  create table uses (id int default 3, a int check (a > 0));
  create view over_uses as select id from uses;
  create role nr_passes;
  grant select on kept to nr_passes;`

const leakproof = 'function:"sees ""all""; LEAKPROOF"(integer,text)'

const asAdministrator = `
  alter role nr_passes bypassrls;
  create function "sees ""all""; LEAKPROOF"(int, text) returns boolean language sql strict leakproof parallel safe
    as $$ select true /*
 LEAKPROOF
*/ $$;
  create function compiled(int) returns int language internal immutable as 'int4abs';
  alter table uses add constraint by_code check (compiled(a) > 1);
  create function watch() returns event_trigger language plpgsql as $$ begin end $$;
  create event trigger "it's ""watching""" on ddl_command_end execute function watch();
  create operator family only_super using btree;
  create publication everything for all tables;
  create extension postgres_fdw; create server far foreign data wrapper postgres_fdw options (host 'h');
  create foreign table remote (id int) server far; create view over_remote as select id from remote;
  create user mapping for public server far options (user 'u', password 'hunter2');
  create cast (kept as text) without function;
  alter table kept enable row level security;`

describe('what the baseline cannot carry', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  const about = (findings: readonly Finding[], text: string): Finding | undefined =>
    findings.find(({ summary }) => summary.includes(text))

  it('is named with what hangs on it, and no secret is told', async () => {
    const { baseline, original, copy } = await copyOf(server, sql, {
      asAdministrator: asAdministrator.replace('create cast (kept as text) without function;', ''),
    })
    const { findings } = baseline
    expect(about(findings, 'compiled')?.why).toContain('check by_code on public.uses')
    const watcher = about(findings, 'event trigger')
    expect(watcher?.why).toBe('only a superuser makes it')
    expect(watcher?.structure).toBe(`eventTrigger:"it's ""watching"""`)
    expect(about(findings, 'only_super')?.code).toBe('adopt.not-recreated')
    expect(about(findings, 'publication everything')?.why).toContain('all tables')
    const far = about(findings, 'server far')
    expect(far?.why).toContain('foreign table public.remote')
    expect(far?.why).toContain('view public.over_remote')
    expect(about(findings, 'user mapping')?.why).toContain('secrets')
    expect(about(findings, 'nr_passes')?.code).toBe('adopt.role-rights')
    expect(about(findings, 'is leakproof')).toMatchObject({ code: 'adopt.leakproof', structure: leakproof })
    const kept = copy.catalog.structures.get(leakproof)?.definition
    expect(kept).toBe(
      original.catalog.structures.get(leakproof)?.definition.replace(' STRICT LEAKPROOF', ' STRICT'),
    )
    expect(kept).toContain('\n LEAKPROOF\n')
    expect(JSON.stringify(baseline)).not.toContain('hunter2')
    expect(findings.every(({ fix, why }) => fix !== '' && why !== '')).toBe(true)

    expect([...copy.catalog.structures.keys()]).toEqual(
      expect.arrayContaining([
        'kept/table',
        'uses/table',
        'view:over_uses',
        'uses/check:uses_a_check',
        'kept/rowSecurity',
      ]),
    )
    expect(copy.catalog.structures.has('view:over_remote')).toBe(false)
  })

  it('is the same text on two runs and on the copy of a copy', async () => {
    const { baseline, copy } = await copyOf(
      server,
      `
      create schema b; create table b.z (id bigserial primary key, t text default 'x' check (t in ('a', 'b')));
      create table a (id int primary key, z bigint references b.z, v varchar check (v in ('p', 'q')));
      create function f() returns int language sql as 'select 1'; create view v as select f() as f, id from a;
      comment on table a is 'a'; comment on column b.z.t is 't';`,
    )
    const db = await server.connect(copy.database, 'owner')
    const again = await writeBaseline(db, await readCatalog(db))
    await db.end()
    expect(again).toEqual(baseline)
  })

  it('does not look into what is quoted', async () => {
    const name = `we;ird "q" 'x' $$ -- /* (ARRAY[`
    const quoted = `"${name.replaceAll('"', '""')}"`
    const { baseline, original, copy } = await copyOf(
      server,
      `
      create schema ${quoted};
      create type ${quoted}.${quoted.replace('we', 'e')} as enum ('a;', '--', '$$', '(ARRAY[''x''::varchar])::text[]');
      create table ${quoted}.${quoted} (${quoted} int primary key, ${quoted.replace('we', 'w')} ${quoted}.${quoted.replace('we', 'e')}, v varchar(9)
        constraint ${quoted} check (v in ('(ARRAY[', ']', '''', '])::text[]')));
      create function ${quoted}.${quoted}(${quoted} int) returns text language sql as $f$ select '(ARRAY[''a''::varchar])::text[]' $f$;
      create view ${quoted}."view ${name.replaceAll('"', '""')}" as select ${quoted} as "select", v in ('(ARRAY[', ']') as x from ${quoted}.${quoted};
      create index ${quoted.replace('we', 'i')} on ${quoted}.${quoted} (v) where v in ('(ARRAY[', ']');
      comment on table ${quoted}.${quoted} is '/* $$ ; (ARRAY[''x''::varchar])::text[]';`,
    )
    expect(baseline.findings).toEqual([])
    expect(Object.fromEntries(copy.objects)).toEqual(Object.fromEntries(original.objects))
    expect([...copy.catalog.structures.values()].map((s) => [s.id, s.definition])).toEqual(
      [...original.catalog.structures.values()].map((s) => [s.id, s.definition]),
    )
  })

  it('holds for a long chain of tables', async () => {
    const tables = Array.from(
      { length: 60 },
      (_, i) => `
      create table t${i} (id bigserial primary key, of_ bigint ${i === 0 ? '' : `references t${i - 1}`}, k varchar(9) not null unique
        check (k in ('a', 'b')), n numeric default 1 check (n > 0)); create index on t${i} (of_, n); comment on table t${i} is 'n${i}';`,
    )
    const { baseline, original, copy } = await copyOf(server, tables.join(''))
    expect(baseline.findings).toEqual([])
    expect(copy.catalog.structures.size).toBe(original.catalog.structures.size)
    expect(copy.objects).toEqual(original.objects)
  })
})
