import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import type { SoftDeletedRule } from '../architecture/kinds/soft-deleted.ts'
import type { Rules } from '../architecture/rules.ts'
import type { AnyRuleSet } from '../architecture/rule-set.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { isolatedBy } from './isolated-by.ts'
import { softDeleted } from './soft-deleted.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
  const database = await server.createDatabase('roles')
  const owner = await server.connect(database, 'owner')
  await owner.query('create role app; create role guest')
  await owner.end()
})

afterAll(async () => {
  await server?.stop()
})

const identity = { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) }

const ruleOf = (declared: Architecture, on: string): SoftDeletedRule =>
  declared.tables.find((t) => t.id === on)!.rules.find((r): r is SoftDeletedRule => r.kind === 'softDeleted')!

const designed = (declared: Architecture, on: string): string => {
  const isolation = declared.tables
    .find((t) => t.id === on)!
    .rules.find((r): r is IsolatedByRule => r.kind === 'isolatedBy')
  return [
    ...(isolation ? isolatedBy.design(isolation, declared) : []),
    ...softDeleted.design(ruleOf(declared, on), declared),
  ].join('\n')
}

const withLab = async <T>(
  declared: Architecture,
  schema: string,
  work: (lab: RuleLab) => T | Promise<T>,
): Promise<T> => {
  const lab = await openRuleLab(server, declared, schema)
  try {
    return await work(lab)
  } finally {
    await lab.close()
  }
}

const expectSound = (declared: Architecture, schema: string, on: string) =>
  withLab(declared, schema, async (lab) => {
    const { id } = ruleOf(declared, on)
    expect(lab.faults()).toEqual([])
    const claims = new Set(lab.rule(id).claims)
    const mutants = await lab.left((s) => claims.has(s.id) || s.kind === 'function')
    expect(mutants.left).toEqual([])
    expect(mutants.killed).toBeGreaterThan(20)
    expect((await lab.red()).get(id)).toMatchObject({ proven: true })
    return lab.titles(id)
  })

const shop = architecture('shop', {
  tables: {
    products: table(
      'products',
      { tenant_id: 'bigint', id: 'bigint', slug: 'text', name: 'text', deleted_at: 'timestamptz' },
      (t) => [
        t.primaryKey('tenant_id', 'id'),
        t.required('slug', 'name'),
        t.unique('tenant_id', 'slug', { where: 'deleted_at is null' }),
        t.isolatedBy('tenant_id'),
        t.softDeleted('deleted_at', { grace: '30 days' }),
      ],
    ),
    items: table('items', { tenant_id: 'bigint', id: 'bigint', product_id: 'bigint' }, (t) => [
      t.primaryKey('tenant_id', 'id'),
      t.required('product_id'),
      t.references(['tenant_id', 'product_id'], 'products', { onDelete: 'cascade' }),
      t.isolatedBy('tenant_id'),
    ]),
  },
  identity,
})

const shopSql = `create table products (tenant_id bigint not null, id bigint not null, slug text not null, name text not null,
    deleted_at timestamptz, primary key (tenant_id, id));
  create unique index products_slug on products (tenant_id, slug) where deleted_at is null;
  create table items (tenant_id bigint not null, id bigint not null, product_id bigint not null, primary key (tenant_id, id),
    foreign key (tenant_id, product_id) references products on delete cascade);
  grant select, insert, update, delete on products, items to app;
  alter table items enable row level security; alter table items force row level security;
  create policy tenant on items using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint);`

/** The table of a bookshop, in many shapes. */
const booksOf = (rules: (t: Rules<keyof typeof bookColumns>) => readonly AnyRuleSet[]): Architecture =>
  architecture('books', { tables: { books: table('books', bookColumns, (t) => [...rules(t)]) }, identity })

const bookColumns = { id: 'integer', isbn: 'varchar(20)', title: 'text', deleted_at: 'timestamptz' } as const

const booksSql = `create table books (id integer primary key, isbn varchar(20), title text not null, deleted_at timestamptz);
  create unique index books_isbn on books (lower(isbn)) where deleted_at is null;
  grant select, insert, update, delete on books to app;`

