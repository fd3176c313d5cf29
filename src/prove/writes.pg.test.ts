/**
 * Declared writes and functions through the whole engine on a real server: counted on filled tables, by many writers at
 * once, and with their structures taken away. Names are odd, tables are bound by policies.
 */
import { sql as template, type Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openQueryLab, type QueryLab } from '../../test/support/query-lab.ts'
import { architecture, sql, table, type Rows } from '../index.ts'
import type { ProveResult, RuleResult } from './result.ts'

const migration = `
  create table tenants (id bigint primary key);
  create table products (tenant_id bigint not null references tenants, id bigint not null, primary key (tenant_id, id));
  create table stock (
    tenant_id bigint not null, product_id bigint not null, quantity integer not null check (quantity >= 0),
    primary key (tenant_id, product_id), foreign key (tenant_id, product_id) references products
  );
  create table "Odd ""log""" (
    tenant_id bigint not null, product_id bigint not null, "the Größe" integer not null,
    foreign key (tenant_id, product_id) references products on delete cascade
  );
  create index "odd index" on "Odd ""log""" (tenant_id, product_id);
  create table shelves (id bigint primary key, code bigint not null, note bigint not null, unique (code, id));
  create index shelves_code on shelves (code);
  create table moves (tenant_id bigint not null, id bigint generated always as identity primary key, note text not null);
  create table counted (tenant_id bigint primary key, moves bigint not null);
  create function count_moves() returns trigger language plpgsql as $$ begin
    insert into counted values (new.tenant_id, 1)
      on conflict (tenant_id) do update set moves = counted.moves + 1;
    return new;
  end $$;
  create trigger count_moves after insert on moves for each row execute function count_moves();
  alter table stock enable row level security;
  create policy own on stock using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);
  create role writer nologin;
  grant select, insert, update, delete on all tables in schema public to writer;`

const tenants = table('tenants', { id: 'bigint' }, (t) => [t.primaryKey('id')])
const products = table('products', { tenant_id: 'bigint', id: 'bigint' }, (t) => [
  t.primaryKey('tenant_id', 'id'),
  t.references('tenant_id', 'tenants'),
])
const stock = table('stock', { tenant_id: 'bigint', product_id: 'bigint', quantity: 'integer' }, (t) => [
  t.primaryKey('tenant_id', 'product_id'),
  t.required('quantity'),
  t.references(['tenant_id', 'product_id'], 'products'),
  t.isolatedBy('tenant_id'),
])
const odd = table(
  { schema: 'public', name: 'Odd "log"' },
  { tenant_id: 'bigint', product_id: 'bigint', 'the Größe': 'integer' },
  (t) => [
    t.required('tenant_id', 'product_id', 'the Größe'),
    t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'cascade' }),
  ],
)
const shelves = table('shelves', { id: 'bigint', code: 'bigint', note: 'bigint' }, (t) => [
  t.primaryKey('id'),
  t.required('code', 'note'),
  t.unique('code', 'id'),
  t.indexed('code'),
])
const moves = table('moves', { tenant_id: 'bigint', id: 'bigint', note: 'text' }, (t) => [
  t.identity('id'),
  t.primaryKey('id'),
  t.required('tenant_id', 'note'),
])

