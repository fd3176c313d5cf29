import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres15, whyNoPostgres15 } from '../../test/support/postgres15.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { structureKinds } from './kinds.ts'
import { readCatalog, withCanonicalSettings } from './read-catalog.ts'
import { readTables } from './read-tables.ts'
import type { Catalog, Structure } from './structure.ts'

const asAdministrator = `
  create extension citext;
  create schema sales authorization postgres;`

const asOwner = `
  create role bt_app; create role bt_reader; create role bt_chief; grant bt_reader to bt_chief;
  create type order_status as enum ('pending', 'paid', 'it''s sent');
  comment on type order_status is 'how far it is';
  create domain email as citext not null default 'a@b.c' check (value ~ '^[^@]+@[^@]+$') constraint short check (length(value) < 100);
  create domain alias as text;
  create domain sales.positive as integer check (value > 0 and value <> 13);
  create type address as (street text collate "C", status order_status);
  create type floats as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = many_floats);
  create sequence numbers start 7 increment 3 maxvalue 1000 cache 5;
  grant usage on sequence numbers to bt_app;
  comment on sequence numbers is 'drawn';

  create function touch() returns trigger language plpgsql as $$ begin new.touched := now(); return new; end $$;
  create function tenant() returns bigint language sql stable as $$ select nullif(current_setting('app.tenant', true), '')::bigint $$;
  create function total(a integer, b numeric default 2) returns numeric language sql immutable strict return a * b;
  create function secret() returns bigint language plpgsql security definer set search_path = sales, pg_temp
    as $f$ begin return (select count(*) from public.products); end $f$;
  create function "odd name"(x text) returns setof text language sql as $$ select x union all select 'LANGUAGE' $$;
  create procedure wipe(n integer) language plpgsql as $$ begin delete from public.products where id = n; end $$;
  revoke execute on function secret() from public; grant execute on function secret() to bt_app;
  revoke execute on function touch() from public;
  comment on function tenant() is 'who asks';

  create table products (
    id bigint primary key, tenant_id bigint not null, status order_status not null default 'pending', statuses order_status[],
    owner email, price sales.positive, home address, span floats, touched timestamptz, number bigint default nextval('numbers'),
    check (status <> 'paid' or price is not null));
  comment on table products is 'what is sold';
  comment on column products.price is 'in cents; "gross"';
  comment on constraint products_pkey on products is 'the key';
  alter table products enable row level security;
  alter table products force row level security;
  create policy tenant on products to bt_app, bt_chief using (tenant_id = tenant()) with check (tenant_id = tenant() and price is not null);
  create policy everybody on products as restrictive for select using (id > 0);
  create policy maker on products for insert to bt_app with check (tenant_id > 0);
  comment on policy tenant on products is 'one''s own';
  create table half (id int); alter table half enable row level security;
  grant select, insert, update (status, price), references (id) on products to bt_app;
  grant select on products to bt_reader;
  grant select on products to bt_chief with grant option;
  grant select on half to public;
  grant usage on schema sales to bt_app;
  grant usage on type order_status to bt_app; revoke usage on type order_status from public;
  create trigger touch before insert or update of status, "price" on products for each row
    when (new.status is distinct from 'paid' and new.touched is null) execute function touch();
  create trigger asleep after delete on products execute function touch();
  alter table products disable trigger asleep;
  create trigger many after update on products referencing old table as "o O" new table as n for each statement execute function touch();
  create constraint trigger late after insert on products deferrable initially deferred for each row execute function touch();
  create trigger own before update on products for each row execute function suppress_redundant_updates_trigger();
  create trigger odd before insert on products for each row when (new.status::text <> 'x) EXECUTE FUNCTION (')
    execute function tsvector_update_trigger('touched', 'a WHEN ( b');
  comment on trigger touch on products is 'keeps it fresh';
  create rule no_delete as on delete to half where old.id = 1 do instead nothing;
  create statistics product_stats (dependencies) on tenant_id, status from products;
  comment on statistics product_stats is 'they go together';

  create view cheap with (security_barrier) as select id, tenant_id, price from products where price < 10 with local check option;
  create view cheaper with (security_invoker = true) as select * from cheap where price < 5 with cascaded check option;
  create function instead() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger writes instead of insert or update on cheaper for each row execute function instead();
  create rule gone as on delete to cheaper do instead nothing;
  grant select on cheap to bt_app; comment on view cheap is 'bargains'; comment on column cheap.price is 'low';
  create materialized view counted as select status, count(*) as n from products group by status;
  create unique index on counted (status);
  grant select on counted to bt_reader;

  create table events (id bigint, at date not null, kind text, primary key (id, at)) partition by range (at);
  create table events_2024_01 partition of events for values from ('2024-01-01') to ('2024-02-01');
  create table events_2024_02 partition of events for values from ('2024-02-01') to ('2024-03-01');
  create table events_rest partition of events default;
  create table regions (id int, region text) partition by list (region);
  create table regions_eu partition of regions for values in ('de', 'fr, be', 'it''s');
  create table regions_us partition of regions for values in ('us');
  create table hashed (id int) partition by hash (id);
  create table hashed_0 partition of hashed for values with (modulus 2, remainder 0);
  create table hashed_1 partition of hashed for values with (modulus 2, remainder 1);
  create trigger each before update on events for each row execute function suppress_redundant_updates_trigger();
  grant select on events to bt_app;
  alter table events enable row level security; alter table events force row level security;
  alter table events_2024_01 enable row level security; alter table events_2024_01 force row level security;
  alter table events_2024_02 enable row level security;
  create policy seen on events using (id > 0); create policy seen on events_2024_01 using (id > 0);
  create policy seen on events_rest using (id > 1);
  grant select on events_2024_01 to bt_app;
  comment on schema sales is 'what is sold';`

