/** Kinds of tables that larger databases have: each takes rows of all families, and what is asked of one is solved. */
import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'
import { loadParser } from '../postgres/parse.ts'
import { solveCases } from './load/cases.ts'

const schema = `
  create domain country as text check (value ~ '^[A-Z]{2}$');
  create domain currency as text check (value ~ '^[A-Z]{3}$');
  create function is_address(a jsonb) returns boolean language sql immutable as $$
    select jsonb_typeof(a) = 'object' and a ? 'street' and jsonb_typeof(a->'street') = 'string'
      and coalesce(a->>'country', '') ~ '^[A-Z]{2}$' and (not a ? 'zip' or a->>'zip' ~ '^[0-9]{4,6}$') $$;
  create function is_schedule(s jsonb) returns boolean language plpgsql immutable as $$
    declare e jsonb; begin
      if jsonb_typeof(s) <> 'array' or jsonb_array_length(s) = 0 then return false; end if;
      for e in select * from jsonb_array_elements(s) loop
        if not (e ? 'day' and e ? 'from' and e ? 'to') then return false; end if;
        if (e->>'day')::int not between 1 and 7 then return false; end if;
        if (e->>'from')::time >= (e->>'to')::time then return false; end if;
      end loop;
      return true;
    end $$;
  create function ean_ok(code text) returns boolean language plpgsql immutable as $$
    declare s int := 0; begin
      if length(code) <> 13 or code !~ '^\\d+$' then return false; end if;
      for i in 1..12 loop s := s + substring(code from i for 1)::int * (case when i % 2 = 0 then 3 else 1 end); end loop;
      return (10 - s % 10) % 10 = right(code, 1)::int;
    end $$;
  create table countries (code country primary key);
  create table addresses (id int primary key, body jsonb not null check (is_address(body)),
    country country generated always as (upper(body->>'country')) stored references countries);
  create table openings (id int primary key, hours jsonb not null check (is_schedule(hours)));
  create table samples (id int primary key, barcode text not null unique check (ean_ok(barcode) and barcode like '2%'));
  create table tenants (id bigint primary key);
  create table sites (tenant_id bigint not null references tenants, id bigint, name text not null, primary key (tenant_id, id));
  create table shipments (tenant_id bigint not null, id bigint, origin bigint not null, goal bigint not null,
    primary key (tenant_id, id), check (origin <> goal),
    foreign key (tenant_id, origin) references sites, foreign key (tenant_id, goal) references sites);
  create table parcels (id bigint primary key, tenant_id bigint not null, shipment bigint not null,
    foreign key (tenant_id, shipment) references shipments);
  create table rates (base currency not null, quote currency not null, rate numeric not null,
    primary key (base, quote), check (base <> quote));
  create table periods (tenant_id bigint not null references tenants, month date not null check (extract(day from month) = 1),
    primary key (tenant_id, month));
  create table journals (tenant_id bigint not null references tenants, id bigint, booked_on date not null,
    month date generated always as (date_trunc('month', booked_on::timestamp)::date) stored,
    primary key (tenant_id, id), foreign key (tenant_id, month) references periods);
  create table accounts (no text primary key check (no ~ '^[0-9]{4}(-[0-9]{2})*$'), name text not null,
    parent text references accounts, check (parent is null or no like parent || '-%'), unique (parent, name));
  create type claim_state as enum ('submitted', 'in_review', 'approved', 'paid');
  create function is_month(p integer) returns boolean language plpgsql immutable as $$ begin
    if p is null then return true; end if;
    if p / 100 not between 1990 and 2100 then return false; end if;
    return p % 100 between 1 and 13; end $$;
  create table fiscal_years (fy integer primary key check (fy between 1990 and 2100), starts date not null);
  create table fiscal_months (month integer primary key check (is_month(month)),
    fy integer not null references fiscal_years on delete cascade, check (month / 100 - fy in (0, 1)));
  create table postings (id bigint primary key, booked date not null, month integer not null references fiscal_months,
    check (month = extract(year from booked)::int * 100 + extract(month from booked)::int or month % 100 = 13));
  create table claims (id bigint primary key, ref text not null, state claim_state not null default 'submitted',
    claimed numeric not null check (claimed > 0), approved numeric check (approved <= claimed), by_whom uuid, at timestamptz,
    check ((state in ('approved', 'paid')) = (approved is not null)), check ((by_whom is null) = (at is null)));
  create table vitals (encounter bigint not null, taken timestamptz not null, kind text not null, value numeric not null,
    unit text, device macaddr, entered_by name not null default session_user, primary key (encounter, taken, kind),
    check (case kind when 'temp' then value between 25 and 45 and unit in ('C', 'F')
      when 'spo2' then value between 30 and 100 and unit = '%' when 'weight' then value > 0 else false end));
  create table plans (id int primary key, goals jsonb not null check (jsonb_typeof(goals) = 'array'
      and jsonb_array_length(goals) between 1 and 20
      and not jsonb_path_exists(goals, '$[*] ? (!exists(@.text) || @.due.type() != "string")')),
    file jsonb check (file ?& array['name', 'mime'] and file->>'mime' ~ '^[a-z]+/[a-z.+-]+$'));
  create function mail_ok(p text) returns boolean language sql immutable as $$ select p ~ '^[a-z.]+@[a-z.]+$' $$;
  create domain mail as text check (mail_ok(value));
  create table people (id bigint primary key, died date, mail mail);
  create unique index on people (mail) where mail is not null and died is null;
  create function starts() returns trigger language plpgsql as $$ begin
    if new.state <> 'submitted' then raise exception 'a claim starts as submitted' using errcode = '23514'; end if;
    return new; end $$;
  create trigger starts before insert on claims for each row execute function starts();`

