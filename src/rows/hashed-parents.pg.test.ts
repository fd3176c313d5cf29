import { expect, it } from 'vitest'
import { useRowLab } from '../../test/support/row-lab.ts'

const schema = `
create table devices (id macaddr8 primary key, name text not null);
create table readings (device macaddr8 not null references devices, metric text not null, at timestamptz not null,
  primary key (device, metric, at)) partition by list (metric);
create table readings_rest partition of readings default;
create table readings_place partition of readings for values in ('place') partition by hash (device);
create table readings_place_0 partition of readings_place for values with (modulus 5, remainder 0);
create table readings_place_1 partition of readings_place for values with (modulus 5, remainder 1);
create table readings_place_2 partition of readings_place for values with (modulus 5, remainder 2);
create table readings_place_3 partition of readings_place for values with (modulus 5, remainder 3);
create table readings_place_4 partition of readings_place for values with (modulus 5, remainder 4);
`

const lab = useRowLab(schema)

it.each([0, 1, 2, 3, 4])(
  'the rows of hash partition %i point to parents whose key falls there',
  async (n) => {
    const { problem } = await lab().rows.worldWith(lab().table(`readings_place_${n}`), ['a', 'b'])
    expect(problem).toBeNull()
  },
)
