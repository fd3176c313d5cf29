/** From which tables a function is come to, by the bodies of those that call it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { makeCallingTables } from './witness-callers.ts'

const schema = `
  create table people (id int primary key);
  create table "odd people" (id int primary key);
  create table apart (id int primary key);
  create function seal() returns int language sql as 'select 1';
  create function "Open it"() returns int language plpgsql as $$ begin return SEAL(); end $$;
  create function reseal() returns int language sql as 'select 2';
  create function on_people() returns trigger language plpgsql as $$ begin perform public.seal(); return new; end $$;
  create function on_odd() returns trigger language plpgsql as $$ begin perform "Open it"(); return new; end $$;
  create function on_apart() returns trigger language plpgsql as $$ begin perform reseal(); return new; end $$;
  revoke execute on function seal() from public;
  create trigger t before insert on people for each row execute function on_people();
  create trigger t before insert on "odd people" for each row execute function on_odd();
  create trigger t before insert on apart for each row execute function on_apart();
`

let server: Server
let catalog: Catalog
beforeAll(async () => {
  server = await startServer({})
  const db = await server.connect(await server.createDatabase('callers'), 'owner')
  try {
    await db.query(schema)
    catalog = await readCatalog(db)
  } finally {
    await db.end()
  }
})
afterAll(() => server?.stop())

const tablesOf = (id: string): readonly string[] =>
  [...makeCallingTables(catalog)(catalog.structures.get(id)!)].toSorted()

test('directly, and through others', () => {
  expect(tablesOf('function:reseal()')).toEqual(['apart'])
  expect(tablesOf('function:seal()')).toEqual(['"odd people"', 'people'])
})
test('of what stands on the function, too', () => {
  expect(tablesOf('function:seal()/grant:PUBLIC')).toEqual(tablesOf('function:seal()'))
})
test('none where there is no function', () => {
  expect(tablesOf('people/primaryKey:id')).toEqual([])
})
