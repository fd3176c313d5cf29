import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faultsOver, openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { prove } from '../prove/prove.ts'

/** Name, expression over the columns below. */
const checks = {
  price_low: 'price >= 0',
  price_step: 'price * 4 = floor(price * 4)',
  code_form: `code ~ '^[A-Z]{2}-[0-9]{3}$'`,
  kind_known: `kind in ('cash', 'card', 'debt')`,
  debt_is_small: `kind <> 'debt' or price < 100`,
  ends_later: 'ends_at > starts_at',
  long_enough: 'char_length(name) between 3 and 20',
  options_object: `jsonb_typeof(options) = 'object' and (options ->> 'size')::int > 0`,
  not_future: 'made_on <= current_date',
  even: 'is_even(amount)',
  one_of: 'num_nonnulls(phone, mail) = 1',
  tagged: `cardinality(tags) > 0 and 'all' <> all (tags)`,
  no_lead: `name not like ' %'`,
  fits: 'fits(amount, price)',
} as const

const columns = {
  id: 'integer',
  price: 'numeric(8,2)',
  code: 'text',
  kind: 'varchar(10)',
  starts_at: 'timestamptz',
  ends_at: 'timestamptz',
  name: 'varchar(40)',
  options: 'jsonb',
  made_on: 'date',
  amount: 'integer',
  phone: 'text',
  mail: 'text',
  tags: 'text[]',
  gross: 'numeric',
} as const

const sales = table('sales', columns, (t) => [
  t.primaryKey('id'),
  t.required('price', 'code', 'kind', 'starts_at', 'ends_at', 'name', 'options', 'made_on', 'amount', 'tags'),
  ...Object.entries(checks).map(([name, expression]) => t.check(name, expression)),
  t.generated({ gross: 'taxed(price)' }),
])

const schema = `
create function is_even(n integer) returns boolean language sql immutable return n % 2 = 0;
create function fits(n integer, p numeric) returns boolean language sql immutable strict
  return n is not null and p is not null and (p < 900 or n > 0);
create function taxed(p numeric) returns numeric language sql immutable strict return coalesce(p, 1) * 2;
create table sales (
  id integer primary key,
  price numeric(8,2) not null, code text not null, kind varchar(10) not null,
  starts_at timestamptz not null, ends_at timestamptz not null, name varchar(40) not null,
  options jsonb not null, made_on date not null, amount integer not null,
  phone text, mail text, tags text[] not null, gross numeric generated always as (taxed(price)) stored,
  ${Object.entries(checks)
    .map(
      ([name, expression], i) =>
        `constraint ${i === 0 ? 'another_name' : `sales_${name}`} check (${expression})`,
    )
    .join(',\n  ')}
);
`

const declared = architecture('checks', { tables: { sales } }) as unknown as Architecture

let server: Server
let lab: RuleLab

beforeAll(async () => {
  server = await startServer({})
  lab = await openRuleLab(server, declared, schema)
})

afterAll(async () => {
  await lab?.close()
  await server?.stop()
})

