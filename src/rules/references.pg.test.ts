import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOver, openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import type { ReferentialAction } from '../architecture/kinds/references.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'

const actions: readonly ReferentialAction[] = ['no action', 'restrict', 'cascade', 'set null', 'set default']
const short = (action: string): string => action.replace(' ', '_')
const childOf = (onDelete: string, onUpdate: string): string => `c_${short(onDelete)}_${short(onUpdate)}`

const children = Object.fromEntries(
  actions.flatMap((onDelete) =>
    actions.map((onUpdate) => {
      const name = childOf(onDelete, onUpdate)
      const child = table(name, { id: 'integer', parent_id: 'integer' }, (t) => [
        t.primaryKey('id'),
        t.defaults({ parent_id: '7' }),
        t.references('parent_id', 'parents', { onDelete, onUpdate }),
      ])
      return [name, child]
    }),
  ),
)

const childrenSql = actions
  .flatMap((onDelete) =>
    actions.map(
      (
        onUpdate,
      ) => `create table ${childOf(onDelete, onUpdate)} (id integer primary key, parent_id integer default 7
        references parents on delete ${onDelete} on update ${onUpdate});`,
    ),
  )
  .join('\n')

const tables = {
  ...children,
  parents: table('parents', { id: 'integer', name: 'varchar(20)' }, (t) => [
    t.primaryKey('id'),
    t.required('name'),
    t.unique('name'),
  ]),
  tenants: table('tenants', { id: 'bigint' }, (t) => [t.identity('id'), t.primaryKey('id')]),
  people: table('people', { tenant_id: 'bigint', id: 'bigint', boss_id: 'bigint', email: 'text' }, (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('email'),
    t.unique('email'),
    t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
    t.references(['tenant_id', 'boss_id'], 'people', { onDelete: 'set null' }),
  ]),
  // Its parent is another's child: deleting the tenant would be refused by people first.
  tasks: table('tasks', { tenant_id: 'bigint', id: 'bigint', owner_id: 'bigint' }, (t) => [
    t.identity('id'),
    t.primaryKey('tenant_id', 'id'),
    t.required('owner_id'),
    t.references('tenant_id', 'tenants', { onDelete: 'cascade' }),
    t.references(['tenant_id', 'owner_id'], 'people', { onDelete: 'restrict', onUpdate: 'cascade' }),
  ]),
  pairs: table('pairs', { id: 'integer', a: 'bigint', b: 'bigint' }, (t) => [
    t.primaryKey('id'),
    t.references(['a', 'b'], 'people', { match: 'full', deferrable: 'immediate', onUpdate: 'restrict' }),
  ]),
  chickens: table('chickens', { id: 'integer', egg_id: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('egg_id'),
    t.references('egg_id', 'eggs', { deferrable: 'deferred' }),
  ]),
  eggs: table('eggs', { id: 'integer', chicken_id: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('chicken_id'),
    t.references('chicken_id', 'chickens', { deferrable: 'deferred' }),
  ]),
  // Whose they are is required, and of one key; who leads is optional, and of the other.
  departments: table('departments', { tenant_id: 'bigint', id: 'bigint', head_id: 'bigint' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.references('tenant_id', 'tenants'),
    t.references(['tenant_id', 'head_id'], 'employees'),
  ]),
  employees: table('employees', { tenant_id: 'bigint', id: 'bigint', department_id: 'bigint' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.required('department_id'),
    t.references(['tenant_id', 'department_id'], 'departments'),
  ]),
  // Two parents differ in one column alone: a mixture of both is one of them.
  years: table('years', { tenant_id: 'bigint', year: 'integer' }, (t) => [
    t.primaryKey('tenant_id', 'year'),
    t.check('one_year', 'year = 2024'),
    t.references('tenant_id', 'tenants'),
  ]),
  entries: table('entries', { id: 'integer', tenant_id: 'bigint', year: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.references(['tenant_id', 'year'], 'years'),
  ]),
  // A computed column points with the tenant: what it points to follows from the day.
  months: table('months', { tenant_id: 'bigint', month: 'date' }, (t) => [
    t.primaryKey('tenant_id', 'month'),
    t.check('first_day', 'extract(day from month) = 1'),
    t.references('tenant_id', 'tenants'),
  ]),
  journals: table('journals', { tenant_id: 'bigint', id: 'bigint', day: 'date', month: 'date' }, (t) => [
    t.primaryKey('tenant_id', 'id'),
    t.generated({ month: `date_trunc('month', day::timestamp)::date` }),
    t.references('tenant_id', 'tenants'),
    t.references(['tenant_id', 'month'], 'months'),
  ]),
  // A CHECK holds a part of the key to one value: a missing row is one of another number.
  parties: table('parties', { id: 'integer', kind: 'text' }, (t) => [
    t.primaryKey('id'),
    t.check('known', `kind in ('person', 'org', 'machine', 'animal', 'place')`),
    t.required('kind'),
    t.unique('id', 'kind'),
  ]),
  orgs: table('orgs', { party: 'integer', kind: 'text' }, (t) => [
    t.required('kind'),
    t.check('is_org', `kind = 'org'`),
    t.references(['party', 'kind'], 'parties', { columns: ['id', 'kind'], onDelete: 'cascade' }),
  ]),
  // None of the rows that parties has for everybody is of this kind.
  places: table('places', { party: 'integer', kind: 'text' }, (t) => [
    t.required('kind'),
    t.check('is_place', `kind = 'place'`),
    t.references(['party', 'kind'], 'parties', { columns: ['id', 'kind'] }),
  ]),
  // An identity points, and is never written.
  stops: table('stops', { van: 'bigint', seq: 'integer' }, (t) => [t.primaryKey('van', 'seq')]),
  vans: table('vans', { id: 'bigint', seq: 'integer' }, (t) => [
    t.identity('id'),
    t.primaryKey('id'),
    t.references(['id', 'seq'], 'stops'),
  ]),
  roots: table('roots', { id: 'integer', root_id: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('root_id'),
    t.references('root_id', 'roots'),
  ]),
  // What is beneath begins like what it is beneath: a text that is too long has nothing beneath it.
  accounts: table('accounts', { no: 'varchar(12)', parent: 'varchar(12)' }, (t) => [
    t.primaryKey('no'),
    t.check('no_shape', `no similar to '[0-9]{4}(-[0-9]{2}){0,3}'`),
    t.check('beneath', `parent is null or no like parent || '-%'`),
    t.references('parent', 'accounts'),
  ]),
  // Its present leg is one of its own legs.
  shipments: table('shipments', { id: 'bigint', leg: 'integer' }, (t) => [
    t.identity('id'),
    t.primaryKey('id'),
    t.references(['id', 'leg'], 'legs', { columns: ['shipment', 'seq'], deferrable: 'deferred' }),
  ]),
  legs: table('legs', { shipment: 'bigint', seq: 'integer' }, (t) => [
    t.primaryKey('shipment', 'seq'),
    t.references('shipment', 'shipments', { deferrable: 'immediate' }),
  ]),
  codes: table('codes', { id: 'integer', code: 'text' }, (t) => [
    t.primaryKey('id'),
    t.unique('code'),
    t.required('code'),
  ]),
  uses: table('uses', { id: 'integer', code: 'text' }, (t) => [
    t.primaryKey('id'),
    t.references('code', 'codes', { columns: ['code'], onUpdate: 'cascade' }),
  ]),
}

