/** Phases that are written on one version of PostgreSQL for an older one run on both. */
import { describe, expect, it } from 'vitest'
import { table } from 'assay'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { difference, isSame } from '../../catalog/difference.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { bothServers } from '../../../test/support/both-servers.ts'
import { declared, withShapeProject } from '../../../test/support/shape-lab.ts'
import type { Migration } from '../files/migration.ts'
import { stagesOf } from '../files/steps.ts'
import { runStages } from '../test/run-stages.ts'
import { readPhases } from './phase-files.ts'

const sql = `
  create table "odd ""p""" (id int generated always as identity primary key, code text not null unique, note text,
    parent int references "odd ""p""");
  create table c (p_id int not null references "odd ""p""" (id), n int, primary key (p_id, n));`

const wanted = declared(
  table('odd "p"', { id: 'bigint', slug: 'text', note: 'text', parent: 'bigint' }, (t) => [
    t.primaryKey('id'),
    t.required('slug', 'note'),
    t.unique('slug'),
    t.renamedFrom({ slug: 'code' }),
  ]),
  table('c', { p_id: 'bigint', n: 'int' }, (t) => [t.primaryKey('p_id', 'n')]),
)

const rows = `insert into "odd ""p""" (code, note) select 'x' || n, nullif('n' || n, 'n3') from generate_series(1, 300) n;
  insert into c select id, 1 from "odd ""p"""`

/** All up, all down, and up again; the catalog behind the way back. */
const goThrough = async (server: Server, migrations: readonly Migration[]): Promise<void> => {
  const database = await server.createDatabase('version')
  const db = await server.connect(database, 'owner')
  try {
    await db.query(sql)
    await db.query(rows)
    const before = await readCatalog(db)
    for (const way of ['up', 'down', 'up'] as const)
      for (const one of way === 'down' ? migrations.toReversed() : migrations) {
        const script = way === 'up' ? one.up : one.down
        const refusal = script && (await runStages(() => server.connect(database, 'owner'), stagesOf(script)))
        expect(refusal && `${one.name} ${way}: ${refusal.fault.message}\n${refusal.step.text}`).toBe(null)
        if (way === 'down' && one === migrations[0]) {
          const left = difference(before, await readCatalog(db))
          expect(isSame(left) ? null : left).toBe(null)
        }
      }
    expect(
      await db.json(
        `select count(p.slug)::int as slugs, count(p.note)::int as notes, count(c.p_id)::int as children,
          pg_typeof(max(c.p_id))::text as type from "odd ""p""" p join c on c.p_id = p.id`,
      ),
    ).toEqual([{ slugs: 300, notes: 300, children: 300, type: 'bigint' }])
  } finally {
    await db.end()
    await server.dropDatabase(database)
  }
}

const older = bothServers.find(({ major }) => major === 15)

describe('phases for an older PostgreSQL', () => {
  it('go there and back on that one, and on the one that tried them', async () => {
    const server = await startServer({})
    try {
      await withShapeProject(server, { sql, architecture: wanted, major: 15 }, async (project) => {
        const fill = [{ table: '"odd ""p"""', column: 'note', sql: "''" }]
        expect((await project.expand({ fill })).findings).toEqual([])
        expect((await project.contract()).findings).toEqual([])
        expect(new Set(readPhases(project.directory).map(({ postgres }) => postgres))).toEqual(new Set([15]))
        const migrations = project.migrations()
        expect(migrations.every(({ writtenFor }) => writtenFor === 15)).toBe(true)
        expect(migrations.filter(({ up }) => / not null "\w+" not valid/u.test(up.text))).toEqual([])
        await goThrough(server, migrations)
        if (older === undefined || older.whyNot !== '') return
        const { server: other, stop } = await older.start()
        try {
          await goThrough(other, migrations)
        } finally {
          await stop()
        }
      })
    } finally {
      await server.stop()
    }
  }, 120_000)
})
