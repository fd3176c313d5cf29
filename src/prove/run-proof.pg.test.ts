/** Proof functions on a real server: what counts as shown, what as refused, and what as nothing at all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProofDatabase } from '../architecture/kinds/proves.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import { makeRows } from '../rows/make-rows.ts'
import type { Rows } from '../rows/rows.ts'
import { runProof } from './run-proof.ts'

const schema = `
  create role reader nologin;
  create table tenants (id bigint primary key, name text not null);
  create table orders (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenants,
    status text not null default 'open' check (status in ('open', 'paid')),
    total numeric(10, 2) not null check (total >= 0),
    check (status <> 'paid' or total > 0)
  );
  create table items (
    order_id bigint not null references orders deferrable initially deferred,
    position int not null,
    label text not null,
    primary key (order_id, position)
  );
  create table asides (id bigint primary key, note text not null check (note like 'N%'));
  create function keep_paid() returns trigger language plpgsql as $$
  begin
    if old.status = 'paid' then raise exception 'a paid order stays'; end if;
    return old;
  end $$;
  create trigger keep_paid before delete on orders for each row execute function keep_paid();
  grant select on tenants to reader;`

let server: Server
let db: Session
let catalog: Catalog
let rows: Rows

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('proofs')
  const owner = await server.connect(database, 'owner')
  await owner.query(schema)
  await owner.end()
  await server.admitRoles()
  db = await server.connect(database, 'prover')
  catalog = await readCatalog(db)
  await db.query('begin')
  rows = await makeRows(db, catalog)
  for (const table of catalog.tables.values())
    if (table.name !== 'asides') await rows.worldWith(table, ['a', 'b', 'c'])
  await db.query('rollback')
})
afterAll(async () => {
  await db?.end()
  await server?.stop()
})

const run = (proof: (db: ProofDatabase) => Promise<void>, ddl: readonly string[] = []) =>
  runProof({
    db,
    owner: server.owner,
    ddl,
    rows,
    catalog,
    experiment: {
      id: 'orders/proves:x#1',
      rule: 'orders/proves:x',
      title: 'its proof runs to its end',
      world: { id: 'proof', statements: [] },
      given: [],
      when: [],
      then: { kind: 'accepted' },
      proof,
    },
  })

const paidOrderStays = async (proof: ProofDatabase): Promise<void> => {
  const { id } = await proof.insert('orders', { status: `'paid'`, total: '5' })
  await proof.refuses(`delete from orders where id = ${String(id)}`, 'P0001')
}

describe('a proof', () => {
  it('holds when it runs to its end', async () => {
    expect(await run(paidOrderStays)).toEqual({ fault: null, stage: 'when', affected: 0, rows: [] })
  })

  it('does not hold without its structure, and says what was accepted', async () => {
    const observed = await run(paidOrderStays, ['drop trigger keep_paid on orders'])
    expect(observed.fault?.message).toMatch(
      /refused with SQLSTATE P0001, but it was accepted: delete from orders/u,
    )
  })

  it('leaves nothing behind', async () => {
    await run(paidOrderStays, ['drop trigger keep_paid on orders'])
    expect(
      await db.json(
        'select (select count(*) from orders) as orders, (select count(*) from tenants) as tenants',
      ),
    ).toEqual([{ orders: 0, tenants: 0 }])
    expect(await run(paidOrderStays)).toMatchObject({ fault: null })
  })

  it('tells DDL that PostgreSQL refuses from a proof that fails', async () => {
    const observed = await run(paidOrderStays, ['drop trigger nothing on orders'])
    expect(observed).toMatchObject({ stage: 'world', fault: { sqlstate: '42704' } })
  })

  it('is told the kind of every value, from selects, writes and everything else', async () => {
    const seen: unknown[] = []
    await run(async (proof) => {
      seen.push(await proof.query('select 1 as n, true as yes, null as none, array[1, 2] as list;'))
      seen.push(await proof.query(`insert into tenants values (1, 'a') returning id, name`))
      seen.push(await proof.query(`update tenants set name = 'b'`))
      seen.push(
        await proof.query(`with w as (insert into tenants values (2, 'c') returning id) select id from w`),
      )
      seen.push(await proof.query('show transaction_isolation'))
      seen.push(await proof.query('select * from tenants order by id desc'))
    })
    expect(seen).toEqual([
      [{ n: 1, yes: true, none: null, list: [1, 2] }],
      [{ id: 1, name: 'a' }],
      [],
      [{ id: '2' }],
      [{ transaction_isolation: 'read committed' }],
      [
        { id: 2, name: 'c' },
        { id: 1, name: 'b' },
      ],
    ])
  })

  it('may catch a refusal by its SQLSTATE and go on', async () => {
    const observed = await run(async (proof) => {
      const caught = await proof.query('insert into orders (tenant_id, total) values (7, 1)').then(
        () => null,
        (refusal: { sqlstate: string }) => refusal.sqlstate,
      )
      if (caught !== '23503') throw new Error(`caught ${caught}`)
      await proof.query('select 1')
    })
    expect(observed.fault).toBeNull()
  })

  it('that throws before it awaits anything fails with its own message', async () => {
    const observed = await run(() => {
      throw new Error('no orders')
    })
    expect(observed.fault).toMatchObject({ message: 'no orders', sqlstate: 'P0004' })
  })

  it('that asks the database nothing asserts nothing', async () => {
    const observed = await run(async () => undefined)
    expect(observed.fault?.message).toMatch(/asserts nothing/u)
  })

  it('that does not wait for its statements shows nothing, refused or not', async () => {
    const observed = await run(async (proof) => {
      void proof.refuses('select 1', '23505')
      await proof.query('select 1')
    })
    expect(observed.fault?.message).toMatch(/does not wait for 1 of its statements/u)
  })

  it('may run statements side by side', async () => {
    const observed = await run(async (proof) => {
      const [a, b] = await Promise.all([proof.query('select 1 as n'), proof.refuses('select 1/0', '22012')])
      if (a[0]?.['n'] !== 1 || b !== undefined) throw new Error('mixed up')
    })
    expect(observed.fault).toBeNull()
  })

  it('hears at its end what was deferred', async () => {
    const observed = await run(async (proof) => {
      await proof.query(`insert into items values (77, 1, 'x')`)
    })
    expect(observed).toMatchObject({ stage: 'when', fault: { sqlstate: '23503' } })
  })
})

describe('insert', () => {
  it('answers the stored row, and inserts as many different ones as asked for', async () => {
    const observed = await run(async (proof) => {
      const ids = new Set<unknown>()
      for (let n = 0; n < 7; n++) ids.add((await proof.insert('orders'))['id'])
      const [count] = await proof.query<{ n: number }>('select count(*)::int as n from orders')
      if (ids.size !== 7 || count?.n !== 7) throw new Error(`${ids.size} ids, ${String(count?.n)} rows`)
    })
    expect(observed.fault).toBeNull()
  })

  it('shares parents, and makes those that a row of a series needs', async () => {
    const observed = await run(async (proof) => {
      const order = await proof.insert('orders')
      for (let n = 0; n < 5; n++) await proof.insert('items', { order_id: String(order['id']) })
      const [count] = await proof.query<{ n: number }>(`select count(*)::int as n from items`)
      if (count?.n !== 5) throw new Error(`${String(count?.n)} rows`)
    })
    expect(observed.fault).toBeNull()
  })

  it('finds another row where the pinned values do not go with the base row', async () => {
    const observed = await run(async (proof) => {
      const { status } = await proof.insert('orders', { status: `'paid'` })
      const [zero] = await proof.query<{ total: number }>('select total from orders')
      if (status !== 'paid' || !(Number(zero?.total) > 0)) throw new Error(`${String(zero?.total)} is paid`)
      const free = await proof.insert('orders', { total: '0' })
      if (free['status'] !== 'open') throw new Error(`a free order is ${String(free['status'])}`)
    })
    expect(observed.fault).toBeNull()
  })

  it('solves rows of tables that nobody asked for before', async () => {
    const observed = await run(async (proof) => {
      await proof.query(`select 1`)
      const { note } = await proof.insert('asides')
      if (typeof note !== 'string') throw new Error('no note')
    })
    expect(observed.fault).toBeNull()
  })

  it('is refused as PostgreSQL refuses it', async () => {
    const observed = await run(async (proof) => {
      await proof.insert('orders', { total: '-1' })
    })
    expect(observed.fault).toMatchObject({ sqlstate: '23514' })
  })

  it('works for a proof that speaks as another role, and lets it stay that role', async () => {
    const observed = await run(async (proof) => {
      await proof.query('set local role reader')
      await proof.refuses(`insert into tenants values (1, 'a')`, '42501')
      const [who] = await proof.query<{ who: string }>('select current_user as who')
      if (who?.who !== 'reader') throw new Error(`is ${String(who?.who)}`)
    })
    expect(observed.fault).toBeNull()
  })

  it('names the tables when there is none of the name', async () => {
    const observed = await run(async (proof) => {
      await proof.insert('order')
    })
    expect(observed.fault?.message).toBe(
      'there is no table "order"; tables are asides, items, orders, tenants',
    )
  })
})
