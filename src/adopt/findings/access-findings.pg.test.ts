/** Functions, views and triggers: the fault is told, near misses are not, and the mend takes the finding away. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

const ids = (told: readonly string[]): readonly string[] => told.map((one) => one.slice(0, one.indexOf(': ')))

it('SECURITY DEFINER functions without a search_path, or for everybody', async () => {
  const lab = await openFindingLab(
    server,
    `create schema "odd ""s"""; create schema open; grant usage on schema open to public;
    create function open.bare(a int, b "odd ""s"""."t y") returns int language sql security definer as $$ select 1 $$;`.replace(
      'create function open.bare',
      `create type "odd ""s"""."t y" as enum ('a'); create function open.bare`,
    ) +
      `create procedure open.run() language plpgsql security definer as $$ begin null; end $$;
    create function open.fixed() returns int language sql security definer set search_path = pg_catalog, pg_temp as $$ select 1 $$;
    revoke execute on function open.fixed() from public;
    create function open.atomic() returns int language sql security definer begin atomic select 1; end;
    revoke execute on function open.atomic() from public;
    create function open.invoker() returns int language sql as $$ select 1 $$;
    create function open.touch() returns trigger language plpgsql security definer set search_path = pg_catalog as $$ begin return new; end $$;
    create function "odd ""s""".unreachable() returns int language sql security definer set search_path = '' as $$ select 1 $$;`,
  )
  expect(ids(await lab.told('adopt.definer-search-path'))).toEqual([
    'function:open.bare(integer,"odd ""s"""."t y")',
    'function:open.run()',
  ])
  const open = await lab.find('adopt.definer-public')
  expect(open.map(({ structure }) => structure)).toEqual([
    'function:open.bare(integer,"odd ""s"""."t y")',
    'function:open.run()',
  ])
  expect(await lab.mend(['adopt.definer-search-path', 'adopt.definer-public'])).toEqual([])
  await lab.close()
})

it('views that pass the row-level security of their tables', async () => {
  await (await openFindingLab(server, 'create role assay_reader nologin')).close()
  const lab = await openFindingLab(
    server,
    `create table t (id int primary key, owner_id int); alter table t enable row level security;
    create policy own on t using (owner_id = 1);
    create table forced (id int primary key, owner_id int); alter table forced enable row level security;
    alter table forced force row level security; create policy own on forced using (owner_id = 1);
    create table plain (id int primary key);
    create view "the ""view""" as select t.id from t join plain using (id);
    create view asking with (security_invoker = true) as select * from t;
    create view unread as select * from t;
    create view of_forced as select * from forced;
    create view of_plain as select * from plain;
    grant select on "the ""view""", asking, of_forced, of_plain to assay_reader;`,
  )
  expect(await lab.told('adopt.view-bypasses-row-security')).toEqual([
    `view:"the ""view""": view:"the ""view""": assay_reader may read it, and it passes the row-level security of t`,
  ])
  expect(await lab.mend('adopt.view-bypasses-row-security')).toEqual([])
  await lab.close()
})

it('disabled triggers, and foreign keys that nobody keeps', async () => {
  const lab = await openFindingLab(
    server,
    `create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
    create table parents (id int primary key);
    create table "ch ild" (id int primary key, parent int constraint "to parents" references parents);
    create trigger "it's on" before insert on "ch ild" for each row execute function touch();
    create trigger off before insert on "ch ild" for each row execute function touch();
    create trigger for_replicas before insert on "ch ild" for each row execute function touch();
    alter table "ch ild" disable trigger off; alter table "ch ild" enable replica trigger for_replicas;`,
  )
  expect(ids(await lab.told('adopt.trigger-disabled'))).toEqual(['"ch ild"/trigger:off'])
  expect(await lab.told('adopt.foreign-key-disabled')).toEqual([])
  expect(await lab.mend('adopt.trigger-disabled')).toEqual([])
  await lab.run('alter table "ch ild" disable trigger all', 'administrator')
  const [found] = await lab.find('adopt.foreign-key-disabled')
  expect(found?.structure).toBe('"ch ild"/references:parent->parents')
  await lab.run('insert into "ch ild" values (1, 7)')
  await lab.run('delete from "ch ild"')
  expect(await lab.mend('adopt.foreign-key-disabled', 'administrator')).toEqual([])
  await expect(lab.run('insert into "ch ild" values (1, 7)')).rejects.toThrow(/to parents/u)
  expect(mendOf(found!)).toContain('alter table "public"."parents" enable trigger all;')
  await lab.close()
})
