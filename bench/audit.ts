/** What an audit log costs: bulk writes into an audited table beside the bare one, a row trigger and a plain statement trigger of the same run. */
import type { Architecture } from '../src/architecture/architecture.ts'
import { auditLog } from '../src/architecture/audit-log.ts'
import { architecture } from '../src/architecture/declare.ts'
import { table } from '../src/architecture/table.ts'
import type { Session } from '../src/postgres/session.ts'
import { startServer } from '../src/postgres/start.ts'
import { designedMigration } from '../test/support/audit-lab.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Writes into an audited table'

const rows = 100_000
const repetitions = 5

const audit = auditLog('audit_log')
const plain = {
  id: 'bigint',
  amount: 'integer',
  name: 'varchar(100)',
  price: 'numeric(10,2)',
  note: 'text',
  done: 'boolean',
  at: 'timestamptz',
} as const
const shop = {
  tenant_id: 'bigint',
  id: 'bigint',
  category_id: 'bigint',
  slug: 'varchar(100)',
  name: 'varchar(255)',
  price: 'numeric(10,2)',
  metadata: 'jsonb',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
} as const

const declared = architecture('bench', {
  tables: {
    plain_audited: table('plain_audited', plain, (t) => [t.primaryKey('id'), t.audited()]),
    shop_audited: table('shop_audited', shop, (t) => [t.primaryKey('tenant_id', 'id'), t.audited()]),
    personal_audited: table('personal_audited', plain, (t) => [
      t.primaryKey('id'),
      t.audited({ personal: ['name', 'note'], person: ['id'] }),
    ]),
    ...audit.tables,
  },
  identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) },
}) as unknown as Architecture

/** Rules that the audited and the bare tables have alike; the design above knows only the key and the audit. */
const others = `
  create table tenants (id bigint primary key);
  create table categories (tenant_id bigint references tenants, id bigint, primary key (tenant_id, id));
  insert into tenants select generate_series(1, 10);
  insert into categories select t, c from generate_series(1, 10) t, generate_series(1, 10) c;
  create table plain_bare (like plain_audited including all);
  create table plain_row (like plain_audited including all);
  create table plain_statement (like plain_audited including all);
  create table personal_bare (like plain_audited including all);
  create table shop_bare (like shop_audited including all);
  create table log_row (id bigint generated always as identity primary key, at timestamptz, role text, relation text, operation text, old jsonb, new jsonb);
  create table log_statement (like log_row including all);
  create function log_row() returns trigger language plpgsql as $$
  begin
    insert into log_row (at, role, relation, operation, old, new)
    values (now(), current_user, tg_table_name, tg_op, case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
    return null;
  end $$;
  create trigger log_row after insert or update or delete on plain_row for each row execute function log_row();
  create function log_statement() returns trigger language plpgsql as $$
  begin
    insert into log_statement (at, role, relation, operation, new)
    select now(), current_user, tg_table_name, tg_op, to_jsonb(n) from new_rows n;
    return null;
  end $$;
  create trigger log_statement after insert on plain_statement referencing new table as new_rows for each statement execute function log_statement();
  do $$ declare t text; begin
    foreach t in array array['plain_bare', 'plain_audited', 'plain_row', 'plain_statement', 'personal_bare', 'personal_audited'] loop
      execute format('alter table %I alter id add generated always as identity, alter name set not null', t);
    end loop;
    foreach t in array array['shop_bare', 'shop_audited'] loop
      execute format('alter table %I alter id add generated always as identity, alter slug set not null, alter name set not null,
        add check (slug ~ ''^[a-z0-9]+(-[a-z0-9]+)*$''), add check (price >= 0), add unique (tenant_id, slug),
        add foreign key (tenant_id) references tenants, add foreign key (tenant_id, category_id) references categories', t);
    end loop;
  end $$;`

const insertInto = (name: string): string =>
  name.startsWith('shop')
    ? `insert into ${name} (tenant_id, category_id, slug, name, price, metadata, created_at, updated_at)
       select i % 10 + 1, i % 9 + 1, 'product-' || i, 'Product ' || i, i % 1000, '{"size": 3, "tags": ["a", "b"]}', now(), now()
       from generate_series(1, ${rows}) i`
    : `insert into ${name} (amount, name, price, note, done)
       select i, 'name ' || i, i % 1000 + 0.5, 'some note of the row ' || i, i % 2 = 0 from generate_series(1, ${rows}) i`

type Kind = 'insert' | 'update' | 'delete'

