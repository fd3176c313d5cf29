import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checksOf } from '../catalog/check.ts'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openRowLab, type RowLab } from '../../test/support/row-lab.ts'

let server: Server
let lab: RowLab
beforeAll(async () => {
  server = await startServer({})
  lab = await openRowLab(server, schema)
})
afterAll(async () => {
  await lab.close()
  await server.stop()
})

const schema = `
create function lines_sum(j jsonb) returns numeric language sql immutable as $$
  select coalesce(sum((l->>'qty')::numeric * (l->>'price')::numeric), 0) from jsonb_array_elements(j) l $$;
create function ean13(t text) returns boolean language sql immutable as $$
  select t ~ '^\\d{13}$' and (10 - (select sum(substr(t, i, 1)::int * case when i % 2 = 1 then 1 else 3 end)
    from generate_series(1, 12) i) % 10) % 10 = substr(t, 13, 1)::int $$;
create table countries (code char(2) primary key, active boolean not null);
create function is_active(c text) returns boolean language plpgsql stable as $$
begin return exists (select 1 from public.countries k where k.code = c and k.active); end $$;
create table articles (id int primary key, lines jsonb not null, total numeric not null,
  constraint sum_of_lines check (total = lines_sum(lines)),
  ean text not null constraint german check (ean13(ean) and left(ean, 3) in ('400', '401')),
  country char(2) not null references countries constraint active check (is_active(country)),
  a int not null, b text not null, c text not null, d text not null, e text not null, f boolean not null, g date not null);
`

describe('a CHECK that calls functions', () => {
  it.each(['sum_of_lines', 'german', 'active'])(
    '%s has a row that it takes and one that it refuses',
    async (name) => {
      const table = lab.table('articles')
      expect((await lab.rows.worldWith(table, ['a', 'b', 'c'])).problem).toBeNull()
      const check = checksOf(lab.catalog, table.id).find((one) => one.name === name)!
      const { rows } = await lab.rows.distinguish(table, check.facts.expression, [], { ignoreChecks: [name] })
      expect(new Set(rows.map((row) => row.accepted))).toEqual(new Set([false, true]))
    },
  )
})
