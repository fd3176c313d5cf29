import { expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create table periods (id int primary key, year int not null check (year > 2000), span daterange not null check (not isempty(span)),
  constraint month check (lower(span) = make_date(year, 1 + id % 12, 1) and upper(span) = (lower(span) + interval '1 month')::date));
create table stays (id int primary key, begins timestamptz not null, nights int not null, during tstzrange not null check (not isempty(during)),
  constraint nights check (lower(during) = begins and upper(during) = begins + nights * interval '1 day'));
create table shifts (id int primary key, begins timestamp not null, during tsrange not null,
  constraint begins check (lower(during) = begins));
create table bills (id int primary key, issued date not null, served daterange not null,
  constraint served check (upper(served) <= issued + 31));
create table names (id int primary key, name text not null, folded text not null,
  constraint folded check (lower(name) = folded));
`

const lab = useRowLab(schema)

it.each([
  ['periods', 'month'],
  ['stays', 'nights'],
  ['shifts', 'begins'],
  ['bills', 'served'],
  ['names', 'folded'],
])(
  '%s: a range whose bounds follow from other columns is told from every one beside it',
  async (id, name) => {
    const table = lab().table(id)
    expect((await lab().rows.worldWith(table, ['a', 'b'])).problem).toBeNull()
    const { expression } = checksOf(lab().catalog, table.id).find((one) => one.name === name)!.facts
    const mutants = expressionMutants(expression).map((one) => one.sql)
    const { rows, untold } = await lab().rows.distinguish(table, expression, mutants, {
      ignoreChecks: [name],
    })
    expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
    // A date without a day is an error in every row: whatever is accepted tells it.
    const open = untold.map((at) => mutants[at]!).filter((sql) => !sql.includes('(id % 12), 0)'))
    expect(open).toEqual([])
  },
)
