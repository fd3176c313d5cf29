/** Rows as triggers leave them: found once where every asker's lands the same, for each asker where not. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { startServer } from '../../postgres/start.ts'
import { makeRows } from '../../rows/make-rows.ts'
import type { Rows } from '../../rows/rows.ts'
import type { RuleContext } from '../rule-kind.ts'
import { landingFor, type Landed } from './landing.ts'
import type { Move, Situation } from './situations.ts'

let server: Server
let db: Session
let catalog: Catalog
let rows: Rows

const triggered = (name: string, body: string, event: string): string => `
  create table ${name} (id int primary key, said text);
  create function ${name}_said() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
  create trigger said ${event} on ${name} for each row execute function ${name}_said();
  grant all on ${name} to landing_one, landing_two;`

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('landing')
  const administrator = await server.connect(database, 'administrator')
  await administrator.query('create role landing_one; create role landing_two')
  await administrator.end()
  await server.admitRoles()
  const owner = await server.connect(database, 'owner')
  await owner.query(
    [
      triggered(
        '"blind ""one"',
        `new.said := upper(coalesce(new.said, 'none'));`,
        'before insert or update',
      ).replaceAll('"blind ""one"_said', 'blind_said'),
      triggered('late', `raise notice 'current';`, 'after insert or update'),
      triggered('seeing', 'new.said := current_user;', 'before insert or update'),
      triggered('calling', 'new.said := getpgusername();', 'before update'),
    ].join('\n'),
  )
  await owner.end()
  db = await server.connect(database, 'prover')
  catalog = await readCatalog(db)
  await db.query('begin')
  rows = await makeRows(db, catalog)
}, 120_000)

afterAll(async () => {
  await db.end()
  await server.stop()
})

const row = { id: '1', said: `'a'` }
const from: Situation = { title: 'row a', row, before: [], after: [], text: '(1,a)', standsWithout: true }
const move: Move = { from, title: '', sets: [['said', `'b'`]], text: '(1,b)', blocked: false }

const landings = async (
  name: string,
): Promise<readonly (readonly [Landed, string | null, string | null])[]> => {
  const table = catalog.tables.get(name)!
  const context = { rows, table, catalog } as unknown as RuleContext
  const landAs = landingFor(db, context, {
    world: { id: name, statements: [] },
    situations: [from],
    moves: [move],
  })
  const askers = ['landing_one', 'landing_two']
  const found: (readonly [Landed, string | null, string | null])[] = []
  for (const role of askers) {
    const landed = await landAs({ role, settings: {} })
    found.push([landed, landed.coming(from), landed.moved(move)])
  }
  return found
}

const texts = async (name: string): Promise<readonly (readonly (string | null)[])[]> =>
  (await landings(name)).map(([, ...text]) => text)

it('a trigger that asks nobody is tried as one of them', async () => {
  const [id = ''] = [...catalog.tables.keys()].filter((one) => one.includes('blind'))
  const [one, two] = await landings(id)
  expect(one!.slice(1)).toEqual(['(1,A)', '(1,B)'])
  expect(two![0]).toBe(one![0])
})

it('a trigger behind the write leaves the row as it comes', async () => {
  expect(await texts('late')).toEqual([
    ['(1,a)', '(1,b)'],
    ['(1,a)', '(1,b)'],
  ])
})

it('a trigger that sees who asks is tried as each, by a word or by a call', async () => {
  expect(await texts('seeing')).toEqual([
    ['(1,landing_one)', '(1,landing_one)'],
    ['(1,landing_two)', '(1,landing_two)'],
  ])
  expect(await texts('calling')).toEqual([
    ['(1,a)', '(1,landing_one)'],
    ['(1,a)', '(1,landing_two)'],
  ])
})
