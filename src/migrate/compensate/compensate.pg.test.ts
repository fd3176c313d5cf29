/** Migrations that take others back: written, run behind them over rows, and refused where they would lose something. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { AssayError } from '../../ground/errors.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { migrationOfText } from '../files/read-migrations.ts'
import { stagesOf } from '../files/steps.ts'
import { withProver } from '../test/database-state.ts'
import { runStages } from '../test/run-stages.ts'
import { compensate, type Compensation } from './compensate.ts'
import { testPair } from './test-pair.ts'

let server: Server
let ground: string

const shop = `
create table products (
  id bigint generated always as identity primary key,
  sku text not null unique, price numeric(10,2) not null check (price >= 0), note text default 'none');
create table orders (id bigint primary key, product_id bigint references products, at timestamptz not null);
create schema "the ""shop""";
create table "the ""shop"""."Pro.ducts 'é'" ("a ""b"" c; --" text not null, "größe" numeric(6,2) not null default 1);`

beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  ground = await server.createDatabase('ground')
  const owner = await server.connect(ground, 'owner')
  await owner.query(shop)
  await owner.end()
  await server.admitRoles()
})
afterAll(() => server.stop())

const migration = (name: string, text: string) => migrationOfText(name, `/m/${name}/up.sql`, text)

const catalogOf = (database: string) => withProver(server, database, (db) => readCatalog(db))

const run = async (database: string, text: string): Promise<void> => {
  const refusal = await runStages(() => server.connect(database, 'owner'), stagesOf(migration('x', text).up))
  expect(refusal?.fault.message ?? null).toBe(null)
}

/** Takes the first back behind the others. */
const takeBack = async (
  up: string,
  {
    behind = [],
    loses = [],
  }: { readonly behind?: readonly string[]; readonly loses?: readonly string[] } = {},
): Promise<Compensation> => {
  const after = await server.clone(ground, 'after')
  await run(after, up)
  const now = behind.length === 0 ? after : await server.clone(after, 'now')
  try {
    for (const text of behind) await run(now, text)
    return await compensate({
      server,
      first: migration('0002_first', up),
      between: behind.map((text, i) => migration(`000${i + 3}_behind`, text)),
      databases: { before: ground, after },
      catalogs: { before: await catalogOf(ground), after: await catalogOf(after), now: await catalogOf(now) },
      name: '0009_back',
      file: '/m/0009_back/up.sql',
      loses,
    })
  } finally {
    await server.dropDatabase(after)
    if (now !== after) await server.dropDatabase(now)
  }
}

const sqlOf = ({ text }: Compensation): readonly string[] =>
  text.split('\n').filter((line) => !/^(?:--|set |begin|commit|$)/u.test(line))

const errorOf = async (work: Promise<unknown>): Promise<string> => {
  const cause = await work.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(cause instanceof AssayError)) throw cause
  return cause.code
}

