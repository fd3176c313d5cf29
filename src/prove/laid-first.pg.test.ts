import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import { qualified } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment } from '../rules/experiment.ts'
import { openLaidFirst, type LaidFirst } from './laid-first.ts'

let server: Server
let laidFirst: LaidFirst

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('laid')
  const owner = await server.connect(database, 'owner')
  await owner.query(`
    create function noted() returns trigger language plpgsql as 'begin return new; end';
    create function known(n int) returns boolean language sql as 'select n > 0';
    create domain checked as int check (known(value));
    create table plain (id int primary key, n int check (n > 0));
    create table child (id int primary key, plain int references plain);
    create table "we""ird.na me" (id int primary key);
    create table touched (id int primary key);
    create trigger t before update on touched for each row execute function noted();
    alter table touched enable row level security;
    create policy p on touched using (known(id));
    create table watched (id int primary key);
    create trigger t after insert or update on watched for each row execute function noted();
    create table ruled (id int primary key);
    create rule r as on insert to ruled do also delete from child;
    create table calling (id int primary key check (known(id)));
    create table typed (id checked);
    create table indexed (id int);
    create function steady(n int) returns int immutable language sql as 'select n';
    create index on indexed (steady(id));
    create table parted (id int) partition by range (id);
    create table part partition of parted default;
    create table elder (id int);
    create table younger () inherits (elder);
    create table late (id int primary key, plain int references plain deferrable initially deferred);`)
  laidFirst = openLaidFirst(await readCatalog(owner), 'owner')
  await owner.end()
})
afterAll(async () => {
  await server?.stop()
})

const named = (name: string): string => qualified({ schema: 'public', name })
const into = (name: string): string => `insert into ${named(name)} ("id") values (1)`
const onWorld = (statements: readonly string[]): Experiment => ({
  id: 'child/x#1',
  rule: 'child/x',
  title: 'a case',
  world: { id: 'w', statements },
  given: [],
  when: [],
  then: { kind: 'accepted' },
})
const ofChild = `alter table ${named('child')} drop constraint "child_pkey"`
const isLaidFirst = (world: readonly string[], ddl: readonly string[]): boolean =>
  laidFirst({ ddl, experiments: [onWorld(world)] }) !== null

it('lays a world first where PostgreSQL alone lays it', () => {
  const names =
    'plain,touched,watched,ruled,calling,typed,indexed,part,parted,elder,younger,late,gone,we"ird.na me'
  const found = names.split(',').filter((name) => isLaidFirst([into(name)], [ofChild]))
  expect(found).toEqual(['plain', 'touched', 'we"ird.na me'])
  expect(isLaidFirst([into('plain'), into('watched')], [ofChild])).toBe(false)
  expect(isLaidFirst([into('plain'), 'select 1'], [ofChild])).toBe(false)
  expect(isLaidFirst([`with step1 as (${into('plain')}) ${into('touched')}`], [ofChild])).toBe(false)
})

it('lays it after DDL of its own tables, and after what may be about any table', () => {
  const key = `alter table ${named('child')} add constraint "k" foreign key ("plain") references ${named('plain')}`
  const cases: Readonly<Record<string, boolean>> = {
    [ofChild]: true,
    [`alter table ${named('plain')} drop constraint "plain_n_check"`]: false,
    [`alter table only ${named('plain')} drop constraint "plain_n_check"`]: false,
    [`alter table ${named('we"ird.na me')} add check (id > 0)`]: true,
    [`${key} on delete cascade on update cascade`]: true,
    [`${key}`]: true,
    [`alter table ${named('child')} drop constraint "child_pkey" cascade`]: false,
    [`drop table ${named('child')}`]: false,
    [`drop policy "p" on ${named('child')}`]: true,
    [`drop policy "p" on ${named('plain')}`]: false,
    [`alter policy "p" on ${named('child')} using (true)`]: true,
    [`comment on column ${named('child')}."id" is 'of plain'`]: true,
    [`comment on table ${named('plain')} is null`]: false,
    [`drop index ${named('child_pkey')}`]: false,
    'drop domain checked': false,
    "do $$begin execute 'alter table plain add check (id > 0)'; end$$": false,
  }
  const found = Object.keys(cases).map((ddl) => [ddl, isLaidFirst([into('plain')], [ddl])])
  expect(Object.fromEntries(found)).toEqual(cases)
  expect(isLaidFirst([into('plain')], [ofChild, `alter table ${named('plain')} drop column "n"`])).toBe(false)
})

it('lays nothing first without DDL, without rows, or for experiments that stand on two worlds', () => {
  expect(isLaidFirst([into('plain')], [])).toBe(false)
  expect(isLaidFirst([], [ofChild])).toBe(false)
  expect(laidFirst({ ddl: [ofChild], experiments: [] })).toBeNull()
  const two = [onWorld([into('plain')]), onWorld([into('touched')])]
  expect(laidFirst({ ddl: [ofChild], experiments: two })).toBeNull()
})

it('takes views that stand in the way away with the world, once for all that stand on both', () => {
  const drops = [`drop view ${named('vi"ew')}`, `drop materialized view ${named('kept')}`]
  const trial = { ddl: [...drops, ofChild], experiments: [onWorld([into('plain')])] }
  const [one, other] = [laidFirst(trial)!, laidFirst({ ...trial, ddl: [...drops, ofChild] })!]
  expect(one.ddlOnLaid).toEqual([ofChild])
  expect(one.laidFirst!.statements).toEqual([
    'set local role "owner"',
    ...drops,
    'set local role none',
    into('plain'),
  ])
  expect(other.laidFirst).toBe(one.laidFirst)
  expect(isLaidFirst([], [...drops, ofChild])).toBe(true)
  expect(isLaidFirst([into('plain')], drops)).toBe(false)
  expect(isLaidFirst([into('plain')], [ofChild, ...drops])).toBe(false)
  expect(isLaidFirst([into('plain')], [`drop view ${named('v')} cascade`, ofChild])).toBe(false)
})
