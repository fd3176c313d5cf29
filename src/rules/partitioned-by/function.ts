/** Cases of the function itself that makes partitions: who may call it, from where, without a date, and two calls at once. */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Structure } from '../../catalog/structure.ts'
import { literal } from '../../postgres/quote.ts'
import { accepted, allTrue, rowsAre } from '../draft.ts'
import type { Maintained } from '../partition/calls.ts'
import { firstInstant, lastInstant } from '../partition/moments.ts'
import { defaultTree, inPartitions, landing, onePlace, rowWithKey } from '../partition/places.ts'

export const addCallers = ({ places, year, call, signature }: Maintained): void => {
  const { rule, context, ground } = places
  const when = [call(`${year}-05-17 10:11:12+00`)]
  const asked = (role: string) => ({ as: { role, settings: {} }, when })
  for (const role of rule.calledBy)
    ground.draft.add({ title: `the role ${role} may call it`, ...asked(role), then: accepted })
  const { identity } = context.architecture
  if (identity === null)
    ground.draft.add({
      title: 'not everybody may call it',
      when: [`select not pg_catalog.has_function_privilege('public', ${literal(signature)}, 'execute')`],
      then: allTrue(),
    })
  else if (!rule.calledBy.includes(identity.role))
    ground.draft.add({
      title: `the role ${identity.role} may not call it`,
      ...asked(identity.role),
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
    })
}

/** Functions of the caller's that are named like PostgreSQL's own, each of which only raises. */
const shadowing = (source: string): readonly string[] => [
  'create schema assay_shadow; grant usage on schema assay_shadow to public',
  `do $shadow$
declare f record;
begin
  for f in
    select p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid) as args, pg_catalog.pg_get_function_result(p.oid) as result
    from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and p.prokind = 'f'
      and p.proname in (select m[1] from pg_catalog.regexp_matches(${literal(source)}, '([a-z_][a-z0-9_]*)\\s*\\(', 'g') m)
  loop
    begin
      execute pg_catalog.format('create function assay_shadow.%I(%s) returns %s language plpgsql as $body$ begin raise exception ''found by the search_path of the caller''; end $body$', f.proname, f.args, f.result);
    exception when others then null;
    end;
  end loop;
end $shadow$`,
  'set local search_path = assay_shadow, pg_catalog',
]

/** A definer's function finds its names by itself. */
export const addSearchPath = async (
  { places, year, scheme, call }: Maintained,
  found: Structure<FunctionFacts> | null,
): Promise<void> => {
  if (found !== null && found.facts.searchPath === null && !found.facts.securityDefiner) return
  const { ground, key } = places
  const day = `${year}-05-17`
  const row = await rowWithKey(places, firstInstant(key, scheme.period, day))
  if (!row) return
  ground.draft.add({
    title: 'it finds its names whatever the search_path of its caller',
    given: [
      ...shadowing(found?.facts.body ?? ''),
      call(`${day} 10:11:12+00`),
      'set local search_path = pg_catalog',
    ],
    when: [landing(places, [row.row], onePlace)],
    then: allTrue(),
  })
}

/** Without a date: the periods around now. All partitions go first, so that what stands there now does not count. */
export const addToday = async ({ places, callNow }: Maintained): Promise<void> => {
  const { ground, key, table } = places
  const now =
    key.baseType === 'date'
      ? `(now() at time zone 'UTC')::date`
      : key.baseType === 'timestamp with time zone'
        ? 'now()'
        : `(now() at time zone 'UTC')`
  const row = await rowWithKey(places, now)
  if (!row) return
  const emptied = `do $none$
declare part record;
begin
  for part in select i.inhrelid::pg_catalog.regclass::text as name from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid where i.inhparent = ${table} and pg_catalog.pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT' loop
    execute pg_catalog.format('alter table %s detach partition %s', ${table}::text, part.name);
    execute pg_catalog.format('drop table %s cascade', part.name);
  end loop;
end $none$`
  ground.draft.add({
    title: 'called without a date it makes the periods of now',
    given: [emptied, callNow],
    when: [landing(places, [row.row], inPartitions(places))],
    then: allTrue(),
  })
}

/** Two calls at once, the second for one period more. */
export const addAtOnce = async ({ places, scheme, year, call }: Maintained): Promise<void> => {
  const { ground, key } = places
  const day = `${year}-05-17`
  const later = firstInstant(key, scheme.period, day, 1).slice(1, 11)
  const row = await rowWithKey(places, lastInstant(key, scheme.period, day, scheme.ahead + 1))
  if (!row) return
  ground.draft.add({
    title: 'two calls at once both make what they have to',
    when: [],
    then: rowsAre(),
    interleaving: {
      steps: [
        { session: 1, sql: 'begin' },
        { session: 1, sql: call(`${day} 10:11:12+00`) },
        { session: 2, sql: call(`${later} 10:11:12+00`) },
        { session: 1, sql: 'commit' },
      ],
      violations: landing(places, [row.row], '1', ` where "place" in ${defaultTree(places)}`),
    },
  })
}
