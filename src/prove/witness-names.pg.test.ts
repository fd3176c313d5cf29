/** Whose experiments can notice a view: by the catalog that PostgreSQL gives. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment } from '../rules/experiment.ts'
import { makeNamers } from './witness-names.ts'

const schema = `
  create table people (id int primary key, mail text not null);
  create view mails as select mail from people;
  create view "Odd ""mails""" as select mail from mails;
  create view told as select id from people;
  create view kept as select id from people;
  create view guarded as select id from people;
  create view "é d" as select id from people;
  create function log_people() returns trigger language plpgsql as $$ begin
    if exists (select from TOLD) then return new; end if; execute 'select 1 from "é d"'; return new; end $$;
  create trigger log before insert on people for each row execute function log_people();
  create function is_kept(int) returns boolean language sql stable begin atomic select exists (select from guarded where id = $1); end;
  create policy keeps on people using (is_kept(id));
`

let server: Server
let catalog: Catalog
beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('names')
  const db = await server.connect(database, 'owner')
  try {
    await db.query(schema)
    catalog = await readCatalog(db)
  } finally {
    await db.end()
  }
})
afterAll(() => server?.stop())

const experiment = (when: string, world: readonly string[] = []): Experiment => ({
  id: 'people/check:x#1',
  rule: 'people/check:x',
  title: 'x',
  world: { id: 'people', statements: world },
  given: [],
  when: [when],
  then: { kind: 'accepted' },
})

const namer = (view: string) => makeNamers(catalog)(catalog.structures.get(`view:${view}`)!)

test('statements that name a view, or a view over it, can notice it; others cannot', () => {
  const notices = namer('mails')!
  expect(notices(experiment('select * from MAILS'))).toBe(true)
  expect(notices(experiment('select * from "Odd ""mails"""'))).toBe(true)
  expect(notices(experiment('select 1', ['refresh materialized view mails']))).toBe(true)
  expect(notices(experiment(`insert into people values (1, 'a')`))).toBe(false)
  expect(namer('kept')!(experiment('select * from mails'))).toBe(false)
})

test('where a body names it, or what hangs on a table stands on it, all can', () => {
  expect(namer('told')).toBe(null)
  expect(namer('"é d"')).toBe(null)
  expect(namer('guarded')).toBe(null)
})

test('what hangs on a table is noticed by whoever writes the table', () => {
  for (const structure of catalog.of('people')) expect(makeNamers(catalog)(structure)).toBe(null)
  expect(catalog.of('people').length).toBeGreaterThan(3)
})
