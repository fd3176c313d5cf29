/**
 * What an exported script brings along: a function that runs an experiment inside a subtransaction, takes everything
 * back and says what came of it, in the words of `wantedOutcome`. PL/pgSQL knows the name of a constraint, as psql's
 * variables and throws_ok do not; the routine of a refusal it does not know, so messages stand for it.
 */
import { literal } from '../postgres/quote.ts'

/** Routine → what a refusal of it is called, and its message in English, which the script asks for. */
const routines: Readonly<Record<string, { readonly kind: string; readonly message: string }>> = {
  ExecWithCheckOptions: { kind: 'policy', message: '%row violates row-level security policy%' },
  // Before the next one, whose message begins alike.
  aclcheck_error_col: { kind: 'column privilege', message: 'permission denied for column %' },
  aclcheck_error: { kind: 'privilege', message: '(permission denied for|must be owner of) %' },
  ExecFindPartition: { kind: 'partition', message: 'no partition of relation % found for row' },
}

/** Undefined: the script could not tell a refusal of this routine from another. */
export const refusalKind = (routine: string): string | undefined => routines[routine]?.kind

const kindCases = Object.values(routines)
  .map(({ kind, message }) => `        when message similar to ${literal(message)} then ${literal(kind)}`)
  .join('\n')

export const worldTable = 'pg_temp.assay_world'

/** What is created before the first experiment. */
export const outcomeFunctions = `create temporary table assay_world (id text primary key, statements text[] not null);

-- What comes of an experiment; whatever it does is taken back. looks_at: rows, affected rows, or nothing but acceptance.
create function pg_temp.assay_outcome(
  world text, run text[], given text[] default '{}', asks text[] default '{}',
  looks_at text default 'acceptance', cause jsonb default '{}'
) returns text language plpgsql as $assay$
declare
  standing text[] := coalesce((select w.statements from ${worldTable} w where w.id = world), '{}') || given || asks;
  statement text;
  stage text := 'given';
  answer record;
  answers text[] := '{}';
  affected bigint := 0;
  outcome text;
  state text; message text; its_constraint text; its_column text; its_table text; its_type text;
begin
  begin
    foreach statement in array standing loop
      execute statement;
    end loop;
    stage := 'when';
    for i in 1 .. cardinality(run) loop
      if looks_at = 'rows' and i = cardinality(run) then
        begin
          for answer in execute run[i] loop
            answers := answers || answer::text;
          end loop;
        exception when invalid_cursor_definition then
          -- A statement that answers no rows, such as a call.
          execute run[i];
        end;
      else
        execute run[i];
        get diagnostics affected = row_count;
      end if;
    end loop;
    set constraints all immediate;
    outcome := case looks_at
      when 'rows' then pg_temp.assay_rows(answers)
      when 'affected' then 'rows affected: ' || affected
      else 'accepted'
    end;
    raise exception using errcode = 'ASSAY', message = 'the experiment is taken back';
  exception
    when sqlstate 'ASSAY' then
      return outcome;
    when others then
      get stacked diagnostics state = returned_sqlstate, message = message_text, its_constraint = constraint_name,
        its_column = column_name, its_table = table_name, its_type = pg_datatype_name;
  end;
  if stage = 'given' then
    return 'what it stands on failed: SQLSTATE ' || state || ': ' || message;
  end if;
  -- What is looked at, and all there is to say when that is not as expected.
  return (
    with facts(n, key, label, value) as (values
      (1, 'sqlstate', 'SQLSTATE', case when cause -> 'sqlstate' ? state then
        (select string_agg(s, ' or ' order by i) from jsonb_array_elements_text(cause -> 'sqlstate') with ordinality e(s, i))
        else state end),
      (2, 'constraint', 'constraint', nullif(its_constraint, '')),
      (3, 'column', 'column', nullif(its_column, '')),
      (4, 'table', 'table', nullif(its_table, '')),
      (5, 'type', 'type', nullif(its_type, '')),
      (6, 'by', 'by', case
${kindCases}
      end)
    ), judged as (
      select *, case key when 'sqlstate' then coalesce(cause -> key ? state, false)
        else cause ->> key is null or cause ->> key is not distinct from value end as holds
      from facts
    )
    select 'refused: ' || string_agg(label || ' ' || coalesce(value, '(none)'), ', ' order by n)
    from judged
    where key = 'sqlstate' or cause ? key or (value is not null and not (select bool_and(holds) from judged))
  );
end
$assay$;

create function pg_temp.assay_rows(answers text[]) returns text language sql as $assay$
  select case when cardinality(answers) = 0 then 'no rows' else 'rows: ' || array_to_string(answers, ' ') end
$assay$;

-- A superuser passes every policy: where one owns the table, nothing can be shown about its owner.
create function pg_temp.assay_owner(relation text) returns name language sql stable as $assay$
  select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(relation)
$assay$;
create function pg_temp.assay_owner_is_superuser(relation text) returns boolean language sql stable as $assay$
  select r.rolsuper from pg_catalog.pg_roles r where r.rolname = pg_temp.assay_owner(relation)
$assay$;
`

/** Who may run the script, and the settings in which PostgreSQL's answers were written down. */
export const scriptSettings = (major: number): string => `do $assay$
begin
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    raise exception 'run this script as a superuser: its experiments become other roles';
  end if;
  if current_setting('server_version_num')::int / 10000 <> ${major} then
    raise warning 'these experiments were written for PostgreSQL ${major}: write them anew with assay export --url';
  end if;
end
$assay$;
set local client_min_messages = warning;
set local lc_messages = 'C';
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
set local standard_conforming_strings = on;
set local row_security = on;
set local statement_timeout = '60s';
set local jit = off;
`
