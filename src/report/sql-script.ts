/** The experiments as a script for psql alone: it prints what holds and what does not, and ends with 3 on a failure. */
import type { ExportedArchitecture } from '../project/export-project.ts'
import { exportedChecks, isSkipped, sqlText, tapText, type Check, type Skipped } from './exported-checks.ts'
import { outcomeFunctions, scriptSettings } from './outcome-function.ts'
import { ruleComment, scriptHeadLines, sqlComment, worldsSql } from './script-head.ts'

const checkFunctions = `create temporary table assay_result (n int generated always as identity, holds boolean);

create function pg_temp.assay_check(title text, outcome text, wanted text) returns text language plpgsql as $assay$
declare
  nth int;
begin
  insert into pg_temp.assay_result (holds) values (outcome is not distinct from wanted) returning n into nth;
  if outcome is not distinct from wanted then
    return 'ok ' || nth || ' - ' || title;
  end if;
  -- Each line of what came is a comment: none of them shall be read as a result.
  return 'not ok ' || nth || ' - ' || title
    || regexp_replace(E'\\nfound:  ' || coalesce(outcome, 'nothing') || E'\\nwanted: ' || wanted, '[\\r\\n]+', E'\\n#   ', 'g');
end
$assay$;

create function pg_temp.assay_skip(title text, reason text) returns text language plpgsql as $assay$
declare
  nth int;
begin
  insert into pg_temp.assay_result (holds) values (null) returning n into nth;
  return 'ok ' || nth || ' - ' || title || ' # SKIP ' || reason;
end
$assay$;
`

const verdict = `select '1..' || count(*) from pg_temp.assay_result;
select '# ' || count(*) filter (where holds) || ' hold, ' || count(*) filter (where not holds) || ' do not, '
  || count(*) filter (where holds is null) || ' were left out'
from pg_temp.assay_result;
do $assay$
declare
  failed bigint := (select count(*) from pg_temp.assay_result where not holds);
begin
  if failed > 0 then
    raise exception '% experiments do not hold', failed;
  end if;
end
$assay$;`

const ownedBySuperuser = 'a superuser owns the table, and passes every policy'

const skip = ({ title, reason }: Skipped): string =>
  `pg_temp.assay_skip(${tapText(title)}, ${sqlText(reason)})`

const test = (check: Check | Skipped): string => {
  if (isSkipped(check)) return [sqlComment(`left out: ${check.reason}`), `select ${skip(check)};`].join('\n')
  const { title, outcome, wanted, asOwnerOf } = check
  const call = `pg_temp.assay_check(${tapText(title)},\n  ${outcome},\n  ${wanted})`
  if (asOwnerOf === null) return `select ${call};`
  const skipped = skip({ title, reason: ownedBySuperuser })
  return `select case when pg_temp.assay_owner_is_superuser(${asOwnerOf}) then ${skipped} else ${call} end;`
}

export const sqlScript = (exported: ExportedArchitecture): string => {
  const checks = exportedChecks(exported)
  return `${[
    ...scriptHeadLines(exported.name, checks, 'psql -X -d DATABASE -f FILE'),
    '\\set ON_ERROR_STOP on',
    '\\set QUIET on',
    '\\pset format unaligned',
    '\\pset tuples_only on',
    '\\pset pager off',
    `set client_encoding = 'UTF8';`,
    'begin;',
    scriptSettings(exported.major),
    outcomeFunctions,
    checkFunctions,
    worldsSql(checks),
    ...checks.rules.map((rule) => `\n${[ruleComment(rule), ...rule.checks.map(test)].join('\n')}`),
    '',
    verdict,
    'rollback;',
  ].join('\n')}\n`
}
