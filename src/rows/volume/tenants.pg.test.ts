/** Tables of few tenants with keys such as (tenant, id): many rows of one tenant, and keys that name the tenant alone. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { openVolumeLab, type VolumeLab } from '../../../test/support/volume-lab.ts'
import { fillDatabase } from './fill-database.ts'

const schema = `
  create table tenants (id bigint generated always as identity primary key, name text not null);
  create table users (tenant bigint not null references tenants, id bigint generated always as identity, name text not null, primary key (tenant, id));
  create table orders (tenant bigint not null references tenants, id bigint generated always as identity, "user" bigint not null, total int not null,
    primary key (tenant, id), foreign key (tenant, "user") references users);
  create table places (tenant bigint not null, "user" bigint not null, position int not null, label text not null,
    primary key (tenant, position), foreign key (tenant, "user") references users);
  create table notes (tenant bigint not null, "user" bigint not null, "text" text not null, slug varchar(100) not null,
    unique (tenant, slug), foreign key (tenant, "user") references users);
  create table settings (tenant bigint primary key references tenants, contact bigint not null, foreign key (tenant, contact) references users);
  create table defaults (tenant bigint primary key, contact bigint not null, foreign key (tenant, contact) references users);
  create table rooms (tenant bigint not null references tenants, id bigint generated always as identity, primary key (tenant, id));
  create table stays (tenant bigint not null, id bigint generated always as identity, room bigint not null, "user" bigint not null,
    primary key (tenant, id), foreign key (tenant, room) references rooms, foreign key (tenant, "user") references users);`

let server: Server
let lab: VolumeLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openVolumeLab(server, schema)
})
afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

it('are filled, however few the tenants', async () => {
  const sizes = new Map([
    ['tenants', 3],
    ['users', 100],
    ['orders', 4_000],
    ['places', 600],
    ['notes', 3_000],
    ['settings', 3],
    ['defaults', 3],
  ])
  const { plan, problems } = await fillDatabase(lab.sessions, lab.catalog, { sizes, chunk: 500 })
  expect(problems.map(({ table, kind, summary }) => `${kind} ${table}: ${summary}`)).toEqual([])
  expect(new Map(plan.tables.map(({ id, count }) => [id, count]))).toEqual(sizes)
})

it('are filled where few tenants have rows of all that a row names', async () => {
  const other = await openVolumeLab(server, schema)
  try {
    const sizes = new Map([
      ['tenants', 900],
      ['users', 300],
      ['rooms', 60],
      ['stays', 3_000],
    ])
    const { plan, problems } = await fillDatabase(other.sessions, other.catalog, { sizes, chunk: 500 })
    expect(problems).toEqual([])
    expect(new Map(plan.tables.map(({ id, count }) => [id, count]))).toEqual(sizes)
    const [db] = other.sessions
    const [found] = await db.json<{ tenants: number; rooms: number }>(
      'select count(distinct tenant)::int as tenants, count(distinct (tenant, room))::int as rooms from stays',
    )
    expect(found!.tenants).toBeGreaterThan(5)
    expect(found!.rooms).toBeGreaterThanOrEqual(found!.tenants)
  } finally {
    await other.close()
  }
})