const schema = `
create table parents (id integer primary key, name varchar(20) not null unique);
${childrenSql}
create table tenants (id bigint generated always as identity primary key);
create table people (
  tenant_id bigint not null references tenants on delete cascade,
  id bigint generated always as identity,
  boss_id bigint,
  email text not null unique,
  primary key (tenant_id, id),
  foreign key (tenant_id, boss_id) references people on delete set null (boss_id)
);
create table tasks (
  tenant_id bigint not null references tenants on delete cascade,
  id bigint generated always as identity,
  owner_id bigint not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, owner_id) references people on delete restrict on update cascade
);
create table pairs (id integer primary key, a bigint, b bigint,
  foreign key (a, b) references people match full on update restrict deferrable);
create table chickens (id integer primary key, egg_id integer not null);
create table eggs (id integer primary key, chicken_id integer not null
  references chickens deferrable initially deferred);
alter table chickens add foreign key (egg_id) references eggs deferrable initially deferred;
create table departments (tenant_id bigint not null references tenants, id bigint not null, head_id bigint,
  primary key (tenant_id, id));
create table employees (tenant_id bigint not null, id bigint not null, department_id bigint not null,
  primary key (tenant_id, id), foreign key (tenant_id, department_id) references departments);
alter table departments add foreign key (tenant_id, head_id) references employees;
create table years (tenant_id bigint not null references tenants, year integer not null
  constraint one_year check (year = 2024), primary key (tenant_id, year));
create table entries (id integer primary key, tenant_id bigint, year integer,
  foreign key (tenant_id, year) references years);
create table months (tenant_id bigint not null references tenants, month date not null
  constraint first_day check (extract(day from month) = 1), primary key (tenant_id, month));
create table journals (tenant_id bigint not null references tenants, id bigint not null, day date,
  month date generated always as (date_trunc('month', day::timestamp)::date) stored,
  primary key (tenant_id, id), foreign key (tenant_id, month) references months);
create table parties (id integer primary key,
  kind text not null constraint known check (kind in ('person', 'org', 'machine', 'animal', 'place')), unique (id, kind));
create table orgs (party integer, kind text not null constraint is_org check (kind = 'org'),
  foreign key (party, kind) references parties (id, kind) on delete cascade);
create table places (party integer, kind text not null constraint is_place check (kind = 'place'),
  foreign key (party, kind) references parties (id, kind));
create table stops (van bigint, seq integer, primary key (van, seq));
create table vans (id bigint generated always as identity primary key, seq integer,
  foreign key (id, seq) references stops);
create table roots (id integer primary key, root_id integer not null references roots);
create table accounts (no varchar(12) primary key constraint no_shape check (no similar to '[0-9]{4}(-[0-9]{2}){0,3}'),
  parent varchar(12) references accounts, constraint beneath check (parent is null or no like parent || '-%'));
create table shipments (id bigint generated always as identity primary key, leg integer);
create table legs (shipment bigint not null references shipments deferrable, seq integer not null,
  primary key (shipment, seq));
alter table shipments add foreign key (id, leg) references legs (shipment, seq) deferrable initially deferred;
create table codes (id integer primary key, code text not null unique);
create table uses (id integer primary key, code text references codes (code) on update cascade);
`

