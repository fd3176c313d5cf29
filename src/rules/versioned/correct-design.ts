/**
 * The function for late corrections: what held in a past period is rewritten, its neighbours are cut where the period
 * begins and ends, and one that has no end also changes the row that is there.
 */
import { ident, identList, literal } from '../../postgres/quote.ts'
import { historyColumns, listOf, type VersionPlan } from './plan.ts'

/** A name for an argument that no column of the key has. */
const argumentName = (plan: VersionPlan, wanted: string): string =>
  plan.key.includes(wanted) ? argumentName(plan, `${wanted}_`) : wanted

/** `a."x" = $1 and …`. */
const isRow = (plan: VersionPlan, alias: string): string =>
  plan.key.map((c, i) => `${alias}.${ident(c)} = $${i + 1}`).join(' and ')

const argumentsOf = (plan: VersionPlan): readonly (readonly [name: string, type: string])[] => [
  ...plan.key.map((c) => [c, plan.types.get(c) ?? 'text'] as const),
  [argumentName(plan, 'during'), 'tstzrange'],
  [argumentName(plan, 'changes'), 'jsonb'],
]

const bodyOf = (plan: VersionPlan): string => {
  const during = `$${plan.key.length + 1}`
  const changes = `$${plan.key.length + 2}`
  const key = plan.key.map((_, i) => `$${i + 1}`).join(', ')
  const list = plan.correctable.map(literal).join(', ')
  const set = identList(plan.correctable)
  const corrected = plan.correctable.map((c) => `corrected.${ident(c)}`).join(', ')
  const insert = `insert into ${plan.history} (${historyColumns(plan)})`
  return `declare
  held ${plan.history}%rowtype;
  fixed ${plan.history}%rowtype;
begin
  if exists (select from jsonb_object_keys(${changes}) as given(name) where given.name <> all (array[${list}]::text[])) then
    raise exception 'only these columns are corrected: %', ${literal(plan.correctable.join(', '))} using errcode = 'undefined_column';
  end if;
  -- One correction of a row after the other; and no version is cut while its row is written.
  perform pg_advisory_xact_lock(hashtextextended(${literal(plan.history)} || row(${key})::text, 0));
  perform from ${plan.table} as present where ${isRow(plan, 'present')} for update;
  if ((select range_agg(version.valid) from ${plan.history} as version where ${isRow(plan, 'version')}) @> ${during}
      and (upper_inf(${during}) or upper(${during}) <= now())) is not true then
    raise exception 'no versions hold throughout the period' using errcode = 'no_data_found',
      hint = 'Give a period [from, until) of the past in which the row was there, or [from,) up to now and on.';
  end if;
  if upper_inf(${during}) then
    update ${plan.table} as present set (${set}) = (select ${corrected} from jsonb_populate_record(present, ${changes}) as corrected)
    where ${isRow(plan, 'present')};
  end if;
  for held in
    delete from ${plan.history} as version where ${isRow(plan, 'version')} and version.valid && ${during} returning version.*
  loop
    ${insert}
    select ${listOf(plan, 'held')}, rest
    from unnest(tstzmultirange(held.valid) - tstzmultirange(${during})) as rest;
    fixed := jsonb_populate_record(held, ${changes});
    ${insert}
    select ${listOf(plan, 'fixed')}, held.valid * ${during};
  end loop;
end`
}

/** `"public"."correct_price"(integer, tstzrange, jsonb)`. */
export const correctionSignature = (plan: VersionPlan): string =>
  `${plan.correct?.name ?? ''}(${argumentsOf(plan)
    .map(([, type]) => type)
    .join(', ')})`

/** Nothing when nobody corrects, or every column is part of the key. */
export const designCorrections = (plan: VersionPlan): readonly string[] => {
  if (plan.correct === null || plan.correctable.length === 0) return []
  const { name, by } = plan.correct
  const given = argumentsOf(plan)
  const signature = correctionSignature(plan)
  return [
    `create function ${name}(${given.map(([arg, type]) => `${ident(arg)} ${type}`).join(', ')}) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $correct$
${bodyOf(plan)}
$correct$;`,
    `revoke all on function ${signature} from public;`,
    ...by.map((role) => `grant execute on function ${signature} to ${ident(role)};`),
  ]
}
