import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { difference, isSame } from './difference.ts'
import { catalogFingerprint, fingerprint } from './fingerprint.ts'
import { readCatalog } from './read-catalog.ts'
import type { Catalog } from './structure.ts'

const types = [
  `create type order_status as enum ('pending', 'paid')`,
  `create domain positive as integer check (value > 0)`,
]
const functions = [
  `create function tenant() returns bigint language sql stable as $$ select 1::bigint $$`,
  `create function touch() returns trigger language plpgsql as $$ begin return new; end $$`,
]
const tables = [
  `create table products (id bigint primary key, tenant_id bigint, status order_status default 'pending', price positive)`,
  `create table notes (id bigint primary key, text varchar(10) not null check (text <> ''), unique (text))`,
]
const parts = [
  `alter table products enable row level security`,
  `create policy tenant on products using (tenant_id = tenant())`,
  `create trigger touch before update on products for each row execute function touch()`,
  `create trigger touch before update on notes for each row execute function touch()`,
  `create index on products (tenant_id, status)`,
  `alter table products add constraint cheap check (price < 100)`,
  `create view cheap as select id from products where price < 10`,
  `comment on table notes is 'written'`,
]

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(async () => {
  await server?.stop()
})

const catalogOf = async (label: string, statements: readonly string[]): Promise<Catalog> => {
  const name = await server.createDatabase(label)
  const db = await server.connect(name, 'owner')
  for (const statement of statements) await db.query(statement)
  const catalog = await readCatalog(db)
  await db.end()
  return catalog
}

const fingerprintsOf = (catalog: Catalog): Record<string, string> =>
  Object.fromEntries(
    [...catalog.structures.values()]
      .map((s): [string, string] => [s.id, fingerprint(s, catalog)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Ids whose fingerprint is another, or that are only in one. */
const differing = (a: Catalog, b: Catalog): string[] => {
  const [x, y] = [fingerprintsOf(a), fingerprintsOf(b)]
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((id) => x[id] !== y[id]).toSorted()
}

const all = [...types, ...functions, ...tables, ...parts]

describe('a fingerprint', () => {
  it('is the same in another database, after another order of making, with other oids', async () => {
    const a = await catalogOf('one', all)
    const b = await catalogOf('another_name', [
      'create table gone (id int); drop table gone',
      ...types.toReversed(),
      ...functions.toReversed(),
      ...tables.toReversed(),
      ...parts.toReversed(),
    ])
    expect(Object.keys(fingerprintsOf(a)).length).toBeGreaterThan(8)
    expect(differing(a, b)).toEqual([])
    expect(catalogFingerprint(a)).toBe(catalogFingerprint(b))
    expect(isSame(difference(a, b))).toBe(true)
    for (const value of Object.values(fingerprintsOf(a))) expect(value).toMatch(/^[0-9a-f]{16}$/u)
  })

  it('changes with what the structure depends on, and with nothing else', async () => {
    const a = await catalogOf('before', all)
    const b = await catalogOf('after', [
      ...all,
      `create or replace function tenant() returns bigint language sql stable as $$ select 2::bigint $$`,
    ])
    expect(differing(a, b)).toEqual(['function:tenant()', 'products/policy:tenant'])
    expect(difference(a, b)).toEqual({
      made: [],
      changed: [expect.objectContaining({ id: 'function:tenant()' })],
      gone: [],
    })
    expect(catalogFingerprint(a)).not.toBe(catalogFingerprint(b))
  })

  it('does not change when something unrelated is made, and the difference tells what was', async () => {
    const a = await catalogOf('without', all)
    const b = await catalogOf('with', [
      ...all,
      'create table unrelated (id bigint primary key)',
      `create function other() returns int language sql as 'select 1'`,
      'drop policy tenant on products',
    ])
    const changed = differing(a, b).filter((id) => a.structures.has(id) && b.structures.has(id))
    expect(changed).toEqual([])
    const { made, gone } = difference(a, b)
    expect(made.map((s) => s.id)).toContain('function:other()')
    expect(gone).toEqual([{ id: 'products/policy:tenant', definition: expect.stringContaining('USING') }])
  })

  it('of what stands on a type changes with the type', async () => {
    const a = await catalogOf('labels', all)
    const b = await catalogOf('more_labels', [...all, `alter type order_status add value 'sent'`])
    const changed = differing(a, b)
    expect(changed).toContain('type/enum:order_status')
    expect(changed).not.toContain('notes/trigger:touch')
    expect(changed).not.toContain('products/policy:tenant')
  })
})
