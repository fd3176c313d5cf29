/**
 * Indexed rules through the whole engine on a real server: each index is claimed, its statements need it on loaded
 * rows, and every mutant of it is noticed. One table per index, so that none stands in for another.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architecture, table } from '../index.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { relationId } from '../ground/names.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from './prove.ts'
import type { ProveResult } from './result.ts'

const columns = {
  id: 'bigint',
  user_id: 'bigint',
  kind: 'text',
  at: 'timestamptz',
  gone_at: 'timestamptz',
  data: 'jsonb',
  tags: 'text[]',
  doc: 'tsvector',
  during: 'tstzrange',
  name: 'varchar(80)',
  amount: 'numeric(10,2)',
} as const

const createTable = (name: string): string => `
  create table ${name} (
    id bigint generated always as identity primary key,
    user_id bigint not null,
    kind text not null check (kind in ('login', 'view', 'buy')),
    at timestamptz not null default now(),
    gone_at timestamptz,
    data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
    tags text[] not null,
    doc tsvector,
    during tstzrange,
    name varchar(80) not null check (name ~ '^[a-z]+$'),
    amount numeric(10, 2) not null check (amount >= 0),
    check (gone_at > at)
  );`

type Key = string | { readonly key: string; readonly operatorClass?: string; readonly descending?: boolean }
interface Case {
  readonly ddl: string
  /** Instead of the plain table. */
  readonly create?: string
  readonly keys: readonly Key[]
  readonly options?: object
}

