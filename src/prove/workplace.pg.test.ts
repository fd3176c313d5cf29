/** A workplace over thousands of trials: what they leave behind in files and sessions does not grow. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment } from '../rules/experiment.ts'
import { sideBySide } from './gather.ts'
import type { Trial } from './runner.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let server: Server
let catalog: Catalog
let place: Workplace

const noProofs = (): never => {
  throw new Error('no trial here is a proof')
}

beforeAll(async () => {
  server = await startServer({})
  const template = await server.createDatabase('worn')
  const owner = await server.connect(template, 'owner')
  await owner.query('create table t (id int primary key)')
  catalog = await readCatalog(owner)
  await owner.end()
  await server.admitRoles()
  const parts = { server, template, label: 'worn', catalog, loaded: () => null }
  place = await openWorkplace({ ...parts, rows: noProofs })
})
afterAll(async () => {
  await place?.close()
  await server?.stop()
})

const experiment: Experiment = {
  id: 't/x#1',
  rule: 't/x',
  title: 'a row is accepted',
  world: { id: 't', statements: ['insert into t values (1)'] },
  given: [],
  when: ['insert into t values (2)'],
  then: { kind: 'accepted' },
}

const trials: readonly Trial[] = Array.from({ length: 500 }, () => ({
  ddl: ['alter table t add constraint positive check (id > 0)'],
  experiments: [experiment],
}))

/** Pages of what the trials write to: the table, its key, and the catalog of constraints with its indexes. */
const pages = async (): Promise<Readonly<Record<string, number>>> => {
  const found = await place.main.json<{ name: string; pages: number }>(`
    select relname as name, pg_relation_size(oid) / 8192 as pages from pg_class
     where oid in ('t'::regclass, 't_pkey'::regclass, 'pg_constraint'::regclass, 'pg_depend'::regclass)`)
  return Object.fromEntries(found.map((row) => [row.name, row.pages]))
}

it('keeps its files and its session young', async () => {
  const round = async (): Promise<{
    readonly pid: number
    readonly pages: Readonly<Record<string, number>>
  }> => {
    for (let n = 0; n < 4; n++) await place.run(trials)
    return { pid: place.main.pid, pages: await pages() }
  }
  const first = await round()
  const second = await round()
  const third = await round()
  expect(first.pages['t']).toBeLessThan(3)
  expect(third.pages).toEqual(second.pages)
  expect(new Set([first.pid, second.pid, third.pid]).size).toBe(3)
})

it('takes out what many experiments of few trials leave behind, and what is large when it is asked to', async () => {
  const long = 'x'.repeat(500)
  const wide: Experiment = { ...experiment, when: [`insert into log values ('${long}')`] }
  const trial: Trial = { ddl: [], experiments: Array.from({ length: 3_000 }, () => wide) }
  const owner = await server.connect(place.main.address.database, 'owner')
  await owner.query('create table log (entry text)')
  await owner.end()
  const pagesOfLog = async (): Promise<number> => {
    const [found] = await place.main.json<{ pages: number }>(`select pg_relation_size('log') / 8192 as pages`)
    return found!.pages
  }
  const seen: number[] = []
  for (let n = 0; n < 2; n++) {
    await place.run([trial])
    seen.push(await pagesOfLog())
  }
  for (let n = 0; n < 5; n++)
    await place.main.query(`begin; insert into log select '${long}' from generate_series(1, 10000); rollback`)
  seen.push(await pagesOfLog())
  await place.cleanLarge()
  seen.push(await pagesOfLog())
  expect(seen.map((pages) => pages > 100)).toEqual([true, false, true, false])
})

it('gives those who ask side by side the outcomes of their own trials', async () => {
  const asked = [0, 1, 2, 3]
  const answers = await sideBySide(place, asked, async (together, n) => {
    const ddl =
      n === 2 ? ['alter table nowhere drop column x'] : ['alter table t add constraint big check (id > 1)']
    const many = Array.from({ length: n + 1 }, () => ({ ddl, experiments: [experiment] }))
    const first = await together.run(many)
    // Some ask once more, when others have ended.
    const more = n < 2 ? await together.run([{ ddl: [], experiments: [experiment] }]) : []
    return [...first, ...more].map(
      ({ ddlFault, observations: [o] }) => ddlFault?.sqlstate ?? o!.fault?.sqlstate ?? 'accepted',
    )
  })
  expect(answers).toEqual([
    ['23514', 'accepted'],
    ['23514', '23514', 'accepted'],
    ['42P01', '42P01', '42P01'],
    ['23514', '23514', '23514', '23514'],
  ])
})

it('waits for all who ask side by side before it tells of the one that failed', async () => {
  const ended: number[] = []
  const all = sideBySide(place, [0, 1], async (together, n) => {
    if (n === 0) throw new Error('nothing to ask')
    await together.run(trials.slice(0, 2))
    ended.push(n)
  })
  await expect(all).rejects.toThrow('nothing to ask')
  expect(ended).toEqual([1])
})