describe('check', () => {
  test('holds, with accepted and refused rows for each', () => {
    expect(lab.faults()).toEqual([])
    for (const name of Object.keys(checks)) {
      const ends = lab.rule(`sales/check:${name}`).experiments.map((e) => e.then.kind)
      expect(ends, name).toContain('accepted')
      expect(ends, name).toContain('rejected')
    }
  })

  test('finds the constraint by its name, with or without its table’s, else by what it says', () => {
    expect(lab.rule('sales/check:price_low').claims).toEqual(['sales/check:another_name'])
    expect(lab.rule('sales/check:even').claims).toEqual(['sales/check:sales_even'])
  })

  test('is red without its constraint', async () => {
    const red = await lab.red()
    const left = lab.rules.filter((r) => r.rule.kind === 'check' && !red.get(r.rule.id)!.proven)
    expect(left.map((r) => r.rule.id)).toEqual([])
  })

  test('notices every mutant but those that no value can tell apart', async () => {
    const { killed, left } = await lab.left((s) => s.kind === 'check')
    expect(left).toMatchInlineSnapshot(`
      [
        "survived sales/check:sales_price_step~relational-operator-exchanged:<=: every experiment answers as before",
      ]
    `)
    expect(killed).toBeGreaterThan(100)
  })

  test('whether a function is called on null that never sees one is nothing to notice', async () => {
    const { left, equivalent } = await lab.left((s) => ['fits', 'taxed'].includes(s.name))
    expect(left.filter((one) => one.includes('~called-on-null'))).toEqual([])
    expect([...equivalent].filter(([id]) => id.includes('~called-on-null')).map(([, why]) => why)).toEqual([
      'only CHECKs and generated columns call it, with values that are never null',
      'only CHECKs and generated columns call it, with values that are never null',
    ])
  })

  // Each of them runs for two seconds.
  test.runIf(process.env['ASSAY_RUNS'])(
    'mutants of a function that never end hold up nobody for each row',
    async () => {
      const counted = architecture('counted', {
        tables: {
          codes: table('codes', { code: 'integer' }, (t) => [
            t.primaryKey('code'),
            t.check('code_digits', 'digits(code) > 1'),
          ]),
        },
      })
      const template = await server.createDatabase('endless')
      const owner = await server.connect(template, 'owner')
      await owner.query(`create function digits(n integer) returns integer language plpgsql immutable strict as $$
      declare found integer := 0; left_over integer := n;
      begin while left_over > 0 loop found := found + 1; left_over := left_over / 10; end loop; return found; end $$;
      create table codes (code integer primary key, constraint codes_code_digits check (digits(code) > 1))`)
      await owner.end()
      const { summary } = await prove({
        architecture: counted,
        server,
        template,
        steps: ['green'],
        only: ['codes/check:code_digits'],
        startSeconds: 0,
      })
      expect(summary).toMatchObject({ rules: 1, green: 1 })
    },
  )

  test('a row that another constraint refuses says nothing of a function that takes it', async () => {
    const excuses = architecture('excuses', {
      tables: {
        excuses: table('excuses', { id: 'integer', kind: 'text', days: 'integer', doc: 'uuid' }, (t) => [
          t.primaryKey('id'),
          t.required('kind', 'days'),
          t.check('kind_known', `kind in ('sick', 'family', 'official')`),
          t.check('some_days', 'days > 0'),
          t.check('in_order', 'excuse_ok(kind, days, doc)'),
        ]),
      },
    }) as unknown as Architecture
    const faults = await faultsOver(
      server,
      excuses,
      `create function excuse_ok(kind text, days integer, doc uuid) returns boolean language plpgsql immutable as $$ begin
         if kind = 'sick' then return days <= 42 and (days <= 3 or doc is not null);
         elsif kind = 'family' then return days <= 10;
         else return days = 1; end if; end $$;
       create table excuses (id integer primary key, kind text not null check (kind in ('sick', 'family', 'official')),
         days integer not null check (days > 0), doc uuid, check (excuse_ok(kind, days, doc)))`,
    )
    expect(faults).toEqual([])
  })

  test('a function that throws for some of the rows is told from its mutants by the others', async () => {
    const codes = architecture('codes', {
      tables: {
        codes: table('codes', { id: 'integer', code: 'text' }, (t) => [
          t.primaryKey('id'),
          t.required('code'),
          t.check('code_ok', 'code_ok(code)'),
        ]),
      },
    })
    const template = await server.createDatabase('throwing')
    const owner = await server.connect(template, 'owner')
    await owner.query(`create function code_ok(code text) returns boolean language plpgsql immutable as $$ begin
        if code::integer > 81 or code::integer = 13 then return false; end if;
        if code::integer % 7 = 3 then return false; end if;
        return true; end $$;
      create table codes (id integer primary key, code text not null constraint codes_code_ok check (code_ok(code)))`)
    await owner.end()
    const { structures } = await prove({
      architecture: codes,
      server,
      template,
      steps: ['green', 'red', 'mutate'],
      only: [],
      startSeconds: 0,
    })
    const { mutants = [] } = structures.find(({ id }) => id.startsWith('function:code_ok')) ?? {}
    const told = (one: string) =>
      mutants.flatMap(({ summary, verdict }) => (verdict === one ? [summary] : []))
    expect(told('survived')).toEqual([])
    expect(told('killed').length).toBeGreaterThan(28)
  })

  test('a constraint that lets through what the declaration refuses is not green', async () => {
    const prices = architecture('prices', {
      tables: {
        prices: table('prices', { id: 'integer', price: 'numeric(8,2)' }, (t) => [
          t.primaryKey('id'),
          t.check('price_low', 'price >= 0'),
        ]),
      },
    })
    for (const [written, isGreen] of [
      ['price >= -1', false],
      ['price > -0.01', true],
      ['price >= 0 or price < -5', false],
    ] as const) {
      const template = await server.createDatabase('weaker')
      const owner = await server.connect(template, 'owner')
      await owner.query(
        `create table prices (id integer primary key, price numeric(8,2) constraint prices_price_low check (${written}))`,
      )
      await owner.end()
      const { rules } = await prove({
        architecture: prices,
        server,
        template,
        steps: ['green'],
        only: ['prices/check:price_low'],
        startSeconds: 0,
      })
      expect(
        rules.map((rule) => rule.green),
        written,
      ).toEqual([isGreen])
    }
  })

  test('a weaker or a stronger constraint than the declared one is not green', async () => {
    const wrong = await openRuleLab(
      server,
      declared,
      schema
        .replace('check (price >= 0)', 'check (price > 0)')
        .replace('between 3 and 20', 'between 3 and 21')
        .replace(`'cash', 'card', 'debt'`, `'cash', 'card', 'debt', 'gift'`)
        .replace('made_on <= current_date', 'made_on < current_date'),
    )
    try {
      const broken = wrong.rules.filter((r) => r.rule.kind === 'check' && !r.green).map((r) => r.rule.id)
      expect(broken).toEqual([
        'sales/check:price_low',
        'sales/check:kind_known',
        'sales/check:long_enough',
        'sales/check:not_future',
      ])
    } finally {
      await wrong.close()
    }
  })
})
