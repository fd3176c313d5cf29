/**
 * The session's own functions by which expressions are judged over rows that are values. Each expression is asked apart
 * where one breaks, so that it does not hide the others; functions keep their plans, which cost more than the asking.
 */
import type { Table } from '../../catalog/table.ts'
import { dollarQuoted, ident, literal, qualified } from '../../postgres/quote.ts'

export const askName = 'pg_temp.assay_ask'

const judgeName = (n: number): string => `pg_temp.assay_judge_${n}`
const rowName = (n: number): string => `pg_temp.assay_judge_row_${n}`

/** Raised to take back what one asking has left: its role, its settings, and what functions have written. */
const takenBack = 'ASSAY'

/** Answers of one row, each expression by itself. */
const rowFunction = (table: Table, letters: readonly string[], n: number): string => {
  const from = `unnest(array[$1]) as ${ident(table.name)}`
  const each = letters.map(
    (letter) => `
  begin
    "assay answer" := (select ${letter} from ${from});
  exception when others then
    "assay answer" := sqlstate;
  end;
  "assay answers" := "assay answers" || "assay answer";`,
  )
  const body = `#variable_conflict use_column
declare
  "assay answer" text;
  "assay answers" text[] := '{}';
begin${each.join('')}
  return array_to_string("assay answers", ',');
end`
  return `create function ${rowName(n)}(${qualified(table)}) returns text language plpgsql set plan_cache_mode = 'force_generic_plan' as ${dollarQuoted(body)}`
}

/** Most rows break nothing: then one statement answers all. */
const rowsFunction = (table: Table, letters: readonly string[], n: number): string => {
  const of = (rows: string): string =>
    `(select array_to_string(array[${letters.join(',\n')}]::text[], ',') from unnest(${rows}) as ${ident(table.name)})`
  const body = `#variable_conflict use_column
declare
  "assay row" ${qualified(table)};
  "assay answers" text[] := '{}';
begin
  begin
    return array${of('$1')};
  exception when others then
    null;
  end;
  foreach "assay row" in array $1 loop
    begin
      "assay answers" := "assay answers" || ${of('array["assay row"]')};
    exception when others then
      "assay answers" := "assay answers" || ${rowName(n)}("assay row");
    end;
  end loop;
  return "assay answers";
end`
  return `create function ${judgeName(n)}(${qualified(table)}[]) returns text[] language plpgsql set plan_cache_mode = 'force_generic_plan' as ${dollarQuoted(body)}`
}

/**
 * PL/pgSQL keeps the plans of a function for as long as the session lasts, also of one that is gone; each change of the
 * catalog then asks all of them whether it is theirs. What is called once more with another body is forgotten.
 */
const forgotten = (name: string, type: string, returns: string): string => {
  const call = `perform ${name}(null::${type})`
  const body = `begin ${call}; exception when others then null; end`
  return `create or replace function ${name}(${type}) returns ${returns} language plpgsql as 'begin end';
do ${dollarQuoted(body)}`
}

/** Takes the place of the first `roles` judges and of who asks them. */
export const forgetFunctions = (table: Table, roles: number): readonly string[] => [
  ...Array.from({ length: roles }, (_, n) => [
    forgotten(rowName(n), qualified(table), 'text'),
    forgotten(judgeName(n), `${qualified(table)}[]`, 'text[]'),
  ]).flat(),
  forgotten(askName, 'jsonb', 'setof text'),
]

/** Those of the nth role. The expressions stand over the table's columns, with every other name qualified. */
export const judgeFunctions = (
  table: Table,
  expressions: readonly string[],
  n: number,
): readonly string[] => {
  const letters = expressions.map((sql) => `coalesce(left((${sql}\n)::text, 1), 'n')`)
  return [
    rowFunction(table, letters, n),
    rowsFunction(table, letters, n),
    `grant execute on function ${rowName(n)}(${qualified(table)}), ${judgeName(n)}(${qualified(table)}[]) to public`,
  ]
}

/** Answers every asking of a list from the same rows; null for one that cannot be asked. */
export const askFunction = (table: Table, roles: readonly string[]): readonly string[] => {
  const judged = roles.map(
    (role, n) => `
        when ${literal(role)} then "assay answers" := ${judgeName(n)}("assay rows");`,
  )
  const body = `#variable_conflict use_variable
declare
  "assay asking" jsonb;
  "assay change" jsonb;
  "assay name" text;
  "assay rows" ${qualified(table)}[];
  "assay taken" boolean[];
  "assay answers" text[];
  "assay answer" text;
  "assay at" int;
begin
  for "assay asking" in select value from jsonb_array_elements($1) loop
    "assay answer" := null;
    begin
      for "assay name" in select jsonb_object_keys("assay asking" -> 'settings') loop
        perform pg_catalog.set_config("assay name", "assay asking" -> 'settings' ->> "assay name", true);
      end loop;
      perform pg_catalog.set_config('role', "assay asking" ->> 'role', true);
      "assay rows" := '{}';
      "assay taken" := '{}';
      if "assay asking" ? 'changes' then
        for "assay change" in select value from jsonb_array_elements("assay asking" -> 'changes') loop
          begin
            "assay rows" := "assay rows" || jsonb_populate_record(("assay asking" ->> 'row')::${qualified(table)}, "assay change");
            "assay taken" := "assay taken" || true;
          exception when others then
            "assay taken" := "assay taken" || false;
          end;
        end loop;
      else
        "assay rows" := array(select value::${qualified(table)} from jsonb_array_elements_text("assay asking" -> 'rows') with ordinality order by ordinality);
      end if;
      case "assay asking" ->> 'role'${judged.join('')}
      end case;
      if "assay asking" ? 'changes' then
        "assay answer" := '';
        "assay at" := 0;
        for i in 1 .. cardinality("assay taken") loop
          if i > 1 then "assay answer" := "assay answer" || ';'; end if;
          if "assay taken"[i] then
            "assay at" := "assay at" + 1;
            "assay answer" := "assay answer" || "assay answers"["assay at"];
          end if;
        end loop;
      else
        "assay answer" := array_to_string("assay answers", ';');
      end if;
      raise exception using errcode = ${literal(takenBack)};
    exception when others then
      if sqlstate <> ${literal(takenBack)} then "assay answer" := null; end if;
    end;
    return next "assay answer";
  end loop;
end`
  return [
    `create or replace function ${askName}(jsonb) returns setof text language plpgsql as ${dollarQuoted(body)}`,
  ]
}
