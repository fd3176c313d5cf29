import { beforeAll, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { recordedText } from './recorded-text.ts'
import type { SentStatement } from './sent-statement.ts'
import { splitHistory } from './split-history.ts'
import { toolTables } from './tool-tables.ts'

beforeAll(loadParser)

const sent = (text: string, transaction: number | null = 1, session = 1): SentStatement => ({
  session,
  text,
  says: [],
  copyData: null,
  transaction,
  unread: null,
})

const work = 'alter table orders add column note text'

/** What each writes when a migration has run, and when it was taken back, as its source has it. */
const written: Readonly<
  Record<string, { readonly name: string; readonly up: string; readonly down: string }>
> = {
  Alembic: {
    name: 'b2',
    up: `UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'b1'`,
    down: `UPDATE alembic_version SET version_num='b1' WHERE alembic_version.version_num = 'b2'`,
  },
  Django: {
    name: 'shop.0002_note',
    up: `INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('shop', '0002_note', '2024-01-01T00:00:00+00:00'::timestamptz) RETURNING "django_migrations"."id"`,
    down: `DELETE FROM "django_migrations" WHERE ("django_migrations"."app" = 'shop' AND "django_migrations"."name" = '0002_note')`,
  },
  Knex: {
    name: '2_note.js',
    up: `insert into "knex_migrations" ("batch", "migration_time", "name") values (1, '2024-01-01', '2_note.js')`,
    down: `delete from "knex_migrations" where "name" = '2_note.js'`,
  },
  Kysely: {
    name: '2_note',
    up: `insert into "kysely_migration" ("name", "timestamp") values ('2_note', '2024')`,
    down: `delete from "kysely_migration" where "kysely_migration"."name" = '2_note'`,
  },
  Rails: {
    name: '20240102030405',
    up: `INSERT INTO "schema_migrations" ("version") VALUES ('20240102030405') RETURNING "version"`,
    down: `DELETE FROM "schema_migrations" WHERE "schema_migrations"."version" = '20240102030405'`,
  },
  Sequelize: {
    name: '2-note.js',
    up: `INSERT INTO "SequelizeMeta" ("name") VALUES ('2-note.js') RETURNING "name";`,
    down: `DELETE FROM "SequelizeMeta" WHERE "name" = '2-note.js'`,
  },
  'node-pg-migrate': {
    name: '2_note',
    up: `INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('2_note', NOW())`,
    down: `DELETE FROM "public"."pgmigrations" WHERE name='2_note'`,
  },
  MikroORM: {
    name: 'Migration2',
    up: `insert into "mikro_orm_migrations" ("name") values ('Migration2')`,
    down: `delete from "mikro_orm_migrations" where "name" in ('Migration2')`,
  },
  Laravel: {
    name: '2024_note',
    up: `insert into "migrations" ("migration", "batch") values ('2024_note', 1)`,
    down: `delete from "migrations" where "migration" = '2024_note'`,
  },
  TypeORM: {
    name: 'Note1700000000000',
    up: `INSERT INTO "migrations"("timestamp", "name") VALUES (1700000000000, 'Note1700000000000')`,
    down: `DELETE FROM "migrations" WHERE "timestamp" = 1700000000000 AND "name" = 'Note1700000000000'`,
  },
  Liquibase: {
    name: '2',
    up: `INSERT INTO databasechangelog (ID, AUTHOR, FILENAME, DATEEXECUTED) VALUES ('2', 'me', 'x.xml', NOW())`,
    down: `DELETE FROM databasechangelog WHERE ID = '2' AND AUTHOR = 'me' AND FILENAME = 'x.xml'`,
  },
}

it.each(Object.entries(written))(
  '%s says where a migration ends, there and back',
  (tool, { name, up, down }) => {
    const there = splitHistory(
      [sent('create table orders (id int)'), sent(work), sent(up), sent('select 1')],
      'up',
    )
    expect(there).toMatchObject({ table: { tool }, behind: [] })
    expect(there.migrations.map((one) => [one.name, one.statements.length])).toEqual([[name, 2]])
    const back = splitHistory([sent('drop table orders'), sent(down)], 'down', there.table)
    expect(back.migrations.map((one) => [one.name, one.statements.map(({ text }) => text)])).toEqual([
      [name, ['drop table orders']],
    ])
  },
)

it('a merge of two heads is one migration', () => {
  const merged = splitHistory(
    [
      sent(`INSERT INTO alembic_version (version_num) VALUES ('a1')`),
      sent(`DELETE FROM alembic_version WHERE alembic_version.version_num = 'a1'`),
      sent(`UPDATE alembic_version SET version_num='m1' WHERE alembic_version.version_num = 'a2'`),
    ],
    'up',
  )
  expect(merged.migrations.map(({ name }) => name)).toEqual(['a1', 'm1'])
})

it('what the tool asks and keeps for itself is left out, what has an effect is not', () => {
  const { migrations, behind } = splitHistory(
    [
      sent(`select version()`, null),
      sent(`select c.relname from pg_catalog.pg_class c where pg_catalog.pg_table_is_visible(c.oid)`),
      sent(`select * from information_schema.tables where table_name = 'knex_migrations'`),
      sent(`create table "knex_migrations" ("id" serial primary key, "name" text)`),
      sent(`lock table "knex_migrations_lock"`),
      sent(`update "knex_migrations_lock" set "is_locked" = 1 where "is_locked" = 0`),
      sent(`select pg_advisory_lock(72707369)`),
      sent(`select setval('orders_id_seq', (select max(id) from orders))`),
      sent(`select add_compression('orders')`),
      sent(`select id from orders join "Odd ""n""" using (id)`),
      sent(`with moved as (delete from orders returning *) select * from moved`),
      sent(`insert into knex_migrations (name, batch) values ('1.js', 1)`),
      sent('drop table if exists "knex_migrations_lock"'),
      sent(`insert into content_types (name) values ('order')`),
    ],
    'up',
  )
  expect(migrations.map(({ statements }) => statements.map(({ text }) => text))).toEqual([
    [
      `select setval('orders_id_seq', (select max(id) from orders))`,
      `select add_compression('orders')`,
      `with moved as (delete from orders returning *) select * from moved`,
    ],
  ])
  expect(migrations[0]?.reads).toEqual(['orders', 'Odd "n"'])
  expect(behind.map(({ text }) => text)).toEqual([`insert into content_types (name) values ('order')`])
})

it('settings of a session go with each migration behind them; those of clients with none', () => {
  const mark = (name: string): SentStatement =>
    sent(`insert into kysely_migration (name, timestamp) values ('${name}', '')`)
  const { migrations } = splitHistory(
    [
      sent(`set client_encoding to 'UTF8'`, null),
      sent(`set search_path to app`, null),
      sent(work),
      mark('1'),
      sent(`set lock_timeout = '1s'`, 2, 2),
      sent(work, 3),
      mark('2'),
      sent(work, 4, 2),
      mark('3'),
    ],
    'up',
  )
  expect(migrations.map(({ statements }) => statements.map(({ text }) => text))).toEqual([
    ['set search_path to app', work],
    ['set search_path to app', work],
    [`set lock_timeout = '1s'`, work],
  ])
})

it('the file has the transactions that were there', () => {
  const textOf = (statements: readonly SentStatement[]): string =>
    recordedText({ command: 'x\ny', source: null, directives: [], statements })
  const head = '-- Recorded by Assay from what this command sent: x y\n'
  expect(textOf([])).toBe(`${head}\n`)
  expect(textOf([sent('set a.b = 1', null), sent('select 1 -- one')])).toBe(
    `${head}\nset a.b = 1;\nselect 1 -- one\n;\n`,
  )
  expect(textOf([sent('vacuum a', null)])).toBe(`${head}-- assay: transaction none\n\nvacuum a;\n`)
  expect(
    textOf([
      sent('a', 1),
      sent('b', 2),
      sent('c', null),
      { ...sent('copy t from stdin', 3), copyData: '1\n2' },
    ]),
  ).toBe(
    `${head}-- assay: transaction none\n\nbegin;\na;\ncommit;\nbegin;\nb;\ncommit;\nc;\nbegin;\ncopy t from stdin;\n1\n2\n\\.\ncommit;\n`,
  )
})

it('tells tools apart by the columns that they write', () => {
  expect(new Set(toolTables.map(({ name, columns }) => `${name} ${columns.join(' ')}`)).size).toBe(
    toolTables.length,
  )
})
