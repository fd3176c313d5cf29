/** Generated columns whose type ends where the types end that they are computed of: adopted and proven. */
import { expect, test } from 'vitest'
import { findingsOf } from '../../test/support/adopted-sql.ts'

test('an amount with its sign, and a total of its parts', async () => {
  const { proven } = await findingsOf(`
create table entries (id int primary key, side text not null check (side in ('debit', 'credit')),
  amount numeric(18,2) not null check (amount > 0),
  signed numeric(18,2) generated always as (case side when 'debit' then amount else -amount end) stored);
create table lines (id int primary key, quantity int not null check (quantity between 1 and 999),
  unit_price numeric(10,2) not null, amount numeric(12,2) generated always as (quantity * unit_price) stored);`)
  expect(proven.filter(({ severity }) => severity === 'error')).toEqual([])
})
