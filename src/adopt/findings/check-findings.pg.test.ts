/** What can be proven of CHECKs: the fault is told, near misses are not, and the mend takes the finding away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server?.stop())

describe('a CHECK that can never reject', () => {
  it('is told with the dead part, and the comparison with null is mended', async () => {
    const lab = await openFindingLab(
      server,
      `create table "Odd ""table""" (x int, "a,b" text, price numeric(10,2) not null,
        constraint dead check (x = null or x > 0),
        constraint "dead too" check ("a,b" <> null),
        constraint listed check (x in (1, 2, null)),
        constraint tautology check (x > 0 or x <= 0),
        constraint never_null check (price is not null or true));
      create table near (x int, y int, doc text not null,
        constraint bites check (x is null or x > 0),
        constraint bites_too check (x > 0 or y > 0),
        constraint by_error check (doc::json is not null),
        constraint by_division check (100 / x = 100 / x),
        constraint only_null check (x is not null or y is not null));`,
    )
    const found = await lab.find('adopt.check-never-rejects')
    expect(found.map(({ structure, severity }) => [structure, severity])).toEqual(
      ['dead', '"dead too"', 'listed', 'never_null', 'tautology'].map((name) => [
        `"Odd ""table"""/check:${name}`,
        'warning',
      ]),
    )
    expect(found[0]!.summary).toBe(`"Odd ""table""": CHECK dead can never reject a row: x = NULL OR x > 0`)
    expect(found[0]!.why).toMatch(/^x = NULL is null for every row/u)
    expect(mendOf(found[0]!)).toBe(
      `alter table "public"."Odd ""table""" drop constraint "dead", add constraint "dead" check (x IS NULL OR x > 0);`,
    )
    expect(mendOf(found[1]!)).toContain(`check ("a,b" IS NOT NULL)`)
    await lab.run(`insert into "Odd ""table""" values (-1, null, 0)`)
    await lab.run(`delete from "Odd ""table"""`)
    expect(await lab.mend('adopt.check-never-rejects')).toEqual([])
    await expect(lab.run(`insert into "Odd ""table""" values (-1, 'a', 0)`)).rejects.toThrow(/"dead"/u)
    await lab.close()
  })

  it('that rejects every row is an error, unless its parent is kept empty on purpose', async () => {
    const lab = await openFindingLab(
      server,
      `create table t (x int not null, y int, constraint twofold check (x > 5 and x < 3),
          constraint or_null check (y > 5 and y < 3));
        create table parent (x int, check (false) no inherit); create table child () inherits (parent);`,
    )
    await lab.run(`alter table t add constraint nothing check (x is null and x is not null)`)
    // `or_null` takes rows whose y is null, and x never is.
    expect(await lab.told('adopt.check-always-rejects')).toEqual([
      't/check:nothing: t: CHECK nothing rejects every row: x IS NULL AND x IS NOT NULL',
      't/check:twofold: t: CHECK twofold rejects every row: x > 5 AND x < 3',
    ])
    expect(await lab.mend('adopt.check-always-rejects')).toEqual([])
    await lab.close()
  })
})

it('a dead part of a CHECK that still bites is told, and tests for null are not', async () => {
  const lab = await openFindingLab(
    server,
    `create table t (x int, y int, kind text not null, price numeric(10,2),
      constraint nulled check (x = null and y > 0),
      constraint narrower check (x > 5 or x > 10),
      constraint contradiction check (kind = 'a' or (kind = 'b' and kind = 'c')));
    create table near (x int, price numeric(10,2), kind text,
      constraint plain check (x is null or x > 5),
      constraint ranges check (x between 0 and 10 or x = 20),
      constraint kinds check (kind in ('a', 'b') and price > 0),
      constraint words check (kind ~ '^a' or kind like 'b%'));`,
  )
  expect(await lab.told('adopt.check-dead-part')).toEqual([
    `t/check:contradiction: t: CHECK contradiction: kind = 'b' AND kind = 'c' changes nothing`,
    't/check:narrower: t: CHECK narrower: x > 10 changes nothing',
    't/check:nulled: t: CHECK nulled: x = NULL is null for every row',
  ])
  expect(await lab.mend('adopt.check-dead-part')).toEqual([])
  await expect(lab.run(`insert into t values (5, 1, 'a')`)).rejects.toThrow(/narrower|nulled/u)
  await lab.close()
})

it('a CHECK of a domain is judged like one of a table', async () => {
  const lab = await openFindingLab(
    server,
    `create domain "do main" as int constraint dead check (value = null or value > 0) constraint bites check (value < 9);
    create domain code as varchar(3) constraint short check (value ~ '^[A-Z]+$' or value = null);
    create domain flagged as text constraint one check (value in ('a', 'b'));
    create table t (a "do main", b code, c flagged);`,
  )
  expect((await lab.told('adopt.check-never-rejects')).map((one) => one.replaceAll('::text', ''))).toEqual([
    "type/domain:code: type/domain:code: CHECK short can never reject a row: value ~ '^[A-Z]+$' OR value = NULL",
    'type/domain:"do main": type/domain:"do main": CHECK dead can never reject a row: value = NULL OR value > 0',
  ])
  expect(await lab.mend('adopt.check-never-rejects')).toEqual([])
  await expect(lab.run('insert into t values (-1)')).rejects.toThrow(/dead/u)
  await lab.close()
})

it('a CHECK implied by NOT NULL, a type, a domain or other CHECKs is told with what implies it', async () => {
  const lab = await openFindingLab(
    server,
    `create domain positive as int check (value > 0);
    create type mood as enum ('good', 'bad');
    create table t (a int not null, b int not null, c positive, code varchar(10), n smallint, m mood, r numeric(4,2),
      constraint "1 not null" check (a is not null),
      constraint "2 length" check (length(code) <= 20),
      constraint "3 domain" check (c > 0),
      constraint "4 width" check (n < 40000),
      constraint "5 enum" check (m in ('good', 'bad')),
      constraint "6 scale" check (r < 100),
      constraint "7 stronger" check (a > 10),
      constraint "8 weaker" check (a > 5),
      constraint "9 chain" check (b > a));
    create table products (price numeric not null, discounted numeric not null,
      constraint discounted_positive check (discounted > 0), constraint less check (price > discounted),
      constraint price_positive check (price > 0));
    create table near (a int, code varchar(10), b int, x int not null,
      check (a is not null), check (length(code) < 10), check (a > 5), check (b > 10), check (a < b),
      constraint behind check (x > 5));
    alter table near add constraint unlooked check (x > 10) not valid;
    create table stays (during tstzrange not null, label text not null, named text not null,
      check (upper(during) is not null), constraint named_upper check (upper(named) is not null), check (lower(during) is not null or label <> 'x'));
    create table parent (x int not null, constraint empty check (x > 10) no inherit, constraint all_below check (x > 5));`,
  )
  const told = await lab.told('adopt.check-implied')
  expect(told).toEqual([
    'products/check:price_positive: products: CHECK price_positive rejects nothing that CHECK less and CHECK discounted_positive let through: price > 0',
    'stays/check:named_upper: stays: CHECK named_upper rejects nothing that NOT NULL lets through: upper(named) IS NOT NULL',
    't/check:"1 not null": t: CHECK 1 not null rejects nothing that NOT NULL lets through: a IS NOT NULL',
    't/check:"2 length": t: CHECK 2 length rejects nothing that the type character varying(10) of code lets through: length(code) <= 20',
    't/check:"3 domain": t: CHECK 3 domain rejects nothing that the domain public.positive of c lets through: c > 0',
    't/check:"4 width": t: CHECK 4 width rejects nothing that the type smallint of n lets through: n < 40000',
    't/check:"6 scale": t: CHECK 6 scale rejects nothing that the type numeric(4,2) of r lets through: r < 100',
    't/check:"8 weaker": t: CHECK 8 weaker rejects nothing that CHECK 7 stronger lets through: a > 5',
  ])
  // Every label of an enum is no rule at all.
  expect(await lab.told('adopt.check-never-rejects')).toEqual([
    `t/check:"5 enum": t: CHECK 5 enum can never reject a row: m = ANY (ARRAY['good', 'bad'])`,
  ])
  expect(await lab.mend('adopt.check-implied')).toEqual([])
  await lab.close()
})

it('a default that its own column refuses is told, and one that other columns may save is not', async () => {
  const lab = await openFindingLab(
    server,
    `create domain code as text check (value ~ '^[A-Z]+$');
    create table "Odd ""table""" ("ba se" numeric not null default 0.00 constraint positive check ("ba se" > 0.00),
      kind code default 'x', lo int default 5, hi int default 3, check (lo < hi), fine int default 1 check (fine > 0),
      loose text default null check (loose <> ''), at date default now() check (at < '2000-01-01'));`,
  )
  expect(await lab.told('adopt.default-refused')).toEqual([
    `"Odd ""table"""/default:"ba se": "Odd ""table""": ba se is 0.00 when it is left out, and CHECK positive refuses that`,
    `"Odd ""table"""/default:kind: "Odd ""table""": kind is 'x'::text when it is left out, and CHECK code_check of public.code refuses that`,
  ])
  expect(await lab.mend('adopt.default-refused')).toEqual([])
  await lab.close()
})