const declared = architecture('references', { tables: tables as never }) as unknown as Architecture

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

const references = () => lab.rules.filter((r) => r.rule.kind === 'references')

describe('references', () => {
  test('hold for every action, self references, cycles and shared columns', () => {
    expect(lab.faults()).toEqual([])
    expect(references().length).toBe(48)
  })

  test('are red without their constraint', async () => {
    const red = await lab.red()
    expect(references().flatMap((r) => (red.get(r.rule.id)!.proven ? [] : [r.rule.id]))).toEqual([])
  })

  test('notice every mutant but those that something else refuses', async () => {
    const { killed, left } = await lab.left((s) => s.kind === 'references')
    expect(left).toMatchInlineSnapshot(`
      [
        "redundant tasks/references:tenant_id,owner_id->people~on-delete-exchanged:"set null": tasks/column:tenant_id",
        "redundant tasks/references:tenant_id,owner_id->people~on-delete-exchanged:"set default": tasks/column:tenant_id",
      ]
    `)
    expect(killed).toBeGreaterThan(300)
  })

  test('another action than the declared one is not green', async () => {
    const wrong = await openRuleLab(
      server,
      declared,
      schema.replaceAll(/on delete (\S+(?: null| default| action)?) on update/gu, (_, action: string) => {
        const next = actions[(actions.indexOf(action as ReferentialAction) + 1) % actions.length]!
        return `on delete ${next} on update`
      }),
    )
    try {
      const green = wrong.rules.filter(
        (r) => r.rule.kind === 'references' && r.rule.table.startsWith('c_') && r.green,
      )
      expect(green.map((r) => r.rule.id)).toEqual([])
    } finally {
      await wrong.close()
    }
  })
})