const books = booksOf((t) => [
  t.primaryKey('id'),
  t.required('title'),
  t.unique('lower(isbn)', { where: 'deleted_at is null' }),
  t.softDeleted('deleted_at', { grace: '1 month' }),
])

describe('made by its own design', () => {
  it('with tenants and forced row-level security', async () => {
    const titles = await expectSound(shop, shopSql + designed(shop, 'products'), 'products')
    expect(titles).toEqual([
      'app sees a living row',
      'app does not see a row that is deleted',
      'app does not see a row that was deleted long ago',
      'app inserts a living row',
      'app inserts a row that is deleted already: taken',
      'a role that no policy names (pg_database_owner) sees a deleted row',
      'a role to whom another policy opens the table (pg_database_owner) sees a deleted row',
      'app deletes a row of its own and does not see it any more',
      'the row that app deleted is kept, with the time of the transaction',
      'another row is living as before when app deletes one',
      'another row of the same tenant is living as before when app deletes one',
      'app does not delete a row of another tenant',
      'a row that app deletes once more keeps its first time',
      'the function by which app deletes, called with nothing, answers as before',
      'app, not allowed to update, does not delete by the function',
      'the function follows its own search_path, not its caller’s',
      'app dates the deletion of a living row back by its key: it is not dated back',
      'app dates the deletion of a living row back without looking: it is not dated back',
      'app dates the deletion of a deleted row back by its key: it is not dated back',
      'app dates the deletion of a deleted row back without looking: it is not dated back',
      'somebody who sees everything does not date the deletion of a living row back',
      'somebody who sees everything does not date the deletion of a deleted row back',
      'app sets deleted_at without looking: taken',
      'a living row takes the tenant_id and slug of a deleted one',
      'a deleted row whose tenant_id and slug is taken is not brought back',
      'deleting it while it is living is refused',
      'deleting it by the owner postgres while it is living is refused',
      'deleting it by app while it is living is refused',
      'merging a deletion while it is living is refused',
      'truncating the table is refused',
      'truncating the table by the owner postgres is refused',
      'truncating the table by app is refused',
      'deleting it in a session that replicates is refused',
      'deleting it for good a moment before its grace is over is refused',
      'deleting it for good a moment before its grace is over by the owner postgres is refused',
      'a row that was deleted 30 days ago may be deleted for good',
      'a row that was deleted 30 days and a day ago may be deleted for good',
      'a deleted row is brought back',
      'the purge removes what was deleted 30 days ago, not what was deleted a moment later, and nothing living',
      'the purge removes what was deleted 30 days and a day ago',
      'the purge runs twice: nothing more goes',
      'app, allowed to purge and not to delete, removes nothing',
      'the purge follows its own search_path, not its caller’s',
      'a row that is due and that items points to (tenant_id, product_id): it goes, and they with it',
      'products_soft_delete and products_purge may be called by whom they may be called now',
    ])
  })

  it('without tenants', async () => {
    await expectSound(books, booksSql + designed(books, 'books'), 'books')
  })

  it('through a view, without a primary key', async () => {
    const declared = booksOf((t) => [
      t.required('title'),
      t.unique('isbn', { where: 'deleted_at is null' }),
      t.softDeleted('deleted_at', { grace: '7 days', through: 'living_books' }),
    ])
    const schema = `create table books (id integer, isbn varchar(20), title text not null, deleted_at timestamptz);
      create unique index books_isbn on books (isbn) where deleted_at is null;
      grant select, insert, update, delete on books to app;`
    await expectSound(declared, schema + designed(declared, 'books'), 'books')
  })

  it('with odd names, names of its own, a time without zone and roles that are named', async () => {
    const column = `gone "at" d'être`
    const declared = architecture('odd', {
      tables: {
        odd: table(
          { schema: `my "s`, name: `the 'things'` },
          { 'a b': 'integer', 'ü"x': 'uuid', note: 'text', [column]: 'timestamp' },
          (t) => [
            t.primaryKey('a b', 'ü"x'),
            t.softDeleted(column, {
              grace: '1 day 2 hours',
              delete: `drop 'it`,
              purge: `purge "all"`,
              hiddenFrom: ['app', 'guest'],
            }),
          ],
        ),
      },
      identity,
    })
    const q = `"${column.replaceAll('"', '""')}"`
    const schema = `create schema "my ""s"; grant usage on schema "my ""s" to app, guest;
      create table "my ""s"."the 'things'" ("a b" integer, "ü""x" uuid, note text, ${q} timestamp, primary key ("a b", "ü""x"));
      grant select, insert, update, delete on "my ""s"."the 'things'" to app, guest;`
    await expectSound(declared, schema + designed(declared, declared.tables[0]!.id), declared.tables[0]!.id)
  })

  it('in partitions', async () => {
    const declared = architecture('log', {
      tables: {
        log: table('log', { id: 'integer', kind: 'text', deleted_at: 'timestamptz' }, (t) => [
          t.primaryKey('kind', 'id'),
          t.partitionedBy('kind', { list: { a: ['a', 'b'] }, otherwise: 'default' }),
          t.softDeleted('deleted_at', { grace: '1 day' }),
        ]),
      },
      identity,
    })
    const schema = `create table log (id integer, kind text, deleted_at timestamptz, primary key (kind, id)) partition by list (kind);
      create table log_a partition of log for values in ('a', 'b'); create table log_default partition of log default;
      grant select, insert, update, delete on log to app;`
    const titles = await expectSound(declared, schema + designed(declared, 'log'), 'log')
    expect(titles).toContain('truncating any of its partitions is refused')
  })
})

