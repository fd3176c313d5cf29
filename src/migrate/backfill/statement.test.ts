import { beforeAll, describe, expect, test } from 'vitest'
import { loadParser, parseStatements } from '../../postgres/parse.ts'
import { readBackfillStatement } from './statement.ts'

beforeAll(loadParser)

const read = (text: string) => readBackfillStatement({ file: null, text })

describe('a statement over a range of keys', () => {
  test.each([
    [`update t set a = 1`, `update t set a = 1\nwhere R`],
    [`update t set a = 1 where b is null;`, `update t set a = 1\nwhere (b is null\n) and R`],
    [`update t set a = 1 where b or c -- why\n`, `update t set a = 1\nwhere (b or c\n) and R`],
    [
      `update t set a = (select x from u where u.id = t.id), b = array[1, 2]`,
      `update t set a = (select x from u where u.id = t.id), b = array[1, 2]\nwhere R`,
    ],
    [
      `/* head */ update only "T" as "x y" set a = s.v from (select 1 as v where true) s WHERE "x y".b = ';'`,
      `update only "T" as "x y" set a = s.v from (select 1 as v where true) s\nwhere ("x y".b = ';'\n) and R`,
    ],
    [`delete from s.t using u where u.id = t.id`, `delete from s.t using u\nwhere (u.id = t.id\n) and R`],
    [
      `insert into p (id, a) select t.id, t.a from t for update;`,
      `insert into p (id, a) select t.id, t.a from t\nwhere R\nfor update`,
    ],
    [
      `insert into p select t.id, (select x from u for share limit 1) from only s.t as t left join u on u.id = t.id
       where t.a in (select b from u where true) -- why
       for no key update of t on conflict (id) do update set a = 1 where p.a > 0`,
      `insert into p select t.id, (select x from u for share limit 1) from only s.t as t left join u on u.id = t.id
where (t.a in (select b from u where true)
) and R
for no key update of t on conflict (id) do update set a = 1 where p.a > 0`,
    ],
    [`update t set a = 'é — where' where b = 'ü'`, `update t set a = 'é — where'\nwhere (b = 'ü'\n) and R`],
  ])('%s', (text, within) => {
    const statement = read(text)
    expect(statement.within('R')).toBe(within)
    expect(() => parseStatements(statement.within('(t.id) > (1)'))).not.toThrow()
  })

  test('names its table, its columns and how they are called', () => {
    const statement = read(`update "Sales"."Or""ders" o set total = 1, "Net" = 2 where o.id > 5`)
    expect(statement.table).toEqual({ schema: 'Sales', name: 'Or"ders' })
    expect(statement.sets).toEqual(['total', 'Net'])
    expect(statement.condition).toBe('o.id > 5')
    expect(statement.column('I d')).toBe('"o"."I d"')
    expect(read('delete from t').column('id')).toBe('"t"."id"')
    expect(read('update t set (a, b) = (1, 2)').sets).toEqual(['a', 'b'])
  })

  test('an insert walks the table that it reads and locks, and knows the one that it fills', () => {
    const statement = read(
      `insert into "S".p select h.id from only "Sales"."Or""ders" h, u where exists (select from v) for no key update of h, u`,
    )
    expect(statement).toMatchObject({
      verb: 'insert',
      table: { schema: 'Sales', name: 'Or"ders' },
      into: { schema: 'S', name: 'p' },
      sets: [],
      condition: 'exists (select from v)',
    })
    expect(statement.reads.map(({ name }) => name).toSorted()).toEqual(['Or"ders', 'u', 'v'])
    expect(statement.locks.map(({ name }) => name)).toEqual(['Or"ders', 'u'])
    expect(statement.column('I d')).toBe('"h"."I d"')
    expect(read('update t set a = (select b from u for update) from v').locks).toEqual([
      { schema: null, name: 'u' },
    ])
  })

  test.each([
    ['select 1', 'select statement'],
    ['insert into t select 1', 'no table'],
    ['insert into t values (1)', 'no table'],
    ['insert into t default values', 'no table'],
    ['insert into t select 1 from generate_series(1, 2) for update', 'no table'],
    ['insert into t select 1 from a full join b on true for update of a', 'FULL JOIN'],
    ['insert into t select a from u', 'FOR NO KEY UPDATE'],
    ['insert into t select a from u, v for update of v', 'FOR NO KEY UPDATE'],
    ['insert into t select a from u for update skip locked', 'SKIP LOCKED'],
    ['insert into t select a from u for update nowait', 'SKIP LOCKED or NOWAIT'],
    ['insert into t select a from u limit 5 for update', 'LIMIT'],
    ['insert into t select a from u order by a for update', 'ORDER BY'],
    ['insert into t (select a from u for update)', 'brackets'],
    ['insert into t select a from u for update returning a', 'RETURNING'],
    ['insert into t select a from u union select a from v', 'UNION'],
    ['with x as (select 1) insert into t select a from u for update', 'WITH'],
    ['insert into t with x as (select 1) select a from u for update', 'WITH'],
    ['update t set a = 1; update t set b = 2', '2 statements'],
    ['', 'no statement'],
    ['-- nothing', 'no statement'],
    ['update t set', 'PostgreSQL'],
    ['with x as (select 1) update t set a = 1', 'WITH'],
    ['update t set a = 1 returning a', 'RETURNING'],
    ['delete from t where current of c', 'WHERE CURRENT OF'],
  ])('refused: %s', (text, found) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'backfill.statement',
        found: expect.stringContaining(found) as string,
      }) as Error,
    )
  })
})