const shop = architecture('shop', {
  tables: { tenants, products, stock, odd, shelves, moves },
  identity: { role: 'writer', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
})

shop.write(
  'stock is counted',
  ['stock'],
  sql(
    `insert into stock (tenant_id, product_id, quantity)
     select :tenant, v.product, v.quantity from unnest(:products::bigint[], :quantities::integer[]) as v(product, quantity)
      order by v.product
     on conflict (tenant_id, product_id) do update set quantity = excluded.quantity`,
    { tenant: 'bigint', products: 'bigint[]', quantities: 'integer[]' },
  ),
  {
    rows: 200,
    concurrency: 6,
    budget: {
      statements: 1,
      rowsWrittenPerRow: 1,
      indexEntriesPerRow: 1,
      walPerRow: 1_000,
      triggerCallsPerRow: 0,
    },
  },
)
shop.write(
  'products are dropped',
  ['products', 'Odd "log"'],
  sql('delete from products where tenant_id = :tenant and id = any(:ids)', {
    tenant: 'bigint',
    ids: 'bigint[]',
  }),
  { rows: 20, asOwner: true, budget: { rowsReadPerRow: 200 } },
)
shop.write(
  'a piece is added',
  ['stock'],
  (db, p: { product: string }) =>
    db
      .updateTable('stock')
      .set({ quantity: template`quantity + 1` })
      .where('product_id', '=', p.product),
  { concurrency: 6, budget: { buffersPerRow: 20, rowsReadPerRow: 2 } },
)
shop.write(
  'shelves are noted',
  ['shelves'],
  sql('update shelves set note = 1 where code = :code', { code: 'bigint' }),
  { budget: { rowsReadPerRow: 50 } },
)
shop.write(
  'moves are noted',
  ['moves'],
  sql('insert into moves (tenant_id, note) select :tenant, note from unnest(:notes::text[]) as note', {
    tenant: 'bigint',
    notes: 'text[]',
  }),
  { rows: 30, budget: { triggerCallsPerRow: 0.5, rowsWrittenPerRow: 1 } },
)

/** Reads the number, and writes the next one. */
const addByReading =
  (locks: boolean) =>
  async (db: Kysely<Rows<typeof shop, 'stock'>>, p: { product: string }): Promise<void> => {
    const found = await db
      .selectFrom('stock')
      .select('quantity')
      .where('product_id', '=', p.product)
      .$if(locks, (query) => query.forUpdate())
      .executeTakeFirstOrThrow()
    await db
      .updateTable('stock')
      .set({ quantity: found.quantity + 1 })
      .where('product_id', '=', p.product)
      .execute()
  }
shop.write('a piece is lost', ['stock'], addByReading(false), { concurrency: 6, budget: { statements: 1 } })
shop.write('a piece is kept', ['stock'], addByReading(true), { concurrency: 6, budget: { statements: 2 } })
shop.write('a piece is begun again', ['stock'], addByReading(false), {
  concurrency: 6,
  isolation: 'repeatable read',
  retries: 20,
})
shop.write(
  'stock is counted in any order',
  ['stock'],
  sql(
    `update stock set quantity = v.quantity from unnest(:products::bigint[], :quantities::integer[]) as v(product, quantity)
      where product_id = v.product`,
    { products: 'bigint[]', quantities: 'integer[]' },
  ),
  { rows: 3, concurrency: 4 },
)
shop.write(
  'nobody knows',
  ['stock'],
  sql('update stock set quantity = 1 where product_id + :n = 7', { n: 'bigint' }),
)
shop.write('less by what it looks at', ['stock'], async (db, p: { product: string; less: number }) => {
  const found = await db.selectFrom('stock').select('quantity').where('product_id', '=', p.product).execute()
  const quantity = Number(found[0]?.quantity ?? 0) - p.less
  return db.updateTable('stock').set({ quantity }).where('product_id', '=', p.product).execute()
})
shop.write(
  'of what is not there',
  ['stock'],
  sql('update stock set quantity = :n where product_id = :product', { n: 'integer', product: 'bigint' }),
  { concurrency: 2, with: [{ n: 1, product: '-5' }] },
)
shop.write('it throws', ['stock'], async (db, p: { product: string }) => {
  await db.selectFrom('stock').select('quantity').where('product_id', '=', p.product).execute()
  throw new Error('there is no stock')
})

shop.query('products with their stock', ['products', 'stock'], async (db, p: { tenant: string }) => {
  const found = await db
    .selectFrom('products')
    .select('id')
    .where('tenant_id', '=', p.tenant)
    .limit(20)
    .execute()
  for (const { id } of found)
    await db.selectFrom('stock').select('quantity').where('product_id', '=', id).execute()
})
shop.query(
  'products with their stock at once',
  ['products', 'stock'],
  async (db, p: { tenant: string }) => {
    const found = await db
      .selectFrom('products')
      .select('id')
      .where('tenant_id', '=', p.tenant)
      .limit(20)
      .execute()
    const ids = found.map(({ id }) => id)
    return db.selectFrom('stock').select('quantity').where('product_id', 'in', ids).execute()
  },
  { budget: { statements: 2 } },
)

shop.query(
  'stock of named products',
  ['stock'],
  async (db, p: { ids: readonly string[] }) =>
    db.selectFrom('stock').select('quantity').where('product_id', 'in', p.ids).execute(),
  { with: [{ ids: ['1', '2'] }] },
)
shop.query('stock of some products', ['stock'], async (db, p: { ids: readonly string[] }) =>
  db.selectFrom('stock').select('quantity').where('product_id', 'in', p.ids).execute(),
)

let lab: QueryLab
let result: ProveResult

beforeAll(async () => {
  lab = await openQueryLab(migration, shop)
  result = await lab.prove(['red', 'green', 'mutate'], ['writes', 'queries'])
})
afterAll(() => lab?.close())

const ruleOf = (id: string): RuleResult => result.rules.find((rule) => rule.id === id)!
const failing = (rule: RuleResult) =>
  rule.experiments.filter((e) => !e.holds).map((e) => [e.experiment.title, e.difference])
const mutantsOf = (id: string) => result.structures.find((s) => s.id === id)!.mutants

describe('a write within its budget', () => {
  it.each([
    'stock is counted',
    'products are dropped',
    'a piece is added',
    'a piece is kept',
    'a piece is begun again',
  ])('is green, alone and by many at once: %s', (sentence) => {
    const rule = ruleOf(`writes/${sentence}`)
    expect([rule.unsolved, failing(rule), rule.green]).toEqual([[], [], true])
  })

  it('says what it stands for, and is shown by new rows and by rows that stand', () => {
    const rule = ruleOf('writes/stock is counted')
    expect(rule.sentence).toMatchInlineSnapshot(
      `""stock is counted": one call with 200 rows: at most 1 statement, at most 1 row written for each row, at most 1 index entry for each row, at most 1,000 bytes of the write-ahead log for each row, no triggers called, no table read whole; 6 writers at once come to what they come to in turn"`,
    )
    expect(rule.experiments.map((e) => e.experiment.title)).toMatchInlineSnapshot(`
      [
        "one call with 200 rows, all of them new, it stays within the budget",
        "one call with 200 rows, all of them there already, it stays within the budget",
        "6 writers at once with the same values come to what they come to in turn",
        "6 writers at once with values of their own come to what they come to in turn",
        "6 writers at once with the same rows in opposite orders come to what they come to in turn",
        "whoever calls it sees rows",
      ]
    `)
  })

  it('is red without the key by which it knows what stands, and without the index behind what it deletes', () => {
    expect(ruleOf('writes/stock is counted').red).toMatchInlineSnapshot(`
      {
        "experiment": "writes/stock is counted#1",
        "proven": true,
        "why": "without its structures: one call with 200 rows, all of them new, it stays within the budget → refused with 42P10: there is no unique or exclusion constraint matching the ON CONFLICT specification",
      }
    `)
    expect(ruleOf('writes/products are dropped').red).toMatchInlineSnapshot(`
      {
        "experiment": "writes/products are dropped#1",
        "proven": true,
        "why": "when the index is gone: one call with 20 rows, it stays within the budget → it reads more than 200 rows for each row",
      }
    `)
    expect(ruleOf('writes/a piece is added').red?.why).toMatchInlineSnapshot(
      `"without its structures: one call, it stays within the budget → it reads more than 2 rows for each row"`,
    )
  })

  it('is red without what serves it as well, which is named', () => {
    const rule = ruleOf('writes/shelves are noted')
    expect([failing(rule), rule.red?.proven]).toEqual([[], true])
    expect(rule.red?.why).toMatch(
      /^without its structures and shelves\/unique:code,id, which serve the same: one call, it stays within the budget → it reads /u,
    )
  })

  it('notices that the index behind a foreign key is gone', () => {
    const [removed] = mutantsOf('"Odd ""log"""/index:tenant_id,product_id')
    expect(removed).toMatchObject({
      effect: 'removed',
      verdict: 'killed',
      why: 'writes/products are dropped#1',
    })
  })
})

describe('a write beyond its budget', () => {
  it('is told of what its triggers do', () => {
    expect(failing(ruleOf('writes/moves are noted'))).toMatchInlineSnapshot(`
      [
        [
          "one call with 30 rows, it stays within the budget",
          "it writes 2 rows for each row, the budget is 1; it calls triggers 1 times for each row, the budget is 0.5",
        ],
      ]
    `)
  })

  it('that loses what another has written is told so, every time', () => {
    const rule = ruleOf('writes/a piece is lost')
    const [budget, lost, ...others] = failing(rule)
    expect(others).toEqual([])
    expect(budget).toEqual(['one call, it stays within the budget', 'it sends 2 statements, the budget is 1'])
    expect(lost![0]).toBe('6 writers at once with the same values come to what they come to in turn')
    const sums = /"sum of quantity":"(\d+)"\}; in turn to .*"sum of quantity":"(\d+)"/u.exec(lost![1]!)
    expect(Number(sums![2]) - Number(sums![1])).toBe(5)
  })

  it('that goes through the same rows in any order is told of its deadlock', () => {
    const [found, ...others] = failing(ruleOf('writes/stock is counted in any order'))
    expect(others).toEqual([])
    expect(found![0]).toBe(
      '4 writers at once with the same rows in opposite orders come to what they come to in turn',
    )
    expect(found![1]).toMatch(/refused with 40P01; in turn 4 accepted$/u)
  })

  it('whose named call finds no row proves nothing, and is told to name one that does', () => {
    expect(failing(ruleOf('writes/of what is not there'))).toEqual([
      [
        expect.stringContaining('one call') as string,
        'it writes no row: name calls that find some, with { with: [{ … }] }',
      ],
    ])
  })

  it('whose parameter has no value is unsolved, and what a function throws is told', () => {
    expect(ruleOf('writes/nobody knows').unsolved.map((u) => u.summary)).toEqual([
      'no value is known for its parameter "n"; name calls with { with: [{ n: … }] }',
    ])
    expect(ruleOf('writes/less by what it looks at').unsolved.map((u) => u.summary)).toEqual([
      'no value is known for its parameter "less"; name calls with { with: [{ less: … }] }',
    ])
    expect(failing(ruleOf('writes/it throws'))).toEqual([
      [
        'one call, it stays within the budget',
        'expected it to be accepted, but it was refused with P0004: there is no stock',
      ],
    ])
  })
})

