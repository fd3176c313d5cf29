/** Rows put past indexes on a real server: the indexes are whole afterwards, also where PostgreSQL refuses the rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { columnsAsked } from './load/columns.ts'
import { insertPastIndexes, setIndexesAside } from './load/past-indexes.ts'
import { loadForPlans } from './load/load.ts'

const schema = `
  create table "Odd ""name" (id int primary key, "a b" text not null, c int, d int, unique ("a b"));
  create index "c's" on "Odd ""name" (c) where d > 0;
  create table spoken (id int primary key, word text);
  create index on spoken (lower(word));
  create table whole (id int, at date) partition by range (at);
  create table part partition of whole for values from ('2024-01-01') to ('2025-01-01');
  create index on whole (id);`

describe.each(bothServers)('PostgreSQL $major', ({ whyNot, start }) => {
  const test = it.skipIf(whyNot !== '')
  let server: Server
  let stop: () => Promise<void>
  let owner: Session
  let administrator: Session
  let catalog: Catalog

  beforeAll(async () => {
    if (whyNot !== '') return
    ;({ server, stop } = await start())
    const database = await server.createDatabase('past')
    owner = await server.connect(database, 'owner')
    administrator = await server.connect(database, 'administrator')
    await owner.query(schema)
    catalog = await readCatalog(owner)
  })
  afterAll(async () => {
    await owner?.end()
    await administrator?.end()
    await stop?.()
  })

  const oddId = '"Odd ""name"'
  const odd = () => catalog.tables.get(oddId)!

  const indexes = (): Promise<unknown[]> =>
    owner.json(`
    select c.relname as name, i.indisready as ready, i.indisvalid as valid, greatest(c.reltuples, 0)::int as rows
      from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = ${odd().oid} order by 1`)

  const whole = (rows: number): readonly unknown[] =>
    ['Odd "name_a b_key', 'Odd "name_pkey', `c's`].map((name) => ({ name, ready: true, valid: true, rows }))

  test('leaves the table empty and its indexes whole where two rows share a key', async () => {
    const aside = await setIndexesAside(administrator, [...catalog.tables.values()])
    expect([...aside].map(({ id }) => id).toSorted()).toEqual([oddId, 'spoken'])
    const insert = `insert into "Odd ""name" select n, 'same', n, 1 from generate_series(1, 9) n`
    expect(await insertPastIndexes(owner, odd(), insert)).toBe(false)
    expect(await indexes()).toEqual(whole(0))
    const [left] = await owner.json<{ pages: number }>(`select pg_relation_size(${odd().oid}) as pages`)
    expect(left).toEqual({ pages: 0 })
  })

  test('builds the indexes over the rows', async () => {
    await setIndexesAside(administrator, [odd()])
    const insert = `insert into "Odd ""name" select n, 'n' || n, n, 1 from generate_series(1, 9) n`
    expect(await insertPastIndexes(owner, odd(), insert)).toBe(true)
    expect(await indexes()).toEqual(whole(9))
    const [twice] = await owner.batch([`insert into "Odd ""name" values (10, 'n1', 1, 1)`])
    expect(twice!.fault?.constraint).toBe('Odd "name_a b_key')
  })

  test('keeps the indexes up where the administrator is no superuser', async () => {
    expect((await setIndexesAside(owner, [odd()])).size).toBe(0)
    expect(await indexes()).toEqual(whole(9))
  })

  test('gives statistics to the columns of keys and to those that a statement names', async () => {
    const columns = columnsAsked(catalog, ['select "D" from elsewhere'])
    expect(columns(odd())).toEqual(['id', 'a b', 'c', 'd'])
    expect(columnsAsked(catalog, undefined)(odd())).toBeNull()
    // Expressions and partitions have theirs only with those of all columns.
    expect(columns(catalog.tables.get('spoken')!)).toBeNull()
    expect(columns(catalog.tables.get('whole')!)).toBeNull()
  })

  test('loads the same rows with and without a superuser', async () => {
    const loaded = async (options: object): Promise<unknown> => {
      await owner.query('truncate "Odd ""name", spoken, whole')
      const tables = [oddId, 'spoken', 'whole']
      expect(await loadForPlans([owner], catalog, { tables, rules: [], ...options })).toEqual([])
      return owner.json(`
      select relname as name, relpages as pages, reltuples as rows, (select count(*) from pg_stats s
             where s.tablename in ('Odd "name', 'spoken', 'whole', 'part')) as statistics
        from pg_class where relnamespace = 'public'::regnamespace order by 1`)
    }
    const plain = await loaded({})
    expect(await loaded({ administrator, statements: ['select c, d from x'] })).toEqual(plain)
  })
})
