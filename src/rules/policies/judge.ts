/**
 * Asks PostgreSQL what expressions say of a row, as a role with its settings, without asking the table or its
 * policies: the row is given as a value of the table's type. Each expression is asked apart, so that one that breaks
 * does not hide the others; a function of the session keeps their plans.
 */
import type { Table } from '../../catalog/table.ts'
import { dollarQuoted, ident, literal, qualified } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { Asker } from '../experiment.ts'
import { becoming } from '../attacks/trial.ts'

/** `t`, `f`, `n` for unknown, or the SQLSTATE by which it broke. */
export type Answer = string

const judgeName = 'pg_temp.assay_judge'
const searchName = 'pg_temp.assay_search'
const changedName = 'pg_temp.assay_changed'

/** The expressions stand over the table's columns, with every other name qualified. Planned once: planning costs more than asking. */
const judgeFunction = (table: Table, expressions: readonly string[]): string => {
  const from = `unnest(array[$1]) as ${ident(table.name)}`
  const letters = expressions.map((sql) => `coalesce(left((${sql}\n)::text, 1), 'n')`)
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
begin
  -- Most rows break nothing: then one statement answers all.
  begin
    return (select array_to_string(array[${letters.join(',\n')}]::text[], ',') from ${from});
  exception when others then
    null;
  end;${each.join('')}
  return array_to_string("assay answers", ',');
end`
  return `create function ${judgeName}(${qualified(table)}) returns text language plpgsql set plan_cache_mode = 'force_generic_plan' as ${dollarQuoted(body)}`
}

/** Answers each list of settings with the judge's answers, in one call. */
const searchFunction = (table: Table): string => {
  const body = `#variable_conflict use_variable
declare
  "assay settings" jsonb;
  "assay name" text;
begin
  for "assay settings" in select value from jsonb_array_elements($2) loop
    for "assay name" in select jsonb_object_keys("assay settings") loop
      perform pg_catalog.set_config("assay name", "assay settings" ->> "assay name", true);
    end loop;
    return next ${judgeName}($1);
  end loop;
end`
  return `create function ${searchName}(${qualified(table)}, jsonb) returns setof text language plpgsql as ${dollarQuoted(body)}`
}

/** Answers for the row with each of these changes; nothing for one that its columns' types do not take. */
const changedFunction = (table: Table): string => {
  const body = `#variable_conflict use_variable
declare
  "assay change" jsonb;
begin
  for "assay change" in select value from jsonb_array_elements($2) loop
    begin
      return next ${judgeName}(jsonb_populate_record($1, "assay change"));
    exception when others then
      return next null;
    end;
  end loop;
end`
  return `create function ${changedName}(${qualified(table)}, jsonb) returns setof text language plpgsql as ${dollarQuoted(body)}`
}

/** Column → text of its value. */
export type Change = Readonly<Record<string, string | null>>

export interface Changed {
  readonly state: readonly string[]
  readonly asker: Asker
  readonly row: string
  readonly changes: readonly Change[]
}

export interface Question {
  /** Stands beside the world. */
  readonly state: readonly string[]
  readonly asker: Asker
  /** As PostgreSQL prints them. */
  readonly rows: readonly string[]
}

/** Of every expression, for each row: [row][expression]. Null: it could not be asked. */
export type Answers = readonly (readonly Answer[])[] | null

export interface Judge {
  /** One after the other from the same world, which is laid once: what grants change would have every plan made again. */
  ask(world: readonly string[], questions: readonly Question[]): Promise<readonly Answers[]>
  /** Of one row with each of its changes; [] for one that cannot be made. */
  askChanged(world: readonly string[], questions: readonly Changed[]): Promise<readonly Answers[]>
  /** The same for one row, under each of these settings. */
  search(
    state: readonly string[],
    role: string,
    row: string,
    settings: readonly Readonly<Record<string, string>>[],
  ): Promise<Answers>
}

const again = 'rollback to savepoint assay_judge'

const answersOf = (reply: Reply | undefined): Answers =>
  !reply || reply.fault
    ? null
    : (reply.commands.at(-1)?.rows ?? []).map((row) => (row[0] == null ? [] : row[0].split(',')))

/**
 * Makes the functions, and calls `work` with them; nothing is left behind. `state` of a question is run first, by
 * the prover.
 */
export const withJudge = async <T>(
  db: Session,
  table: Table,
  expressions: readonly string[],
  work: (judge: Judge) => Promise<T>,
): Promise<T> => {
  const made = [
    'savepoint assay_judge_start',
    judgeFunction(table, expressions),
    searchFunction(table),
    changedFunction(table),
    ...[
      `${judgeName}(${qualified(table)})`,
      `${searchName}(${qualified(table)}, jsonb)`,
      `${changedName}(${qualified(table)}, jsonb)`,
    ].map((made) => `grant execute on function ${made} to public`),
    'savepoint assay_judge',
  ]
  await db.query(made.join(';\n'))
  const send = async (statements: readonly string[]): Promise<Answers> => {
    // The role and the settings end with the question.
    const [reply] = await db.batch([[again, ...statements].join(';\n'), again])
    return answersOf(reply)
  }
  const typed = (row: string): string => `${literal(row)}::${qualified(table)}`
  const standing = (state: readonly string[], asker: Asker, select: string): string =>
    ['rollback to savepoint assay_judge_world', ...state, ...becoming(asker), select].join(';\n')
  const asked = ({ state, asker, rows }: Question): string =>
    standing(
      state,
      asker,
      `select ${judgeName}("assay rows".v) from (values ${rows.map((row, i) => `(${i}, ${typed(row)})`).join(', ')}) as "assay rows" (n, v) order by n`,
    )
  const sendEach = async (
    world: readonly string[],
    questions: readonly string[],
  ): Promise<readonly Answers[]> => {
    if (questions.length === 0) return []
    const replies = await db.batch([
      [again, ...world, 'savepoint assay_judge_world'].join(';\n'),
      ...questions,
      again,
    ])
    const laid = replies[0]?.fault === null
    return questions.map((_, i) => (laid ? answersOf(replies[i + 1]) : null))
  }
  try {
    return await work({
      ask: (world, questions) => sendEach(world, questions.map(asked)),
      askChanged: (world, questions) =>
        sendEach(
          world,
          questions.map(({ state, asker, row, changes }) =>
            standing(
              state,
              asker,
              `select * from ${changedName}(${typed(row)}, ${literal(JSON.stringify(changes))}::jsonb)`,
            ),
          ),
        ),
      search: (state, role, row, settings) =>
        settings.length === 0
          ? Promise.resolve([])
          : send([
              ...state,
              ...becoming({ role, settings: {} }),
              `select * from ${searchName}(${typed(row)}, ${literal(JSON.stringify(settings))}::jsonb)`,
            ]),
    })
  } finally {
    await db.query('rollback to savepoint assay_judge_start; release savepoint assay_judge_start')
  }
}