const lab = useRowLab(schema)

it('each table has rows of three families, none with a trigger set aside', async () => {
  const problems: string[] = []
  for (const table of lab().catalog.tables.values()) {
    const { problem, statements, asides = [] } = await lab().rows.worldWith(table, ['a', 'b', 'c'])
    if (problem !== null) problems.push(`${table.id}: ${problem}`)
    problems.push(...asides.map(({ structure, why }) => `${structure}: ${why}`))
    const refusal = await lab().refusal(statements)
    if (refusal !== null) problems.push(`${table.id}: ${refusal}`)
  }
  expect(problems).toEqual([])
})

it('documents say what the function asks of each of their parts', async () => {
  const [address] = await lab().inserts('addresses', ['a'])
  expect(address).toContain(`'{"country":"AA","street":"a","zip":"0000"}'`)
  const [opening] = await lab().inserts('openings', ['a'])
  expect(opening).toContain(`'[{"day":1,"from":"08:00","to":"09:00"}]'`)
})

it('documents have what a path looks at, as many times as they may, and in the other case', async () => {
  const [plan] = await lab().inserts('plans', ['a'])
  expect(plan).toMatch(/"text":/u)
  const table = lab().table('plans')
  const whole = await lab().rows.solve(table, { where: ['jsonb_array_length(goals) = 20'] })
  expect('row' in whole && (await lab().refusal([lab().rows.insert(table, whole.row)]))).toBeNull()
  const sql = `file ?& array['name', 'mime'] and file->>'mime' ~ '^[a-z]+/[a-z.+-]+$'`
  const other = sql.replace(' ~ ', ' ~* ')
  const told = await lab().rows.distinguish(table, sql, [other], { ignoreChecks: ['plans_file_check'] })
  expect(told.untold).toEqual([])
})

it('a row that points twice to one table points to two rows of one tenant', async () => {
  const row = await lab().rows.base(lab().table('shipments'), 'a')
  expect(row!['origin']).not.toBe(row!['goal'])
  const { statements } = await lab().rows.world(lab().table('parcels'))
  expect(await lab().refusal(statements)).toBeNull()
})

it('what is asked of a computed column is asked of the columns that it is computed from', async () => {
  const table = lab().table('journals')
  const pinned = await lab().rows.solve(table, { pins: { tenant_id: '1001', month: `'2031-05-01'` } })
  expect(pinned).toMatchObject({
    row: { tenant_id: '1001', booked_on: expect.stringMatching(/^'2031-05-/u) },
  })
  // Of another tenant: with the month that this tenant has.
  const other = await lab().rows.base(table, 'b')
  const solved = await lab().rows.solve(table, { pins: { tenant_id: other!['tenant_id']! }, family: 'a' })
  expect(
    'row' in solved &&
      (await lab().refusal([
        ...(await lab().rows.world(table)).statements,
        lab().rows.insert(table, solved.row),
      ])),
  ).toBeNull()
})

it.each(['temp', 'spo2'])('each wish is met, and then what hangs on it: %s', async (kind) => {
  const table = lab().table('vitals')
  const where = [
    `((taken is not null) and (taken >= '2025-01-01 00:00:00+00'::timestamptz) and (taken < '2026-01-01 00:00:00+00'::timestamptz) and (kind = '${kind}'::text))`,
  ]
  const solved = await lab().rows.solve(table, { where })
  expect(solved).toMatchObject({ row: { kind: `'${kind}'`, taken: expect.stringMatching(/^'2025/u) } })
  expect('row' in solved && (await lab().refusal([lab().rows.insert(table, solved.row)]))).toBeNull()
})

it('values of conditions are values of their domains', async () => {
  await loadParser()
  const conditions = [{ sql: 'mail is not null and died is null', mustHold: false }]
  const [cases] = await solveCases(lab().table('people'), lab().rows, conditions)
  const mails = [...new Set(cases!.rows.map(({ mail }) => mail!))]
  expect(mails.length).toBeGreaterThan(2)
  expect(await lab().refusal(mails.map((sql) => `select (${sql})::mail`))).toBeNull()
})

it('what a row below another has follows from the row above it', async () => {
  const table = lab().table('accounts')
  const solved = await lab().rows.solve(table, { where: ['parent is not null'] })
  const { no, parent } = 'row' in solved ? solved.row : {}
  expect(no!.startsWith(`${parent!.slice(0, -1)}-`)).toBe(true)
  const above = await lab().rows.solve(table, { pins: { no: parent! } })
  const both = [above, solved].flatMap((one) => ('row' in one ? [lab().rows.insert(table, one.row)] : []))
  expect(both.length).toBe(2)
  expect(await lab().refusal(both)).toBeNull()
})