it('a deletion that takes all rows of the tenant is found', async () => {
  const ddl = designed(shop, 'products').replace(/where kept[^;]*/u, '')
  await withLab(shop, shopSql + ddl.replace('where current of living', ''), (lab) => {
    const failing = lab.rule(ruleOf(shop, 'products').id).results.filter((r) => !r.holds)
    expect(failing.map((r) => r.experiment.title)).toContain(
      'another row of the same tenant is living as before when app deletes one',
    )
  })
})

describe('made by hand', () => {
  it('with a purge that takes the time, a procedure, and children that stand in the way', async () => {
    const declared = architecture('books', {
      tables: {
        books: table('books', bookColumns, (t) => [
          t.primaryKey('id'),
          t.required('title'),
          t.softDeleted('deleted_at', { grace: '30 days', purge: 'empty_bin', delete: 'remove_book' }),
        ]),
        loans: table('loans', { id: 'integer', book_id: 'integer' }, (t) => [
          t.primaryKey('id'),
          t.references('book_id', 'books', { onDelete: 'restrict' }),
        ]),
        notes: table('notes', { id: 'integer', book_id: 'integer' }, (t) => [
          t.primaryKey('id'),
          t.references('book_id', 'books', { onDelete: 'set null' }),
        ]),
      },
      identity,
    })
    const schema = `create table books (id integer primary key, isbn varchar(20), title text not null, deleted_at timestamptz);
      create table loans (id integer primary key, book_id integer references books on delete restrict);
      create table notes (id integer primary key, book_id integer references books on delete set null);
      grant select, insert, update, delete on books to app;
      ${softDeleted
        .design(ruleOf(declared, 'books'), declared)
        .filter((sql) => !/empty_bin|remove_book/u.test(sql))
        .join('\n')}
      create procedure remove_book(title text, p_id integer) language plpgsql set search_path = public as $$
        declare c cursor for select from books b where b.id = p_id for update;
        begin
          open c; move c;
          if found then update books set deleted_at = now() where current of c; end if;
        end $$;
      create function empty_bin(at timestamptz) returns void language plpgsql set search_path = public as $$
        begin
          delete from books where deleted_at <= least(at, now()) - interval '30 days';
        end $$;`
    const titles = await expectSound(declared, schema, 'books')
    expect(titles).toEqual(
      expect.arrayContaining([
        'the purge, asked by app about the future, leaves what is in its grace',
        'the purge, asked about an earlier moment, leaves what is due now',
        'a row that is due and that loans points to (book_id): the purge is refused',
        'a row that is due and that notes points to (book_id): it goes, and they stay',
      ]),
    )
  })
})