describe('a migration that takes another back', () => {
  it('undoes what was added, online, and says what goes with it', async () => {
    const back = await takeBack(
      `alter table products add column weight integer, add constraint light check (weight < 100);
       create index by_price on products (price);
       alter table orders drop constraint orders_product_id_fkey;`,
    )
    expect(back.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(back.text).toMatch(/^-- Takes back 0002_first\.\n/u)
    expect(back.text).toContain('-- assay: compensates 0002_first\n')
    expect(back.text).toContain('-- assay: transaction none\n')
    expect(back.directives.loses.map(({ what }) => what)).toEqual(['products/column:weight'])
    expect(sqlOf(back).join('\n')).toMatch(/not valid;[^]*validate constraint[^]*drop column/u)
  })

  it('gives tables and columns their names again, whatever they are, so that rows stay', async () => {
    const back = await takeBack(
      `alter table products rename column note to remark;
       alter table products rename to goods;
       alter table "the ""shop"""."Pro.ducts 'é'" rename column "a ""b"" c; --" to "größe 2";
       alter table "the ""shop"""."Pro.ducts 'é'" rename column "größe" to "a ""b"" c; --";
       alter table "the ""shop"""."Pro.ducts 'é'" set schema public;
       alter table goods alter column remark set default 'nothing';`,
    )
    expect(back.findings).toEqual([])
    expect(back.directives.loses).toEqual([])
    expect(sqlOf(back)).toEqual([
      'alter table "public"."goods" rename to "products";',
      `alter table "public"."Pro.ducts 'é'" set schema "the ""shop""";`,
      'alter table "public"."products" rename column "remark" to "note";',
      `alter table "the ""shop"""."Pro.ducts 'é'" rename column "a ""b"" c; --" to "größe";`,
      `alter table "the ""shop"""."Pro.ducts 'é'" rename column "größe 2" to "a ""b"" c; --";`,
      `alter table "public"."products" alter column "note" set default 'none'::text;`,
    ])
  })

  it('is refused where values are gone, and taken once that is said', async () => {
    const up = 'alter table products drop column note, alter column price type integer'
    const refused = await takeBack(up)
    expect(refused.findings.map(({ code, structure }) => [code, structure])).toEqual([
      ['migrate.rows-changed', 'products/column:note'],
      ['migrate.rows-changed', 'products/column:price'],
      ['migrate.down-needs-old-rows', undefined],
    ])
    expect(refused.findings[0]!.fix).toContain('-- assay: loses products.note because …')
    const stated = await takeBack(`-- assay: loses products.note because nobody reads it\n${up}`, {
      loses: ['products.price'],
    })
    expect(stated.findings.map(({ code }) => code)).toEqual(['migrate.down-needs-old-rows'])
    expect(stated.findings[0]!.summary).toMatch(/^0009_back: once there is .*, it is refused: /u)
    expect(stated.text).toContain('-- assay: loses products.price because 0002_first did not keep it\n')
  })

  it('leaves what stands behind it, and is not made where that was changed again', async () => {
    const up = 'alter table products add column weight integer'
    const back = await takeBack(up, { behind: ['alter table products add column size integer'] })
    expect(back.findings).toEqual([])
    expect(sqlOf(back)).toEqual(['alter table "public"."products" drop column "weight";'])
    const again = takeBack(up, { behind: ['alter table products alter column weight type bigint'] })
    expect(await errorOf(again)).toBe('compensate.changed-since')
    const needed = await takeBack(up, { behind: ['create view light as select weight from products'] })
    expect(needed.findings.map(({ code }) => code)).toEqual(['migrate.up-fails'])
  })

  it('is not made of rows alone', async () => {
    expect(await errorOf(takeBack("update products set note = ''"))).toBe('compensate.rows-only')
  })
})

describe('a pair of migrations that people wrote', () => {
  const pair = async (up: string, back: string) => {
    const after = await server.clone(ground, 'after')
    try {
      await run(after, up)
      return await testPair({
        server,
        first: migration('0002_first', up),
        between: [],
        last: migration('0003_back', back),
        before: ground,
        catalogs: { before: await catalogOf(ground), after: await catalogOf(after) },
      })
    } finally {
      await server.dropDatabase(after)
    }
  }
  const split = `alter table products add column sku_a text, add column sku_b text;
    update products set sku_a = left(sku, 2), sku_b = substr(sku, 3);
    alter table products drop column sku;`

  it('passes when rows and structures are as before', async () => {
    const whole = `-- assay: loses products.sku_a because sku has it\n-- assay: loses products.sku_b because sku has it
      alter table products add column sku text;
      update products set sku = coalesce(sku_a, '') || coalesce(sku_b, '');
      alter table products alter column sku set not null, add unique (sku), drop column sku_a, drop column sku_b;`
    const findings = await pair(split, whole)
    expect(findings.map(({ code }) => code)).toEqual([])
  })

  it('is told what differs', async () => {
    const less = await pair(
      split,
      `alter table products add column sku text default gen_random_uuid()::text not null unique;
       alter table products alter column sku drop default, drop column sku_a;`,
    )
    expect(less.map(({ code, structure }) => [code, structure])).toEqual([
      ['migrate.compensation-differs', 'products/column:sku_b'],
      ['migrate.rows-changed', 'products/column:sku'],
    ])
  })
})
