/** Broken forms of functions that nobody could notice are told, also beside an extension that has operators of its own. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAs } from '../../../test/support/rule-lab.ts'
import { kindOfStructure } from '../kind-of.ts'
import { readCatalog } from '../read-catalog.ts'
import type { Catalog } from '../structure.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { loadParser } from '../../postgres/parse.ts'

const schema = `
  create table things (id int primary key);
  create function digits(t text) returns boolean language sql immutable as
    $$ select length(t) = 3 and replace(t, '-', '') ~ '^[0-9]+$' $$;
  create function near(a numeric, b numeric) returns boolean language sql immutable return abs(a - b) <= 0.01;
  create function unnamed(text) returns text language sql immutable strict as 'select upper($1)';
  create function either(a text, b text) returns text language sql immutable as 'select coalesce(a, b)';
  create function checks(t text) returns boolean language plpgsql immutable as
    $$ begin if t is null then return false; end if; return translate(t, 'ab', '') = ''; end $$;
  create function mail(e citext) returns boolean language sql immutable as $$ select replace(e, 'x', '') = 'a' $$;
  create function counts() returns bigint language sql stable as 'select count(*) from things';
  create function depth(j jsonb) returns int language plpgsql immutable as
    $$ declare n int := 0; c jsonb; begin
      for c in select value from jsonb_each(j) loop n := greatest(n, public.depth(c)); end loop; return n + 1; end $$;
  create function shallow(j jsonb) returns boolean language plpgsql immutable as $$ begin return depth(j) < 3; end $$;
  create function even(n int) returns boolean language sql immutable as $$ select n = 0 or not (select count(*) from things) = n $$;
  create function odd(n int) returns boolean language plpgsql immutable as $$ begin return not even(n); end $$;
  create function touch() returns trigger language plpgsql as $$ begin new.id := replace(new.id::text, 'a', 'b')::int; return new; end $$;`

let server: Server
let catalog: Catalog
beforeAll(async () => {
  await loadParser()
  server = await startServer({})
  const database = await server.createDatabase('functions')
  await runAs(server, database, 'administrator', 'create extension citext')
  await runAs(server, database, 'owner', schema)
  const db = await server.connect(database, 'owner')
  catalog = await readCatalog(db)
  await db.end()
})
afterAll(() => server.stop())

/** Functions of which no broken form by this operator can be noticed. */
const idle = (operator: RegExp): readonly string[] =>
  [...catalog.structures.values()]
    .filter(({ kind }) => kind === 'function')
    .filter((one) =>
      kindOfStructure(one)
        .mutants(one, catalog)
        .some((mutant) => operator.test(mutant.operator) && mutant.equivalent !== undefined),
    )
    .map(({ name }) => name)

it('who runs it, where it asks nothing of its caller', () => {
  expect(idle(/security-definer$/u).toSorted()).toEqual([
    'checks',
    'depth',
    'digits',
    'either',
    'near',
    'shallow',
    'unnamed',
  ])
})

it('whether it is strict, where its expression is null anyway', () => {
  expect(idle(/\.strict$/u).toSorted()).toEqual(['digits', 'near'])
  expect(idle(/called-on-null$/u)).toEqual(['unnamed'])
})
