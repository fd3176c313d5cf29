/** The statements of an observed call: what calls, what it answers as text, and settings that stand before it. */
import { ident, literal } from '../../postgres/quote.ts'

/** One line for each row of the answer: the whole of it, or some columns of it. */
const answerLines = (call: string, shown: readonly string[] | null): string =>
  shown === null
    ? `select (${call}\n)::text as line`
    : `select row(${shown.map(ident).join(', ')})::text as line from ${call} as "assay answer"`

const sorted = (call: string, shown: readonly string[] | null): string =>
  `select line from (${answerLines(call, shown)}) answered order by line collate "C"`

/** What is judged when nothing else is looked at. */
export const answerSelect = (call: string, shown: readonly string[] | null, counts: boolean): string =>
  counts ? `select ${counted(call, shown)}::text` : sorted(call, shown)

/** Rows that are something: a planner that is asked for their number alone would not call a function that writes nothing. */
const counted = (call: string, shown: readonly string[] | null): string =>
  `(select count(line) from (${answerLines(call, shown)}) answered)`

/** Calls, and keeps the answer in a setting of the transaction. */
export const keepAnswer = (call: string, shown: readonly string[] | null, counts: boolean): string =>
  `select pg_catalog.set_config('assay.answer', ${
    counts
      ? `array[${counted(call, shown)}::text]::text`
      : `(select coalesce(array_agg(line), '{}')::text from (${sorted(call, shown)}) kept)`
  }, true)`

export const keptAnswer = `select unnest(pg_catalog.current_setting('assay.answer')::text[])`

export const settingStatements = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).map(
    ([name, value]) => `select pg_catalog.set_config(${literal(name)}, ${value}, true)`,
  )

/**
 * From here on a role asks that was made a moment ago and has no rights but everybody's: as the owner of the database,
 * who may make roles; it is gone with the transaction. Named by its session, since roles belong to the whole server.
 */
const becomeStranger = `do $assay$
declare stranger text := 'assay_stranger_' || pg_catalog.pg_backend_pid();
begin
  perform pg_catalog.set_config('role', (select pg_catalog.pg_get_userbyid(datdba)::text from pg_catalog.pg_database where datname = pg_catalog.current_database()), true);
  execute pg_catalog.format('create role %I', stranger);
  execute pg_catalog.format('grant %I to %I', stranger, session_user);
  perform pg_catalog.set_config('role', stranger, true);
end $assay$`

/** Plans that others made in the session would let it name what it may not. */
export const asStranger: readonly string[] = [becomeStranger, 'discard plans']
