/** A partitioned table that points to a key follows it, with partitions that come meanwhile. */
import { expect, it } from 'vitest'
import { table } from 'assay'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { difference, isSame } from '../../catalog/difference.ts'
import { startServer } from '../../postgres/start.ts'
import { underLoad } from '../../../test/support/under-load.ts'
import { declared, withShapeProject } from '../../../test/support/shape-lab.ts'

const events = '"ev ""ents"""'

const sql = `
  create table users (id int generated always as identity primary key, name text);
  create table ${events} (id bigint, at date not null, "user id" int not null references users on delete cascade,
    n int, primary key (id, at), constraint "some one" check ("user id" > 0)) partition by range (at);
  create table "e 2025" partition of ${events} for values from ('2025-01-01') to ('2026-01-01');
  create table e_rest partition of ${events} default partition by hash (id);
  create table e_rest_0 partition of e_rest for values with (modulus 2, remainder 0);
  create table e_rest_1 partition of e_rest for values with (modulus 2, remainder 1);
  create index "by user" on ${events} ("user id", at) where n > 0;`

const wide = declared(
  table('users', { id: 'bigint', name: 'text' }, (t) => [t.primaryKey('id')]),
  table('ev "ents"', { id: 'bigint', at: 'date', 'user id': 'bigint', n: 'int' }, (t) => [
    t.primaryKey('id', 'at'),
  ]),
)

const writes = (n: number): readonly string[] => [
  `insert into users (name) values ('u${n}')`,
  `insert into ${events} select ${n}, date '2025-06-01' + ${n % 700}, max(id), ${n % 3} from users on conflict do nothing`,
  `update ${events} set "user id" = (select min(id) from users), n = 1 where id = ${n - 3}`,
]

it('follows the key that it points to, there and back, while writers go on', async () => {
  const server = await startServer({})
  try {
    await withShapeProject(server, { sql, architecture: wide, major: 15 }, async (project) => {
      const { findings } = await project.expand()
      expect(findings.map(({ code, structure }) => `${code} ${structure}`)).toEqual([
        'expand.key "ev ""ents"""/table',
      ])
    })
    await withShapeProject(server, { sql, architecture: wide }, async (project) => {
      const { db } = project
      for (let n = 1; n < 60; n++) for (const one of writes(n)) await db.query(one)
      const before = await readCatalog(db)
      expect((await project.expand()).findings).toEqual([])
      await project.run('expand')
      expect(await underLoad(server, project.database, writes, () => project.run('backfill'))).toEqual([])
      // A partition that nobody knew of when the phases were written.
      await db.query(`create table "e 2031" partition of ${events} for values from ('2031-01-01') to ('2032-01-01');
        create table "e ""2032" partition of ${events} for values from ('2032-01-01') to ('2033-01-01') partition by hash (id);
        create table e_2032_0 partition of "e ""2032" for values with (modulus 1, remainder 0);
        insert into ${events} values (1, '2031-05-05', 1, 2), (1, '2032-05-05', 1, 2)`)
      expect(await underLoad(server, project.database, writes, () => project.run('switch'))).toEqual([])
      const [stands] = await db.json(
        `select pg_typeof(max("user id"))::text as type, count(*) filter (where u.id is null)::int as strays,
          (select count(*)::int from pg_index where not indisvalid) as invalid from ${events} e left join users u on u.id = e."user id"`,
      )
      expect(stands).toEqual({ type: 'bigint', strays: 0, invalid: 0 })
      await expect(db.query(`insert into ${events} values (1, '2025-02-02', 900000)`)).rejects.toThrow(
        /foreign key/u,
      )
      expect((await project.contract()).findings).toEqual([])
      await project.run('contract')
      await db.query(`insert into users (id, name) overriding system value values (3000000000, 'large');
        insert into ${events} (id, at, "user id") values (77, '2027-01-01', 3000000000)`)
      await expect(project.run('contract', 'down')).rejects.toThrow(/cannot say what stands in rows/u)
      await db.query('delete from users where id = 3000000000')
      for (const phase of ['contract', 'switch', 'backfill', 'expand']) await project.run(phase, 'down')
      await db.query('drop table "e 2031", "e ""2032"')
      const back = difference(before, await readCatalog(db))
      expect(isSame(back) ? null : back).toBe(null)
      for (const phase of ['expand', 'backfill', 'switch', 'contract']) await project.run(phase)
      await project.contract()
      await project.run('forget')
      expect(await db.json(`select relname::text as name from pg_class where relname like 'assay%'`)).toEqual(
        [],
      )
    })
  } finally {
    await server.stop()
  }
}, 120_000)