/** Table → its index, as the migration and as the declaration have it. */
const cases: Readonly<Record<string, Case>> = {
  one: { ddl: '(user_id)', keys: ['user_id'] },
  newest: { ddl: '(user_id, at desc)', keys: ['user_id', 'at desc'] },
  three: { ddl: '(user_id, kind, at)', keys: ['user_id', 'kind', 'at'] },
  nulls: { ddl: '(gone_at desc nulls last, id)', keys: ['gone_at desc nulls last', 'id'] },
  living: {
    ddl: '(kind, at) where gone_at is null',
    keys: ['kind', 'at'],
    options: { where: 'gone_at is null' },
  },
  dear: {
    ddl: '(user_id, id) where amount > 100',
    keys: ['user_id', 'id'],
    options: { where: 'amount > 100' },
  },
  carrying: { ddl: '(user_id) include (kind, at)', keys: ['user_id'], options: { include: ['kind', 'at'] } },
  lowered: { ddl: '(lower(name), id)', keys: ['lower(name)', 'id'] },
  hashed: { ddl: 'using hash (user_id)', keys: ['user_id'], options: { using: 'hash' } },
  pathed: {
    ddl: 'using gin (data jsonb_path_ops)',
    keys: ['data'],
    options: { using: 'gin', operatorClass: 'jsonb_path_ops' },
  },
  keyed: { ddl: 'using gin (data)', keys: ['data'], options: { using: 'gin' } },
  tagged: { ddl: 'using gin (tags)', keys: ['tags'], options: { using: 'gin' } },
  searched: { ddl: 'using gin (doc)', keys: ['doc'], options: { using: 'gin' } },
  booked: { ddl: 'using gist (during)', keys: ['during'], options: { using: 'gist' } },
  spaced: { ddl: 'using spgist (during)', keys: ['during'], options: { using: 'spgist' } },
  logged: { ddl: 'using brin (at)', keys: ['at'], options: { using: 'brin' } },
  patterned: {
    ddl: '(name text_pattern_ops)',
    keys: [{ key: 'name', operatorClass: 'text_pattern_ops' }],
  },
  trigrams: {
    ddl: 'using gin (name gin_trgm_ops)',
    keys: ['name'],
    options: { using: 'gin', operatorClass: 'gin_trgm_ops' },
  },
  served: {
    ddl: '(kind, at desc)',
    keys: ['kind', 'at desc'],
    options: { serves: `select * from served where kind = 'kind-000007' order by at desc limit 10` },
  },
  parted: {
    create: `
      create table parted (
        id bigint not null, user_id bigint not null, kind text, at timestamptz not null, gone_at timestamptz,
        data jsonb, tags text[], doc tsvector, during tstzrange, name varchar(80), amount numeric(10, 2),
        primary key (id, at)
      ) partition by range (at);
      create table parted_2024 partition of parted for values from ('2024-01-01') to ('2025-01-01');
      create table parted_2025 partition of parted for values from ('2025-01-01') to ('2026-01-01');`,
    ddl: '(user_id, id desc)',
    keys: ['user_id', 'id desc'],
  },
  joined: {
    ddl: '(user_id)',
    keys: ['user_id'],
    options: {
      serves: `select newest.at, joined.kind from newest join joined on joined.user_id = newest.user_id where newest.id = 7`,
    },
  },
  'Odd "table"': {
    create: `
      create table "Odd ""table""" (
        id bigint primary key, user_id bigint not null, kind text, at timestamptz not null, gone_at timestamptz,
        data jsonb, tags text[], doc tsvector, during tstzrange, name varchar(80), amount numeric(10, 2)
      );`,
    ddl: '(kind, at)',
    keys: ['kind', 'at'],
  },
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const migration = Object.entries(cases)
  .map(([name, { ddl, create }]) => {
    const [, using = '', rest] = /^(using \w+ )?(.*)$/su.exec(ddl)!
    return `${create ?? createTable(name)} create index ${quoted(`${name}_index`)} on ${quoted(name)} ${using}${rest!};`
  })
  .join('\n')

const guarded = `
  create table users (id bigint primary key);
  alter table newest add foreign key (user_id) references users;
  create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
  alter table newest enable row level security;
  alter table newest force row level security;
  create policy own on newest using (user_id = current_setting('app.user')::bigint);`

const declared = (): Architecture => {
  const tables = Object.entries(cases).map(([name, { keys, options }]) =>
    table({ schema: 'public', name }, columns, (t) => [
      (t.indexed as (...given: unknown[]) => ReturnType<typeof t.indexed>)(
        ...keys,
        ...(options === undefined ? [] : [options]),
      ),
    ]),
  )
  return architecture('plans', {
    tables: Object.fromEntries(tables.map((one) => [one.name, one])) as never,
  })
}

let server: Server
let result: ProveResult

const idOf = (name: string): string => relationId({ schema: 'public', name })
const ruleOf = (name: string) => result.rules.find((r) => r.table === idOf(name) && r.kind === 'indexed')!
const indexOf = (name: string) => result.structures.find((s) => s.table === idOf(name) && s.kind === 'index')!

const proveOn = async (names: readonly string[]): Promise<ProveResult> => {
  const template = await server.createDatabase('plans')
  const admin = await server.connect(template, 'administrator')
  await admin.query('create extension pg_trgm')
  await admin.end()
  const owner = await server.connect(template, 'owner')
  await owner.query(migration + guarded)
  await owner.end()
  await server.admitRoles()
  const plans = declared()
  try {
    return await prove({
      architecture: plans,
      server,
      template,
      steps: ['red', 'green', 'mutate'],
      only: plans.tables
        .filter((t) => names.includes(t.name))
        .flatMap((t) => t.rules.filter((r) => r.kind === 'indexed').map((r) => r.id)),
      startSeconds: 0,
    })
  } finally {
    await server.dropDatabase(template)
  }
}

beforeAll(async () => {
  server = await startServer({})
  result = await proveOn(Object.keys(cases))
})
afterAll(() => server?.stop())

describe.each(Object.keys(cases))('the index of %s', (name) => {
  it('is claimed, and its statements need it', () => {
    const rule = ruleOf(name)
    expect(rule.unsolved).toEqual([])
    expect(rule.experiments.filter((e) => !e.holds).map((e) => [e.experiment.title, e.difference])).toEqual(
      [],
    )
    expect(rule.green).toBe(true)
    expect(rule.claims).toEqual([indexOf(name).id])
  })

  it('turns its rule red when it is gone', () => {
    expect(ruleOf(name).red).toMatchObject({ proven: true })
  })

  it('has no mutant that stays unnoticed', () => {
    const { mutants } = indexOf(name)
    const open = mutants.filter((m) => !['killed', 'stillborn', 'equivalent'].includes(m.verdict))
    expect(open.map((m) => `${m.verdict}: ${m.id}: ${m.why}`)).toEqual([])
    expect(mutants.some((m) => m.verdict === 'killed')).toBe(true)
  })
})

it('says the same on a second run', async () => {
  const names = ['newest', 'living', 'pathed', 'logged', 'parted']
  const again = await proveOn(names)
  const texts = ({ rules, structures }: ProveResult) => ({
    rules: rules
      .filter((rule) => rule.kind === 'indexed' && names.includes(rule.table))
      .map((rule) => [rule.id, rule.red, rule.experiments.map((e) => [e.experiment.when, e.observed.rows])]),
    mutants: structures
      .filter((s) => s.kind === 'index' && s.table !== null && names.includes(s.table))
      .map((s) => s.mutants.map((m) => [m.id, m.verdict, m.why])),
  })
  expect(texts(again)).toEqual(texts(result))
  expect(texts(again).rules).toHaveLength(names.length)
})