describe('a query of several statements', () => {
  it('that sends one for each row of another is told, with what to do', () => {
    const rule = ruleOf('queries/products with their stock')
    expect(failing(rule)).toMatchInlineSnapshot(`
      [
        [
          "no statement is sent once for each row of another",
          "it sends "select "quantity" from "stock" where "product_id" = $1" 20 times, once for each row of "select "id" from "products" where "tenant_id" = $1 limit $2"",
        ],
      ]
    `)
    const found = result.findings.filter((f) => f.rule === rule.id).map(({ code, fix }) => ({ code, fix }))
    expect(found).toMatchInlineSnapshot(`
      [
        {
          "code": "query.n-plus-one",
          "fix": "Ask once for all rows: where(…, 'in', ids), a join, or the rows of the other table as one JSON column (jsonArrayFrom of kysely/helpers/postgres).",
        },
      ]
    `)
  })

  it('that asks once is green', () => {
    const rule = ruleOf('queries/products with their stock at once')
    expect([rule.unsolved, failing(rule), rule.green, rule.red?.proven]).toEqual([[], [], true, true])
    expect(rule.sentence).toMatchInlineSnapshot(
      `""products with their stock at once": at most 2 statements, no table read whole, nothing on disk"`,
    )
  })

  it('that looks at a parameter takes calls that are named', () => {
    const named = ruleOf('queries/stock of named products')
    expect([named.unsolved, failing(named)]).toEqual([[], []])
    expect(named.experiments[0]!.experiment.title).toBe(
      'one call stays within the budget, as {"ids":["1","2"]}',
    )
    const { unsolved, green } = ruleOf('queries/stock of some products')
    expect(green).toBe(false)
    expect(unsolved.map((u) => u.summary)).toEqual([
      'no value is known for its parameter "ids"; name calls with { with: [{ ids: … }] }',
    ])
  })
})
