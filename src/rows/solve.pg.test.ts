import { describe, expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const lab = useRowLab(`create type status as enum ('new', 'paid', 'shipped');
     create table customers (id int primary key);
     create table orders (id int primary key, customer_id int not null references customers, status status not null,
       paid_at date, shipped_at date, quantity int not null check (quantity > 0), price numeric(8,2) not null,
       total numeric(10,2) not null, code varchar(5), deleted_at timestamptz,
       constraint shipped_when check (status <> 'shipped' or shipped_at is not null),
       constraint shipped_later check (shipped_at >= paid_at),
       constraint total_is check (total = quantity * price));
     create table periods (id int primary key, year int not null check (year between 2000 and 2100), quarter int not null,
       "starts on" date not null check ("starts on" = date_trunc('month', "starts on")::date), ends date not null, note text,
       constraint quarter_is check (extract(quarter from "starts on") = quarter and extract(year from "starts on") = year),
       constraint ends_is check (ends = ("starts on" + interval '3 months' - interval '1 day')::date));
     create type kind as enum ('maven', 'npm', 'pypi', 'helm');
     create function name_ok(kind kind, name text) returns boolean language plpgsql immutable as $$ begin
       return case kind when 'npm' then name ~ '^(?:@[a-z0-9~-]+/)?[a-z0-9~-][a-z0-9._~-]*$' and length(name) <= 214
         when 'pypi' then name ~* '^[a-z0-9][a-z0-9._-]*$' else name ~ '^[A-Z]+ .*$' end; end $$;
     create function semver_ok(v text) returns boolean language sql immutable as $$ select v ~ '^(0|[1-9][0-9]*)[.](0|[1-9][0-9]*)[.](0|[1-9][0-9]*)$' $$;
     create table packages (id int primary key, name varchar not null, version varchar, kind kind not null, status int not null default 0, note text,
       constraint names check (name_ok(kind, name)), constraint versions check (kind not in ('npm', 'helm') or version is null or semver_ok(version)));
     create table ratios (id int primary key, part int not null, whole int not null, constraint ratio check (10 / whole > part))`)

const orders = () => lab().table('orders')

describe('solve', () => {
  it('gives what is wished of single columns, and lets others follow that hold already', async () => {
    const table = lab().table('packages')
    const where = ['name is not null', '"version" is not null', "kind = 'npm' and status <> 4"]
    expect(await lab().rows.solve(table, { where })).toEqual({
      row: expect.objectContaining({ kind: `'npm'`, version: expect.stringMatching(/^'\d+\.\d+\.\d+'$/u) }),
    })
  })

  it('keeps the base row where the pins break nothing', async () => {
    const base = await lab().rows.base(orders(), 'b')
    const solved = await lab().rows.solve(orders(), { pins: { id: '7' }, family: 'b' })
    expect(solved).toEqual({ row: { ...base, id: '7' } })
  })

  it('changes as little as the row-level constraints ask for', async () => {
    const base = await lab().rows.base(orders(), 'a')
    const solved = await lab().rows.solve(orders(), { pins: { quantity: '5' } })
    expect(solved).toEqual({ row: { ...base, quantity: '5', total: '5' } })
    const unshipped = await lab().rows.solve(orders(), { pins: { status: `'shipped'`, shipped_at: 'null' } })
    expect(unshipped).toEqual({
      unsolved: 'the given values break CHECK shipped_when',
      tried: `status = 'shipped', shipped_at = null`,
    })
  })

  it('obeys further wishes, and leaves out the CHECKs under proof', async () => {
    const living = await lab().rows.solve(orders(), { where: ['deleted_at is not null', `status = 'paid'`] })
    expect(living).toMatchObject({ row: { status: `'paid'`, deleted_at: `'2024-01-01 12:00:00+00'` } })
    const wrong = await lab().rows.solve(orders(), { pins: { total: '99' }, ignoreChecks: ['total_is'] })
    expect(wrong).toEqual({ row: { ...(await lab().rows.base(orders(), 'a')), total: '99' } })
  })

  it('moves a date on which others hang, and these follow it', async () => {
    const next = await lab().rows.solve(lab().table('periods'), { pins: { year: '2024', quarter: '3' } })
    expect(next).toMatchObject({ row: { 'starts on': `'2024-07-01'`, ends: `'2024-09-30'` } })
    const last = await lab().rows.solve(lab().table('periods'), {
      pins: { year: '2100' },
      where: ['quarter <> 4'],
    })
    expect(last).toMatchObject({ row: { 'starts on': expect.stringContaining('2100-'), year: '2100' } })
  })

  it('lets a pinned value that is none of its type stand', async () => {
    const solved = await lab().rows.solve(orders(), { pins: { code: `repeat('x', 6)` } })
    expect(solved).toMatchObject({ row: { code: `repeat('x', 6)` } })
  })

  it('says what it could not find', async () => {
    const solved = await lab().rows.solve(orders(), { where: ['quantity > 5 and quantity < 5'] })
    expect(solved).toMatchObject({ unsolved: expect.stringContaining('quantity > 5 and quantity < 5') })
  })

  it('is not disturbed by an expression that throws', async () => {
    expect(
      await lab().refusal((await lab().rows.worldWith(lab().table('ratios'), ['a', 'b', 'c'])).statements),
    ).toBeNull()
    expect(
      await lab().rows.judge(
        lab().table('ratios'),
        [
          { part: '1', whole: '0' },
          { part: '1', whole: '5' },
          { part: 'null', whole: '5' },
        ],
        ['10 / whole > part', 'part = 1', 'no_such_column'],
      ),
    ).toEqual([
      ['error', 't', 'error'],
      ['t', 't', 'error'],
      [null, null, 'error'],
    ])
  })
})

describe('candidates', () => {
  it('are typical first, then constants with neighbours, then edges', async () => {
    const found = await lab().rows.candidates(orders(), 'quantity', ['quantity <= 90'])
    expect(found.slice(0, 6)).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(found).toEqual(expect.arrayContaining(['89', '90', '91', '0', '-1', '2147483647', '-2147483648']))
    expect(await lab().rows.candidates(orders(), 'status')).toEqual([`'new'`, `'paid'`, `'shipped'`])
    expect(await lab().rows.candidates(orders(), 'code')).toEqual(expect.arrayContaining([`'aaaaa'`, `''`]))
    expect(await lab().rows.candidates(orders(), 'price')).toEqual(
      expect.arrayContaining(['999999.99', '-999999.99']),
    )
  })
})

describe('where', () => {
  it('finds exactly the row', async () => {
    for (const id of ['orders', 'ratios', 'customers']) {
      const table = lab().table(id)
      const row = (await lab().rows.base(table, 'b'))!
      const world = await lab().rows.worldWith(table, ['a', 'b', 'c'])
      expect(lab().rows.where(table, row)).toBe('"id" = 1002')
      const probe = `do $$ begin assert (select count(*) from "${id}" where ${lab().rows.where(table, row)}) = 1; end $$`
      expect(await lab().refusal([...world.statements, probe])).toBeNull()
    }
  })
})