test('a trigger and a CHECK that speak before the reference promise nothing in its place', async () => {
  const only = architecture('bookings', {
    tables: {
      periods: table('periods', { period: 'integer', open: 'boolean' }, (t) => [
        t.primaryKey('period'),
        t.check('month', 'period % 100 between 1 and 13 and period / 100 between 1990 and 2100'),
        t.required('open'),
      ]),
      bookings: table('bookings', { id: 'integer', day: 'date', period: 'integer', quarter: 'text' }, (t) => [
        t.primaryKey('id'),
        t.required('day', 'period'),
        t.check('in_period', 'period = extract(year from day)::int * 100 + extract(month from day)::int'),
        t.generated({ quarter: `extract(quarter from day)::text` }),
        t.references('period', 'periods'),
      ]),
      firms: table('firms', { id: 'integer', vat: 'text', parent: 'integer' }, (t) => [
        t.primaryKey('id'),
        t.check('other', 'parent <> id'),
        t.references('parent', 'firms'),
        t.unique('vat', 'parent', { nullsNotDistinct: true }),
      ]),
      notes: table('notes', { id: 'bigint', amends: 'bigint' }, (t) => [
        t.identity('id'),
        t.primaryKey('id'),
        t.check('earlier', 'amends < id'),
        t.references('amends', 'notes'),
      ]),
    },
  }) as unknown as Architecture
  const faults = await faultsOver(
    server,
    only,
    `create table periods (period integer primary key constraint periods_month
       check (period % 100 between 1 and 13 and period / 100 between 1990 and 2100), open boolean not null);
     create table bookings (id integer primary key, day date not null, period integer not null references periods,
       quarter text generated always as (extract(quarter from day)::text) stored,
       constraint bookings_in_period check (period = extract(year from day)::int * 100 + extract(month from day)::int));
     create function is_open() returns trigger language plpgsql as $$ begin
       if not coalesce((select open from periods p where p.period = new.period), false) then
         raise exception 'closed' using errcode = 'FI001'; end if;
       return new; end $$;
     create trigger is_open before insert or update of period on bookings for each row execute function is_open();
     create table firms (id integer primary key, vat text, parent integer references firms,
       constraint firms_other check (parent <> id), unique nulls not distinct (vat, parent));
     create table notes (id bigint generated always as identity primary key, amends bigint references notes,
       constraint notes_earlier check (amends < id))`,
  )
  expect(faults).toEqual([])
})

