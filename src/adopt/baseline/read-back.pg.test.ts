/** Expressions that PostgreSQL prints in another way than it would read: the baseline makes the same trees again. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { catalogFingerprint } from '../../catalog/fingerprint.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { copyOf, everything } from '../../../test/support/baseline-lab.ts'

const schema = `
create type mood as enum ('sad','ok','happy');
create domain tiny as int check (value between 0 and 9 and value <> 5);
create type pt as (x int, y int);
create table t (id int primary key, a int, b int, c int, d int, v varchar(10), w varchar(10), x text, n numeric, f float8, ch char(3), m mood, ts timestamptz, dt date, j jsonb, arr int[], va varchar[], r int4range, p pt, ti tiny, by bytea, flag boolean, iv interval, s smallint, big bigint,
 check ((a, b) = (1, 2) and c > 0),
 check ((a, b) <> (c, d) or flag),
 check ((a, b) < (c, d) and flag),
 check ((a between 1 and 3 and b = 2) and c = 3),
 check (a between symmetric 1 and 3 and c > 0),
 check (a not between symmetric 1 and 3 or c > 0),
 check (a between symmetric 1 and 3 or c > 0),
 check (a not between symmetric 1 and 3 and c > 0),
 check (v in ('a','b') and w not in ('c','d')),
 check (v in (w, x)),
 check (v in (w, ch)),
 check (ch in ('a','b')),
 check (x in (v, w)),
 check (a in (b, c, 3)),
 check (s in (1,2)), check (big in (1, 2)), check (n in (1, 2.5)), check (f in (1, 2.5)), check (f = any (array[1, 2])), check (n = any (array[1,2]::int[])),
 check (m in ('sad','ok')), check (m::text in ('sad')), check (v = any ('{a,b}')), check (v = any (va)), check (x = any (va)),
 check (x = any (va || 'q'::varchar)),
 check ((ts at time zone 'UTC')::date > '2020-01-01'), check (extract(year from dt) > 2000), check (dt + 1 > dt), check (iv < interval '1 day'), check (dt > date '2020-01-01' + interval '1 month'),
 check (j ->> 'a' = 'b' and j @> '{"a": 1}' and j ? 'x'), check (arr[1] = 1 and arr[2:3] = array[1,2]), check (arr <@ array[1,2,3] and arr && '{1}'),
 check ((p).x > 0), check (p = row(1,2)::pt), check (not (a = 1 and b = 2) and c = 1), check (coalesce(v, w, 'x') <> '' and nullif(v, 'a') is not null),
 check (case v when 'a' then a > 0 when 'b' then b > 0 else false end), check (case when a > 0 then 'x' else v end = 'x'),
 check (greatest(a, b) > least(c, d)), check (x like 'a%' and x not like '%b' and v ilike 'c' and x similar to '(a|b)%'), check (x ~ '^\\d+$'), check (x like 'a!%' escape '!'),
 check (a is distinct from b and flag is not true and (a > 0) is not unknown), check (a::text = 'x' and a::numeric(10,2) > 1), check (-a > 0 and @ a > 1 and a % 2 = 0 and a ^ 2 > 1 and (a & b) = 0 and ~a > 1),
 check (substring(x from 2 for 3) = 'abc' and position('a' in x) > 0 and trim(both 'x' from x) <> '' and overlay(x placing 'q' from 1) <> '' and upper(x) collate "C" > 'A'),
 check ((dt, iv) overlaps (dt, iv)), check (by = '\\x00'), check (ti between 1 and 2 and ti <> 3), check (r @> 3 and r = int4range(1,2)), check (num_nonnulls(a,b) = 1), check ((a, b) is not null), check ((a, null) is null),
 check ((a, b) in ((1,2),(3,4))), check ((a, b) not in ((1,2),(3,4))), check ((v, w) in (('a','b'), ('c','d')) and flag), check (((a, b) = (1, 2) or (a, b) = (3, 4)) and flag),
 check ((a, b) = (1, 2) or flag), check ((a,b) = (c,d) and (a,c) = (b,d) and flag), check (flag and (a,b) = (1,2)), check ((a = 1 or b = 2) or c = 3), check (((a = 1 and b = 2) and c = 3) is true)
);
create view v1 as select * from t where (a, b) = (c, d) and flag;
create view v2 as select percentile_cont(array[0.025, 0.5]) within group (order by n) p, percentile_cont(array[0, 1]) within group (order by f) q, percentile_disc(array[0.5, 1]) within group (order by n) z from t;
create view v3 as select array[v, w]::text[] as q, array[a, b]::bigint[] as r, array[1,2]::text[] as s, array['a', x] as u, array[array[1,2],array[3,4]]::numeric[] as w2, (array[a,b])[1] as k from t;
create view v4 as select id, a, t1.b from t t1 join t t2 using (id, a) where t1.b between 1 and 2 and t2.c = 1;
create view v5 as select case when (a, b) = (1, 2) and flag then 1 end as q, count(*) filter (where (a, b) = (1, 2) and flag) over (partition by a) from t;
create view v6 as select id from t where exists (select 1 from t u where (u.a, u.b) = (t.a, t.b) and u.flag) and v in (select w from t);
create view v7 as select * from t where v || 'x' in ('ax', 'bx') and substring(v, 1, 1) = any (array['a', 'b']);
create view v8 as select * from (values ('a', 1), ('b', 2)) s(k, n) where (k, n) = ('a', 1) and n > 0;
create view v9 as select * from t where row(a, b) >= row(c, d) and row(a,b) is distinct from row(c,d) and (a, b) in (select c, d from t) and (a,b) = any (select c,d from t);
create view v10 as select width_bucket(n, array[1.5, 2.5]) as b, a = any (array[1, 2]) as c, f = any (array[1.5, 2]) as d, string_agg(v, ',' order by id) from t group by 1,2,3;
create view v11 as select a between 1 and 2 or c = 3 as q, (a not between 1 and 2) or c = 3 as r, a between symmetric b and c and d = 1 as s from t;
create view v12 as select * from t where x in ('a') and v in ('b') and a in (1) and (v, x) = ('a', 'b') and (v, x) in (('a', 'b'));
create index on t (a) where (a, b) = (1, 2) and flag;
alter table t enable row level security;
create policy p1 on t using ((a, b) = (1, 2) and flag) with check ((v, w) = ('a', 'b') and flag);
create function tg() returns trigger language plpgsql as $$begin return new; end$$;
create trigger tr before update on t for each row when ((new.a, new.b) <> (old.a, old.b) or new.flag) execute function tg();
create rule ru as on delete to t where (old.a, old.b) = (1, 2) and old.flag do also nothing;
create table g (a int, b int, q boolean generated always as ((a, b) = (1, 2) and a > 0) stored, z boolean default ((1, 2) = (1, 2) and true));
create statistics st on (a between 1 and 2 and b = 1), c from t;
create table t2 (a int, b int, c int, d int, v varchar(10), w varchar(10), x text, n numeric, f float8, flag boolean, l text[], m date[],
  check (a in (b, c, 3, 4) or flag), check (a not in (b, c, 3)), check (a not in (b, c) and flag), check (v in (w, 'a', 'b')),
  check ((a in (b, c)) is not false), check (x in (v, w, 'q') and flag), check (n in (a, b, 1.5)), check (n in (a, f)),
  check ((a, b) in ((c, d), (1, 2)) or flag), check (a = any (array[b, c])), check (n = any (array[a, b])), check (x = any (array[v, w])), check (f > all (array[a, b, c])),
  check (coalesce(v, w) = any (l)), check (a::numeric = n), check (a = n), check (m[1] = '2020-01-01'), check (array[a, b] && array[c]), check (array[n, a] <> array[f]::numeric[]));
create view v13 as select array[v, w]::text[] q1, array[a, b]::numeric[] q2, array[a + 1, b * 2]::float8[] q3, array[n, a] q4, array[v || 'x', w]::varchar[] q5 from t2;
create view v14 as select case when a in (b, c) then 1 when (a, b) = (c, d) and flag then 2 end, sum(a) over (order by b rows between 1 preceding and current row) from t2 group by a, b, c, d, flag;
create view v15 as select interval '1' year + interval '1 2' day to hour as q0, date '2020-01-01' as q1, timestamp '2020-01-01' at time zone 'Europe/Berlin' as q2, b'101' as q3, x'1F' as q4, 1e10 as q5, 1.5e-7 as q6, 'a' || 'b' as q7, -1 as q8, - a as q9, -1.5 as q10, 3000000000 as q11, -3000000000 as q12, 'NaN'::float8 as q13, 1::smallint as q14, '1'::bigint as q15, null as q16, true as q17, 'x'::char as q18, '(1,2)'::point as q19, U&'\\0441' as q20 from t2;
create view v16 as select a, b, a.c, b.d as bd from t2 a left join t2 b using (a, b) where false;
`

let server: Server
beforeAll(async () => {
  server = await startServer({})
})
afterAll(() => server.stop())

it('makes every expression again as it was', async () => {
  const { original, copy, baseline } = await copyOf(server, schema)
  expect(baseline.findings).toEqual([])
  expect(everything(copy)).toEqual(everything(original))
  expect(catalogFingerprint(copy.catalog)).toBe(catalogFingerprint(original.catalog))
})
