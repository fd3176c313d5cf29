/** What only a database in use knows: numbers that sequences have given, and rows that were there before a constraint. */
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

it('sequences near their end, or near that of the column they feed', async () => {
  const lab = await openFindingLab(
    server,
    `create table ident (id int generated always as identity primary key);
    create table "Ser ial" ("i d" smallserial primary key);
    create table pointing (id int primary key references ident, other smallint references "Ser ial");
    create sequence big as bigint;
    create table fed (id int primary key default nextval('big'));
    create sequence short maxvalue 100;
    create sequence down increment -1 minvalue -100 maxvalue -1;
    create sequence round maxvalue 100 cycle;
    create sequence unused maxvalue 2;
    create table near (id int generated always as identity primary key, big bigserial);
    select setval('ident_id_seq', 2100000000), setval('"Ser ial_i d_seq"', 30000), setval('big', 1900000000),
      setval('short', 76), setval('down', -80), setval('round', 99), setval('near_id_seq', 1600000000),
      setval('near_big_seq', 4000000000);`,
    { live: true },
  )
  const found = await lab.find('adopt.sequence-near-end')
  expect(found.map(({ structure, severity, summary }) => [structure, severity, summary])).toEqual([
    [
      '"Ser ial"/default:"i d"',
      'warning',
      'sequence "Ser ial_i d_seq" for "Ser ial".i d (smallint) has given 91 % of its numbers: 30000 of 32767',
    ],
    [
      'fed/default:id',
      'warning',
      'sequence big for fed.id (integer) has given 88 % of its numbers: 1900000000 of 2147483647',
    ],
    ['sequence:down', 'warning', 'sequence down has given 79 % of its numbers: -80 of -100'],
    [
      'ident/identity:id',
      'error',
      'sequence ident_id_seq for ident.id (integer) has given 97 % of its numbers: 2100000000 of 2147483647',
    ],
    ['sequence:short', 'warning', 'sequence short has given 75 % of its numbers: 76 of 100'],
  ])
  expect(mendOf(found[0]!).split('\n')).toEqual([
    'alter table "public"."Ser ial" alter column "i d" type bigint;',
    'alter table "public"."pointing" alter column "other" type bigint;',
    'alter sequence "public"."Ser ial_i d_seq" as bigint;',
  ])
  expect(await lab.mend('adopt.sequence-near-end')).toEqual([])
  await lab.run(`select setval('ident_id_seq', 2147483647); insert into ident default values`)
  await lab.close()
})

it('constraints that were never validated, and whether the rows that are there keep them', async () => {
  const schema = `create domain positive as int;
    create table people (id int primary key);
    create table t (id int primary key, "a b" int, b int, c int, d positive, code text);
    insert into people values (1);
    insert into t values (1, -1, 1, 1, 1, 'x'), (2, 1, 7, null, 1, 'y');
    alter table t add constraint "broken one" check ("a b" > 0) not valid, add constraint kept check (b > 0) not valid,
      add constraint orphan foreign key (b) references people not valid,
      add constraint fine foreign key (c) references people not valid,
      add constraint said not null code not valid,
      add constraint validated check (b < 100);
    alter domain positive add constraint above check (value > 0) not valid;`
  const lab = await openFindingLab(server, schema, { live: true })
  const told = async () =>
    (await lab.find('adopt.constraint-not-valid')).map(({ severity, summary }) => `${severity} ${summary}`)
  expect(await told()).toEqual([
    'note type/domain:positive: above is NOT VALID: whether the rows that are there keep it was not found out',
    'warning t: broken one is NOT VALID: there are rows that break it',
    'note t: kept is NOT VALID: every row that is there keeps it',
    'note t: said is NOT VALID: every row that is there keeps it',
    'note t: fine is NOT VALID: every row that is there keeps it',
    'warning t: orphan is NOT VALID: there are rows that break it',
  ])
  await lab.run(`update t set "a b" = 1, b = 1`)
  expect((await told()).filter((one) => one.startsWith('warning'))).toEqual([])
  expect(await lab.mend('adopt.constraint-not-valid')).toEqual([])
  await lab.close()
  const copy = await openFindingLab(server, schema)
  // A copy's rows are nobody's.
  expect(new Set((await copy.find('adopt.constraint-not-valid')).map(({ severity }) => severity))).toEqual(
    new Set(['note']),
  )
  expect(ids(await copy.told('adopt.constraint-not-valid'))).toContain('t/required:code')
  await copy.close()
})