describe('an action that leaves what the child’s own table refuses', () => {
  const people = table('people', { id: 'integer', code: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('code'),
    t.unique('code'),
  ])
  const pair = '("by" is null) = (day is null)'
  const signed = table('signed', { id: 'integer', by: 'integer', day: 'date' }, (t) => [
    t.primaryKey('id'),
    t.check('pair', pair),
    t.references('by', 'people', { onDelete: 'set null' }),
  ])
  const letters = table('letters', { id: 'integer', by: 'integer', state: 'text' }, (t) => [
    t.primaryKey('id'),
    t.required('state'),
    t.check('known', `state in ('sent', 'draft')`),
    t.check('sent', `state <> 'sent' or "by" is not null`),
    t.references('by', 'people', { onDelete: 'set null', onUpdate: 'set null' }),
  ])
  const kept = table('kept', { id: 'integer', by: 'integer', code: 'integer' }, (t) => [
    t.primaryKey('id'),
    t.required('by', 'code'),
    t.references('by', 'people', { onDelete: 'set null', onDeleteSets: 'by' }),
    t.references('code', 'people', { columns: 'code', onUpdate: 'set null' }),
  ])
  const schema = `create table people (id integer primary key, code integer not null unique);
    create table signed (id integer primary key, by integer references people on delete set null, day date,
      constraint signed_pair check (${pair}));
    create table letters (id integer primary key, by integer references people on delete set null on update set null, state text not null,
      constraint letters_known check (state in ('sent', 'draft')),
      constraint letters_sent check (state <> 'sent' or "by" is not null));
    create table kept (id integer primary key, by integer not null references people on delete set null,
      code integer not null, constraint kept_code_fkey foreign key (code) references people (code) on update set null)`
  const shop = architecture('shop', {
    tables: { people, signed, letters, kept },
  }) as unknown as Architecture

  test('is told and shown as it is, where both are declared, and by another row where there is one', async () => {
    const told = await openRuleLab(server, shop, schema)
    try {
      expect(told.faults()).toEqual([])
      const notes = told.rules.flatMap((rule) => rule.notes ?? [])
      expect(notes.map(({ rule, code, summary }) => `${rule} ${code}: ${summary}`)).toMatchInlineSnapshot(`
        [
          "signed/references:by->people references.action-refused: on delete set null, and CHECK signed_pair refuses what that leaves: no row of people was found that is pointed to and can be deleted",
          "kept/references:by->people references.action-refused: on delete set null, and NOT NULL of by refuses what that leaves: no row of people was found that is pointed to and can be deleted",
          "kept/references:code->people references.action-refused: on update set null, and NOT NULL of code refuses what that leaves: no row of people was found that is pointed to and can be updated",
        ]
      `)
      expect(notes[0]?.mend).toMatchInlineSnapshot(`
        "Say what happens today, or let CHECK signed_pair take what is left:
        alter table "public"."signed" drop constraint "signed_by_fkey", add constraint "signed_by_fkey" foreign key ("by") references "public"."people" ("id");"
      `)
      expect(told.titles('signed/references:by->people')).toContain(
        'deleting the row of people is refused, because CHECK signed_pair refuses what is left',
      )
      expect(told.titles('letters/references:by->people')).toContain(
        'deleting the row of people empties the pointer',
      )
      expect(told.titles('letters/references:by->people')).toContain(
        'changing a key of people empties the pointer',
      )
      const red = await told.red()
      const references = told.rules.filter(({ rule }) => rule.kind === 'references')
      expect(references.filter(({ rule }) => !red.get(rule.id)!.proven)).toEqual([])
      const { left } = await told.left(({ kind }) => kind === 'references')
      // Who sets nothing refuses under another name.
      expect(
        left.map((one) => /^redundant (?:signed|kept)\/.*(?:"no action"|restrict): /u.test(one)),
      ).toEqual(Array.from({ length: 6 }, () => true))
    } finally {
      await told.close()
    }
  })

  test('is red where nobody declares what refuses', async () => {
    const half = architecture('shop', {
      tables: {
        people,
        signed: table('signed', { id: 'integer', by: 'integer', day: 'date' }, (t) => [
          t.primaryKey('id'),
          t.references('by', 'people', { onDelete: 'set null' }),
        ]),
      },
    }) as unknown as Architecture
    expect(await faultsOver(server, half, schema)).toMatchInlineSnapshot(`
      [
        "signed/references:by->people: deleting the row of people empties the pointer: expected it to be accepted, but it was refused with 23514 by signed_pair: new row for relation "signed" violates check constraint "signed_pair"",
      ]
    `)
  })
})
