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

  test.each([
    ['select 1', 'select statement'],
    ['insert into t select 1', 'insert statement'],
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
