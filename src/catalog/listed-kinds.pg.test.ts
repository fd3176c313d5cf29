/** Aggregates, operators, collations and text search: read, dropped and made again, and known to what stands on them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { kindOfStructure } from './kind-of.ts'
import { readCatalog, withCanonicalSettings } from './read-catalog.ts'
import type { Catalog } from './structure.ts'

const sql = `
  create schema "O ""dd";
  create function keep(s bigint, v bigint) returns bigint language sql immutable as $$ select coalesce(v, s) $$;
  create aggregate "O ""dd"."last, one"(bigint) (sfunc = keep, stype = bigint, initcond = '-1');
  create aggregate counted(*) (sfunc = int8inc, stype = int8, initcond = '0');
  create function near(a bigint, b text) returns boolean language sql immutable as $$ select a::text = b $$;
  create operator public.=~= (function = near, leftarg = bigint, rightarg = text, restrict = eqsel);
  create operator "O ""dd".|/ (function = pg_catalog.int8um, rightarg = bigint);
  create collation "O ""dd"."my collation" (lc_collate = 'C', lc_ctype = 'POSIX');
  create text search dictionary words (template = pg_catalog.simple, stopwords = english);
  create text search configuration plain (parser = pg_catalog."default");
  alter text search configuration plain add mapping for asciiword with words;
  create table t (id bigint check (id operator(public.=~=) '5'), name text collate "O ""dd"."my collation",
    search tsvector generated always as (to_tsvector('public.plain', 'a')) stored);
  create view v as select "O ""dd"."last, one"(id) from t;
  create type pair as (a int, b int);
  create function to_pair(v bigint) returns pair language sql immutable as $$ select (v, v)::pair $$;
  create cast (bigint as pair) with function to_pair(bigint) as assignment;
  create conversion latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
  create table "O ""dd"."se t" (id int primary key, v text, w text) with (fillfactor = 70, toast.autovacuum_enabled = false);
  alter table "O ""dd"."se t" alter column v set storage external, alter column w set statistics 500,
    alter column w set (n_distinct = 5), cluster on "se t_pkey", replica identity full;
  create publication "p ub" for table t, "O ""dd"."se t" with (publish = 'insert');
  alter default privileges in schema "O ""dd" grant select on tables to public;
  alter default privileges revoke execute on functions from public;`

const ids = [
  'collation:"O ""dd"."my collation"',
  'textSearchDictionary:words',
  'textSearchConfiguration:plain',
  'function:"O ""dd"."last, one"(bigint)',
  'function:counted()',
  'operator:"O ""dd"."|/"(NONE,bigint)',
  'operator:=~=(bigint,text)',
  'cast:bigint as public.pair',
  'conversion:latin',
  'publication:"p ub"',
  '"O ""dd"."se t"/settings',
  'defaultPrivileges:"O ""dd",tables',
  'defaultPrivileges:functions',
]

describe.each(bothServers)(
  'kinds that are listed and not broken, on PostgreSQL $major',
  ({ whyNot, start }) => {
    describe.skipIf(whyNot !== '')(whyNot === '' ? 'it is there' : `skipped: ${whyNot}`, () => {
      let there: { readonly server: Server; readonly stop: () => Promise<void> }
      let db: Session
      let catalog: Catalog
      beforeAll(async () => {
        there = await start()
        db = await there.server.connect(await there.server.createDatabase('listed'), 'owner')
        await db.query(sql)
        catalog = await readCatalog(db)
      })
      afterAll(async () => {
        await db?.end()
        await there?.stop()
      })

      it('reads them, with reasons for having no mutants', () => {
        for (const id of ids) {
          const structure = catalog.structures.get(id)
          expect(structure, id).toBeDefined()
          expect(kindOfStructure(structure!).mutants(structure!, catalog), id).toEqual([])
          expect(kindOfStructure(structure!).notMutated, id).toBeTruthy()
        }
        const definitionOf = (id: string) => catalog.structures.get(id)?.definition
        expect(definitionOf(ids[0]!)).toBe(`(PROVIDER = libc, LC_COLLATE = 'C', LC_CTYPE = 'POSIX')`)
        expect(definitionOf(ids[3]!)).toBe(`AGGREGATE (SFUNC = public.keep, STYPE = bigint, INITCOND = '-1')`)
      })

      it('knows what stands on them', () => {
        const onto = (id: string) => catalog.structures.get(id)?.dependsOn
        expect(onto('t/column:name')).toContain(ids[0])
        expect(onto('t/generated:search')).toContain(ids[2])
        expect(onto(ids[2]!)).toEqual([ids[1]])
        expect(onto('view:v')).toContain(ids[3])
        expect(onto(ids[3]!)).toEqual(['function:keep(bigint,bigint)'])
        expect(onto('t/check:t_id_check')).toContain(ids[6])
        expect(onto(ids[6]!)).toEqual(['function:near(bigint,text)'])
      })

      it.each(ids)('%s is dropped and made again as it was', async (id) => {
        const structure = catalog.structures.get(id)!
        const kind = kindOfStructure(structure)
        const read = async () =>
          (await withCanonicalSettings(db, () => kind.read(db, catalog.tables))).find((s) => s.id === id)
        await db.query('begin')
        try {
          for (const statement of kind.drop(structure, catalog)) await db.query(statement)
          expect(await read()).toBeUndefined()
          for (const statement of kind.create(structure, catalog)) await db.query(statement)
          expect((await read())?.definition).toBe(structure.definition)
        } finally {
          await db.query('rollback')
        }
      })
    })
  },
)
