import { beforeAll, describe, expect, test } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { plpgsqlPlaces } from './plpgsql-places.ts'

beforeAll(loadParser)

const texts = (body: string): Record<string, readonly string[]> => {
  const places = plpgsqlPlaces(body)
  const of = (what: 'statement' | 'condition' | 'filter' | 'join'): readonly string[] =>
    places.filter((p) => p.what === what).map((p) => body.slice(p.start, p.end))
  return {
    statements: of('statement'),
    conditions: of('condition'),
    filters: of('filter'),
    joins: of('join'),
  }
}

describe('places of a PL/pgSQL body', () => {
  test('statements are found inside ifs, loops, cases, blocks and handlers', () => {
    expect(
      texts(`
declare n integer := 3; "begin" text default 'begin;';
begin
  -- é; comment
  if tg_op = 'é' then n := 1; elsif case when n > 1 then true else false end then perform f(n); else null; end if;
  <<outer>> for r in select * from x where a > 1 loop exit outer when r.b; end loop;
  while n > 2 loop n := n - 1; end loop;
  case n when 1 then delete from t; else n := 4; end case;
  case when n > 5 then insert into t select case when true then 1 else 2 end; end case;
  begin
    update t set a = (select max(a) from u where u.b = t.b) where a = n returning a into n;
  exception when unique_violation or others then
    raise 'no; %', n using errcode = '23514';
  end;
  return new;
end`),
    ).toEqual({
      statements: [
        'n := 1',
        'perform f(n)',
        'exit outer when r.b',
        'n := n - 1',
        'delete from t',
        'n := 4',
        'insert into t select case when true then 1 else 2 end',
        'update t set a = (select max(a) from u where u.b = t.b) where a = n returning a into n',
        "raise 'no; %', n using errcode = '23514'",
      ],
      conditions: ["tg_op = 'é'", 'case when n > 1 then true else false end', 'n > 2', 'n > 5'],
      filters: ['a > 1', 'u.b = t.b', 'a = n'],
      joins: [],
    })
  })

  test('a filter ends where another clause begins', () => {
    expect(
      texts(`begin
  insert into t select a from u where a = 1 group by a having a > 2 on conflict (a) where a > 3 do update set b = 1 where t.a = 4;
  return query select count(*) filter (where c = 5) from v where d = 6 order by 1 limit 3 for update;
  delete from t where current of c;
end`)['filters'],
    ).toEqual(['a = 1', 'a > 3', 't.a = 4', 'c = 5', 'd = 6'])
  })

  test('a join condition ends where the next join or clause begins; other words ON are none', () => {
    expect(
      texts(`begin
  select a.x into v from a join b on a.id = b.id and left(b.n, 2) = 'x' left join c using (id) right outer join d on d.id = c.id
    cross join e where a.x = 1;
  for r in select distinct on (x) x from a inner join (select 1 from f join g on f.z = g.z where g.q) h on h.id = a.id loop null; end loop;
  insert into t select 1 from a join b on true on conflict (id) do nothing;
  update t set x = 1 from a join b join c on b.id = c.id on a.id = b.id, k where t.id = k.id;
  merge into t using (select 1 as id) s on t.id = s.id when matched then update set x = 1;
  create temporary table p (id integer references q on delete cascade) on commit drop;
end`),
    ).toMatchObject({
      joins: [
        "a.id = b.id and left(b.n, 2) = 'x'",
        'd.id = c.id',
        'f.z = g.z',
        'h.id = a.id',
        'true',
        'b.id = c.id',
        'a.id = b.id',
        't.id = s.id',
      ],
      filters: ['a.x = 1', 'g.q', 't.id = k.id'],
    })
  })

  test('the last return is no place: PostgreSQL refuses to end without it', () => {
    expect(texts(`begin if found then return old; end if; return new; end;`)['statements']).toEqual([
      'return old',
    ])
  })

  test('a text that is no body has no places', () => {
    expect(plpgsqlPlaces(`select 'open`)).toEqual([])
  })
})