const asAdministratorLater = `
  create function watch() returns event_trigger language plpgsql as $$ begin end $$;
  create event trigger watcher on ddl_command_end when tag in ('CREATE TABLE') execute function watch();
  alter event trigger watcher disable;`

const mine = new Set([
  'enum',
  'domain',
  'composite',
  'range',
  'sequence',
  'function',
  'partition',
  'rowSecurity',
  'policy',
  'grant',
  'trigger',
  'rule',
  'statistics',
  'view',
  'materializedView',
  'eventTrigger',
  'extension',
  'comment',
])
const kinds = structureKinds.filter((k) => mine.has(k.kind))

const kindOf = (structure: Structure) => kinds.find((k) => k.kind === structure.kind)!

const reason = whyNoPostgres15 === '' ? '' : ` (skipped: ${whyNoPostgres15})`

describe.each([
  { on: 'the embedded server', skipped: false, start: async () => null },
  { on: `PostgreSQL 15${reason}`, skipped: whyNoPostgres15 !== '', start: startPostgres15 },
])('structures beside tables on $on', ({ skipped, start }) => {
  describe.skipIf(skipped)('read, dropped, made and broken', () => {
    let there: { readonly url: string; stop(): Promise<void> } | null
    let server: Server
    let database: string
    let db: Session
    let catalog: Catalog
    let structures: readonly Structure[]

    /** Definitions of these kinds alone, as they are now. */
    const definitions = (of: readonly string[] = [...mine]): Promise<ReadonlyMap<string, string>> =>
      withCanonicalSettings(db, async () => {
        const tables = await readTables(db)
        const found = new Map<string, string>()
        for (const kind of kinds.filter((k) => of.includes(k.kind)))
          for (const s of await kind.read(db, tables)) found.set(s.id, s.definition)
        return found
      })

    /** Looks at the structure's own kind first: reading all of them for every mutant takes a minute. */
    const isChanged = async (kind: string, before: ReadonlyMap<string, string>): Promise<boolean> => {
      const own = await definitions([kind])
      if ([...own].some(([id, definition]) => before.get(id) !== definition)) return true
      return JSON.stringify([...(await definitions())]) !== JSON.stringify([...before])
    }

    beforeAll(async () => {
      there = await start()
      server = await startServer(there ? { url: there.url } : {})
      database = await server.createDatabase('beside_tables')
      const administrator = await server.connect(database, 'administrator')
      await administrator.query(asAdministrator.replace('postgres', `"${server.owner}"`))
      db = await server.connect(database, 'owner')
      await db.query(asOwner)
      await administrator.query(asAdministratorLater)
      await administrator.end()
      catalog = await readCatalog(db)
      structures = [...catalog.structures.values()].filter((s) => mine.has(s.kind))
    })
    afterAll(async () => {
      await db?.end()
      await server?.stop()
      await there?.stop()
    })

    it('are all read, with canonical definitions', () => {
      expect(Object.fromEntries(structures.map((s) => [s.id, s.definition]))).toMatchSnapshot()
    })

    it('name what they depend on', () => {
      expect(
        Object.fromEntries(structures.filter((s) => s.dependsOn.length > 0).map((s) => [s.id, s.dependsOn])),
      ).toMatchSnapshot()
    })

    it('are as they were after drop and create', async () => {
      const before = await definitions()
      const wrong: Record<string, unknown> = {}
      for (const structure of structures) {
        const kind = kindOf(structure)
        if (kind.kind === 'extension' || kind.kind === 'eventTrigger') continue
        await db.query('begin')
        try {
          const dropped = kind.drop(structure, catalog)
          await db.query(dropped.join(';\n'))
          const without = await definitions([kind.kind])
          // The absence of a type is seen in its columns; a domain that promises nothing has no absence.
          const isType = ['enum', 'composite', 'range'].includes(kind.kind) || dropped.length === 0
          if (!isType && without.get(structure.id) === structure.definition)
            wrong[structure.id] = 'drop changes nothing'
          await db.query(kind.create(structure, catalog).join(';\n'))
          const after = await definitions([kind.kind])
          if (after.get(structure.id) !== before.get(structure.id))
            wrong[structure.id] = after.get(structure.id)
        } catch (error) {
          wrong[structure.id] = String(error)
        }
        await db.query('rollback')
      }
      expect(wrong).toEqual({})
    })

    it('can be broken by every mutant, and are whole after the rollback', async () => {
      const before = await definitions()
      const refused: Record<string, string> = {}
      const unchanged: string[] = []
      const ids = new Set<string>()
      for (const structure of structures) {
        for (const mutant of kindOf(structure).mutants(structure, catalog)) {
          expect(ids.has(mutant.id), mutant.id).toBe(false)
          ids.add(mutant.id)
          await db.query('begin')
          const [reply] = await db.batch([mutant.ddl.join(';\n')])
          if (reply?.fault) refused[mutant.id] = `${reply.fault.sqlstate} ${reply.fault.message}`
          else if (!(await isChanged(structure.kind, before))) unchanged.push(mutant.id)
          await db.query('rollback')
        }
      }
      expect(refused).toMatchSnapshot('refused')
      expect(unchanged).toMatchSnapshot('unchanged')
      expect([...ids]).toMatchSnapshot('mutants')
      expect([...(await definitions())]).toEqual([...before])
    })
  })
})
