/** Writers that behave as an application does while its database moves: they reconnect, and note what was acknowledged. */
import { setTimeout as rest } from 'node:timers/promises'
import { parseConnectionUrl } from '../../src/postgres/connection-url.ts'
import { openSession, type Session } from '../../src/postgres/session.ts'

export const withSession = async <T>(url: string, work: (db: Session) => Promise<T>): Promise<T> => {
  const db = await openSession(parseConnectionUrl(url))
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

export const run = (url: string, ...statements: readonly string[]): Promise<void> =>
  withSession(url, async (db) => {
    for (const statement of statements) await db.query(statement)
  })

export const rowsOf = <T>(url: string, select: string): Promise<T[]> =>
  withSession(url, (db) => db.json<T>(select))

export interface Writers {
  /** Ends them; answers the marks of all writes that were acknowledged, and the longest time without one in milliseconds. */
  stop(): Promise<{ readonly acknowledged: readonly string[]; readonly longestGap: number }>
  acknowledged(): number
}

/** Each write is a transaction of two rows; when it fails, the next one goes to the other place and is another row. */
export const startWriters = (places: readonly string[], howMany: number): Writers => {
  let isOver = false
  const acknowledged: string[] = []
  let last = performance.now()
  let longestGap = 0
  const write = async (writer: number): Promise<void> => {
    let at = 0
    let db: Session | null = null
    for (let n = 0; !isOver; n += 1) {
      const mark = `${writer}-${n}`
      try {
        db ??= await openSession(parseConnectionUrl(places[at % places.length]!))
        await db.query(
          `begin; insert into "s p"."Or""ders" (customer_id, mark) values (1 + ${n} % 100, '${mark}');
           update customers set orders = orders + 1 where id = 1 + ${n} % 100; commit`,
        )
        acknowledged.push(mark)
        const now = performance.now()
        longestGap = Math.max(longestGap, now - last)
        last = now
        await rest(1)
      } catch {
        // Whether it was done nobody knows: it is not counted, and never repeated.
        await db?.end()
        db = null
        at += 1
        await rest(5)
      }
    }
    await db?.end()
  }
  const all = Array.from({ length: howMany }, (_, i) => write(i))
  return {
    acknowledged: () => acknowledged.length,
    stop: async () => {
      isOver = true
      await Promise.all(all)
      return { acknowledged, longestGap }
    },
  }
}

export const shop = `
  create schema "s p";
  create table customers (id bigint generated always as identity primary key, name text not null, orders integer not null default 0);
  create table "s p"."Or""ders" (id bigserial primary key, customer_id bigint not null references customers,
    mark text not null, doubled bigint generated always as (customer_id * 2) stored);
  create table events (id bigint, at date, "größe" float8, primary key (id, at)) partition by range (at);
  create table events_1 partition of events for values from ('2020-01-01') to ('2021-01-01');
  create table events_2 partition of events for values from ('2021-01-01') to ('2022-01-01');
  create materialized view totals as select customer_id, count(*) from "s p"."Or""ders" group by 1;
  create index on "s p"."Or""ders" (customer_id);
  insert into customers (name) select 'Customer ' || i from generate_series(1, 5000) i;
  insert into "s p"."Or""ders" (customer_id, mark) select 1 + i % 100, 'old-' || i from generate_series(1, 10000) i;
  insert into events select i, '2020-01-01'::date + i % 700, i / 7.0 from generate_series(1, 2000) i;
  refresh materialized view totals;
  grant usage on schema public, "s p" to app;
  grant select, insert, update, delete on all tables in schema public, "s p" to app;
  grant usage on all sequences in schema public, "s p" to app;
  analyze`
