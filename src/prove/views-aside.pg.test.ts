import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import { relationId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { startServer } from '../postgres/start.ts'
import type { Experiment } from '../rules/experiment.ts'
import { viewsAside } from './views-aside.ts'

let server: Server
let owner: Session
let catalog: Catalog

const schema = `
  create table bare (id int);
  create table "we""ird ta ble" (id int primary key, "na me" varchar(9));
  create view "vi""ew" as select id, "na me" from "we""ird ta ble";
  create view over as select "na me" || 'x' as said from "vi""ew";
  create materialized view kept as select id from "we""ird ta ble";
  create unique index on kept (id);
  create function doubled(n int) returns int language sql as 'select n * 2';
  create table counted (id int);
  create view twice as select doubled(id) as n from counted;
  create table ruled (id int);
  create view written as select id from ruled;
  create rule r as on insert to written do instead insert into ruled values (new.id);
  create table watched (id int);
  create view seen as select id from watched;
  create trigger t before insert on watched for each row execute function suppress_redundant_updates_trigger();`

beforeAll(async () => {
  server = await startServer({})
  owner = await server.connect(await server.createDatabase('aside'), 'owner')
  await owner.query(schema)
  catalog = await readCatalog(owner)
})
afterAll(async () => {
  await owner?.end()
  await server?.stop()
})

const relation = (name: string): string => qualified({ schema: 'public', name })
const experiment = (when: string, more: Partial<Experiment> = {}): Experiment => ({
  id: 'x#1',
  rule: 'x',
  title: 'a case',
  world: { id: 'w', statements: [] },
  given: [],
  when: [when],
  then: { kind: 'accepted' },
  ...more,
})
const into = (name: string, values = `(1, 'a')`): string => `insert into ${relation(name)} values ${values}`
const weird = 'we"ird ta ble'
const idOf = (name: string): string => relationId({ schema: 'public', name })

it('takes the views over a table away, those over them first, as PostgreSQL lets them go', async () => {
  const aside = viewsAside(catalog)(idOf(weird))!
  expect([...aside.gone].map((id) => catalog.structures.get(id)!.name).toSorted()).toEqual([
    'kept',
    'over',
    'vi"ew',
  ])
  const texts = ['begin', ...aside.ddl, `alter table ${relation(weird)} alter "na me" type text`, 'rollback']
  expect((await owner.batch(texts)).map(({ fault }) => fault)).toEqual(texts.map(() => null))
  const column = [...catalog.dependencies.on(`column:${catalog.tables.get(idOf(weird))!.oid}.2`)]
  expect(column.map(({ name }) => name)).toEqual(['vi"ew'])
  expect(aside.catalog.dependencies.on(`column:${catalog.tables.get(idOf(weird))!.oid}.2`)).toEqual([])
})

it('leaves them where there are none, where more stands on them, and over code of the user', () => {
  expect(['bare', 'ruled', 'counted', 'gone', 'over'].map(viewsAside(catalog))).toEqual(
    Array.from({ length: 5 }, () => null),
  )
})

it('is seen by what may read a relation or run code of the user', () => {
  const isUnseen = (one: Experiment): boolean => viewsAside(catalog)(idOf(weird))!.isUnseenBy([one])
  expect(isUnseen(experiment(into(weird)))).toBe(true)
  expect(isUnseen(experiment(`${into(weird)} returning pg_typeof("na me") = 'varchar(9)'::regtype`))).toBe(
    true,
  )
  expect(isUnseen(experiment(into(weird, `(1, 'select ''e')`)))).toBe(true)
  expect(isUnseen(experiment(into(weird, `(1, E'it\\'s -- $1')`)))).toBe(true)
  const seeing = [
    into('watched'),
    into(weird, `((select count(*) from "vi""ew"), 'a')`),
    into(weird, `(1, E'\\'' || (table over))`),
    into(weird, `(doubled(1), 'a')`),
    into(weird, `('kept'::regclass::int, 'a')`),
    into(weird, `(1, query_to_xml('select', true, true, '')::text)`),
    into(weird, `(1, $$a$$)`),
    into(weird, `(1, U&'a')`),
    `delete from ${relation(weird)}`,
  ]
  expect(seeing.filter((when) => isUnseen(experiment(when)))).toEqual([])
  const others: readonly Partial<Experiment>[] = [
    { as: { role: 'r', settings: {} } },
    { given: ['select 1'] },
    { world: { id: 'w', statements: [into('watched')] } },
    { on: 'loaded' },
    { session: 'fresh' },
  ]
  expect(others.filter((more) => isUnseen(experiment(into(weird), more)))).toEqual([])
})
