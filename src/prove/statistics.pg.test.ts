/** Extended statistics through the engine: rules that claim them, RED without them, and a query whose estimates need them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, sql, table } from '../index.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { ProveResult, RuleResult } from './result.ts'

const migration = `
  create table "Odd ""places""" (
    id bigint primary key, "Große Stadt" text not null, zip varchar(10) not null, at timestamptz not null, open boolean not null
  );
  create index places_idx on "Odd ""places""" ("Große Stadt");
  create statistics "odd ""stats""" on zip, "Große Stadt" from "Odd ""places""";
  create statistics "told by" (dependencies) on at, "Große Stadt" from "Odd ""places""";
  create statistics by_day (ndistinct) on at, zip from "Odd ""places""";`

const places = table(
  { schema: 'public', name: 'Odd "places"' },
  { id: 'bigint', 'Große Stadt': 'text', zip: 'varchar(10)', at: 'timestamptz', open: 'boolean' },
  (t) => [
    t.primaryKey('id'),
    t.required('Große Stadt', 'zip', 'at', 'open'),
    t.indexed('Große Stadt'),
    t.statistics('Große Stadt', 'zip'),
    t.statistics('zip', 'at', { keeps: ['ndistinct'] }),
    t.statistics('at', 'Große Stadt', { keeps: ['dependencies'] }),
    t.statistics('Große Stadt', 'open'),
    t.statistics('id', 'open'),
  ],
)
const all = architecture('places', { tables: { places } })
all.query(
  'places of a town',
  ['Odd "places"'],
  sql(
    `select id from "Odd ""places""" where "Große Stadt" = :town and zip = :zip`,
    { town: 'text', zip: 'text' },
    { id: 'bigint' },
  ),
  { budget: { estimate: 3 } },
)

let server: Server
let result: ProveResult

beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('places')
  const owner = await server.connect(template, 'owner')
  await owner.query(migration)
  await owner.end()
  result = await prove({
    architecture: all,
    server,
    template,
    steps: ['red', 'green', 'mutate'],
    only: [],
    startSeconds: 0,
  })
})
afterAll(() => server?.stop())

const ruleOf = (end: string): RuleResult => result.rules.find(({ id }) => id.endsWith(end))!

describe('t.statistics', () => {
  it('is green with its statistics, in any order of columns, and red without them', () => {
    const [both, days] = [ruleOf('statistics:"Große Stadt",zip'), ruleOf('statistics:zip,at,ndistinct')]
    const tells = ruleOf('statistics:at,"Große Stadt",dependencies')
    for (const { green, red } of [both, days, tells]) expect([green, red?.proven]).toEqual([true, true])
    expect(tells.red!.why).toContain('as many rows are expected')
    expect(both.claims).toEqual(['"Odd ""places"""/statistics:"odd ""stats"""'])
    expect(both.red!.why).toContain('misjudged')
    expect(days.experiments.map(({ experiment }) => experiment.title)).toEqual([
      'as many groups are expected as there are by zip and at',
    ])
  })

  it('is red where the database has none, and says the DDL', () => {
    const open = ruleOf('statistics:"Große Stadt",open')
    expect(open.experiments.map(({ holds }) => holds)).toEqual([false, false])
    expect(open.design).toEqual([
      `create statistics "public"."Odd ""places""_Große_Stadt_open_stats" on "Große Stadt", "open" from "public"."Odd ""places""";`,
    ])
  })

  it('says so when no rows can show it', () => {
    expect(ruleOf('statistics:id,open').unsolved.map(({ summary }) => summary)).toEqual([
      'in the rows that can be made of Odd "places" the values of id and open do not go together',
    ])
  })

  it('is needed by a query whose budget is about estimates', () => {
    const query = ruleOf('places of a town')
    expect(query.claims).toContain('"Odd ""places"""/statistics:"odd ""stats"""')
    expect([query.green, query.red?.proven]).toEqual([true, true])
  })

  it('refuses one column, and what PostgreSQL does not keep', () => {
    const bad = () =>
      architecture('bad', {
        tables: {
          one: table('one', { a: 'bigint', b: 'bigint' }, (t) => [
            t.statistics('a'),
            t.statistics('a', 'b', { keeps: ['mvc' as 'mcv'] }),
          ]),
        },
      })
    expect(bad).toThrow(/names a\.[^]*does not know "mvc"/u)
  })
})
