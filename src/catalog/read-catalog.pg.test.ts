import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { richSchema, richSchemaExtensions } from '../../test/support/rich-schema.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { readCatalog } from './read-catalog.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})
afterAll(async () => {
  await server?.stop()
})

describe('reading', () => {
  it('puts back the settings of the session', async () => {
    const database = await server.createDatabase('rich')
    const administrator = await server.connect(database, 'administrator')
    for (const extension of richSchemaExtensions) await administrator.query(`create extension ${extension}`)
    await administrator.end()
    const db = await server.connect(database, 'owner')
    await db.query(richSchema(server.major))
    const plain = await readCatalog(db)
    await db.query(`set search_path = sales, public; set datestyle = 'German'; set timezone = 'Asia/Tokyo'`)
    const again = await readCatalog(db)
    const settings = await db.json(
      `select current_setting('search_path') as path, current_setting('datestyle') as style, current_setting('timezone') as zone`,
    )
    expect(settings).toEqual([{ path: 'sales, public', style: 'German, DMY', zone: 'Asia/Tokyo' }])
    expect([...again.structures.values()]).toEqual([...plain.structures.values()])
    await db.end()
  })

  it('finds the same in another database, whatever was made and dropped there before', async () => {
    const [first, second] = [await server.createDatabase('first'), await server.createDatabase('second')]
    const tables = [
      'create table b (id int primary key, x text)',
      'create table a (id int references b, y int check (y > 0))',
    ]
    const read = async (database: string, statements: readonly string[]) => {
      const db = await server.connect(database, 'owner')
      await db.query(statements.join(';'))
      const { structures } = await readCatalog(db)
      await db.end()
      return [...structures.values()]
    }
    const noise = ['create table zz (i int)', 'create index on zz (i)', 'drop table zz']
    expect(await read(second, [...noise, ...tables])).toEqual(await read(first, tables))
  })

  it('leaves an index its id where another one is added that carries more columns along', async () => {
    const db = await server.connect(await server.createDatabase('covered'), 'owner')
    await db.query(`create table t (a int, b int, c int); create index "m id" on t (a, b);
      create index a_covering on t (a, b) include (c); create index z on t (a, b)`)
    const { structures } = await readCatalog(db)
    await db.end()
    const indexes = [...structures.values()].filter(({ kind }) => kind === 'index')
    expect(new Map(indexes.map(({ id, name }) => [name, id]))).toEqual(
      new Map([
        ['m id', 't/index:a,b'],
        ['a_covering', 't/index:a,b#a_covering'],
        ['z', 't/index:a,b#z'],
      ]),
    )
  })

  it('takes as many queries for 500 tables as for one', { timeout: 300_000 }, async () => {
    const database = await server.createDatabase('many')
    const owner = await server.connect(database, 'owner')
    const queriesOf = async (): Promise<number> => {
      let queries = 0
      const counting: Session = {
        ...owner,
        json: (select) => {
          queries += 1
          return owner.json(select)
        },
      }
      await readCatalog(counting)
      return queries
    }
    await owner.query(`create table first (id int primary key)`)
    const few = await queriesOf()
    const tables = Array.from(
      { length: 500 },
      (_, i) => `create table t${i} (id bigint generated always as identity primary key,
        a text not null default 'x', b numeric(10,2) check (b > ${i}), c int references first, unique (a, b));
        create index on t${i} (c) where b is not null`,
    )
    await owner.query(tables.join(';\n'))
    expect(await queriesOf()).toBe(few)
    expect(few).toBeLessThan(80)
    const many = await readCatalog(owner)
    expect(many.tables.size).toBe(501)
    expect(many.of('t499', 'check').map((s) => s.definition)).toEqual(['CHECK ((b > (499)::numeric))'])
    await owner.end()
  })
})