/** Milliseconds of each write, medians; what one run leaves behind is cleared away before the next. */
const measure = async (
  db: Session,
  names: readonly string[],
  say: (text: string) => void,
): Promise<ReadonlyMap<string, Readonly<Record<Kind, number>>>> => {
  const found = new Map(
    names.map((name) => [name, { insert: [], update: [], delete: [] } as Record<Kind, number[]>]),
  )
  const clear = async (): Promise<void> => {
    for (const name of ['audit_log_rows', 'audit_log_statements', 'audit_log_personal'])
      await db.query(
        `alter table ${name} disable trigger user; truncate ${name}; alter table ${name} enable always trigger audit_log_guard`,
      )
    await db.query('truncate log_row, log_statement')
    for (const name of names)
      await db.query(
        `alter table ${name} disable trigger user; truncate ${name}; alter table ${name} enable trigger user`,
      )
  }
  for (let n = 0; n <= repetitions; n++) {
    say(`audit: repetition ${n} of ${repetitions}`)
    for (const name of names) {
      await clear()
      const times: Record<Kind, number> = {
        insert: await timed(() => db.query(insertInto(name))),
        update: await timed(() => db.query(`update ${name} set price = price + 1`)),
        delete: await timed(() => db.query(`delete from ${name}`)),
      }
      // The first one warms up.
      if (n > 0)
        for (const kind of ['insert', 'update', 'delete'] as const) found.get(name)![kind].push(times[kind])
    }
  }
  return new Map(
    [...found].map(([name, { insert, update, delete: gone }]) => [
      name,
      { insert: median(insert), update: median(update), delete: median(gone) },
    ]),
  )
}

/** Milliseconds of one statement of one row. */
const single = async (db: Session, name: string): Promise<number> => {
  const sql = insertInto(name).replace(`generate_series(1, ${rows})`, 'generate_series(1, 1)')
  const many = 500
  await db.query(sql)
  return (await timed(async () => void (await db.batch(Array.from({ length: many }, () => sql))))) / many
}

export const bench: Bench = async (say) => {
  const server = await startServer({})
  try {
    const database = await server.createDatabase('audit')
    const db = await server.connect(database, 'owner')
    await db.query(designedMigration(declared))
    await db.query(others)
    const names = [
      'plain_bare',
      'plain_audited',
      'plain_row',
      'plain_statement',
      'shop_bare',
      'shop_audited',
      'personal_audited',
    ]
    const all = await measure(db, names, say)
    const of = (name: string, kind: Kind): number => all.get(name)![kind]
    const times = (name: string, bare: string, kind: Kind): string =>
      `${figure(of(name, kind) / of(bare, kind))} times`
    const bare = (name: string, kind: Kind): string => `${figure(of(name, kind))} ms bare`
    const one: readonly [number, number] = [await single(db, 'plain_bare'), await single(db, 'plain_audited')]
    const lines: readonly BenchLine[] = [
      {
        measure: `insert of ${rows} rows, plain table`,
        value: times('plain_audited', 'plain_bare', 'insert'),
        reference: `${bare('plain_bare', 'insert')}; at most 2.5 times`,
      },
      { measure: '… with a row trigger and jsonb', value: times('plain_row', 'plain_bare', 'insert') },
      {
        measure: '… with a statement trigger and a row of jsonb each',
        value: times('plain_statement', 'plain_bare', 'insert'),
      },
      { measure: '… with two personal columns', value: times('personal_audited', 'plain_bare', 'insert') },
      {
        measure: `insert of ${rows} rows, table of a shop (keys, checks, foreign keys)`,
        value: times('shop_audited', 'shop_bare', 'insert'),
        reference: `${bare('shop_bare', 'insert')}; at most 2.5 times`,
      },
      {
        measure: 'update of one column of every row, plain table',
        value: times('plain_audited', 'plain_bare', 'update'),
        reference: `${bare('plain_bare', 'update')}; ${times('plain_row', 'plain_bare', 'update')} with a row trigger`,
      },
      {
        measure: 'update of one column of every row, table of a shop',
        value: times('shop_audited', 'shop_bare', 'update'),
        reference: bare('shop_bare', 'update'),
      },
      {
        measure: 'delete of every row, plain table',
        value: times('plain_audited', 'plain_bare', 'delete'),
        reference: `${bare('plain_bare', 'delete')}; ${times('plain_row', 'plain_bare', 'delete')} with a row trigger`,
      },
      {
        measure: 'insert of one row',
        value: `${figure(one[1] / one[0])} times`,
        reference: `${figure(one[0])} ms bare, ${figure(one[1])} ms audited`,
      },
    ]
    await db.end()
    return lines
  } finally {
    await server.stop()
  }
}
