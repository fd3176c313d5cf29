/** The journal's table, and the statements that read and write it. Names are qualified: scripts set search_path. */
import { journalSchema } from '../files/history-fingerprint.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Direction } from '../files/migration.ts'
import type { JournalRow } from './journal-row.ts'

const table = qualified({ schema: journalSchema, name: 'migrations' })

export const journalExistsSql = `
  select pg_catalog.to_regclass(${literal(table)}) is not null as "hasTable",
    exists (select from pg_catalog.pg_namespace where nspname = ${literal(journalSchema)}) as "hasSchema"`

export const createJournalSql = `
create schema if not exists ${ident(journalSchema)};
create table if not exists ${table} (
  name text not null,
  kind text not null,
  direction text not null,
  state text not null,
  hash text not null,
  steps integer not null,
  steps_done integer not null,
  done_hash text not null,
  step_begun integer,
  step_note jsonb,
  prior jsonb,
  fault text,
  ordinal integer,
  started_at timestamptz not null,
  finished_at timestamptz,
  run_by text not null,
  run_from text not null,
  server text not null,
  assay text not null,
  allowed text[] not null,
  primary key (name)
);
comment on table ${table} is 'Which migrations ran here: written by assay migrate, one row for each'`

export const readJournalSql = `
  select name, kind, direction, state, hash, steps, steps_done as "stepsDone", done_hash as "doneHash",
    step_begun as "stepBegun", step_note as "stepNote", prior, fault, ordinal,
    pg_catalog.to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "startedAt",
    pg_catalog.to_char(finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "finishedAt",
    run_by as "runBy", run_from as "runFrom", server, assay, allowed
  from ${table} order by ordinal nulls last, name collate "C"`

/** What is known when a migration begins or goes on. */
export type JournalBegin = Pick<
  JournalRow,
  | 'name'
  | 'kind'
  | 'direction'
  | 'hash'
  | 'steps'
  | 'stepsDone'
  | 'doneHash'
  | 'runFrom'
  | 'assay'
  | 'allowed'
>

const textArray = (texts: readonly string[]): string =>
  texts.length === 0 ? `'{}'::text[]` : `array[${texts.map(literal).join(', ')}]::text[]`

export const beginSql = (row: JournalBegin): string => `
insert into ${table} as old (name, kind, direction, state, hash, steps, steps_done, done_hash, step_begun, step_note, fault,
    ordinal, started_at, finished_at, run_by, run_from, server, assay, allowed)
values (${literal(row.name)}, ${literal(row.kind)}, ${literal(row.direction)}, 'running', ${literal(row.hash)},
    ${row.steps}, ${row.stepsDone}, ${literal(row.doneHash)}, null, null, null,
    null, pg_catalog.clock_timestamp(), null, session_user, ${literal(row.runFrom)},
    pg_catalog.current_setting('server_version'), ${literal(row.assay)}, ${textArray(row.allowed)})
on conflict (name) do update set kind = excluded.kind, direction = excluded.direction, state = 'running',
    hash = excluded.hash, steps = excluded.steps, steps_done = excluded.steps_done, done_hash = excluded.done_hash,
    step_begun = null, step_note = null, fault = null,
    prior = case when excluded.direction = old.direction then old.prior
      when old.direction = 'down' and (old.state = 'done' or old.steps_done = 0) then null
      else pg_catalog.jsonb_build_object('state', old.state, 'hash', old.hash, 'steps', old.steps,
        'stepsDone', old.steps_done, 'doneHash', old.done_hash) end,
    ordinal = case when excluded.direction = 'down' then old.ordinal end,
    started_at = case when excluded.steps_done > 0 then old.started_at else excluded.started_at end, finished_at = null,
    run_by = excluded.run_by, run_from = excluded.run_from, server = excluded.server, assay = excluded.assay,
    allowed = excluded.allowed`

const where = (name: string): string => `where name = ${literal(name)}`

/** After each stage; in its transaction, where it has one. */
export const stepsDoneSql = (name: string, stepsDone: number, doneHash: string): string =>
  `update ${table} set steps_done = ${stepsDone}, done_hash = ${literal(doneHash)}, step_begun = null, step_note = null ${where(name)}`

export const stepBegunSql = (name: string, step: number, note: unknown): string =>
  `update ${table} set step_begun = ${step}, step_note = ${literal(JSON.stringify(note))}::jsonb ${where(name)}`

/** One that turns out to have done nothing is to run again. */
export const stepAgainSql = (name: string): string =>
  `update ${table} set step_begun = null, step_note = null ${where(name)}`

const nextOrdinal = `(select coalesce(pg_catalog.max(others.ordinal), 0) + 1 from ${table} others)`

/** `up` takes the next place in the order. After `down` repeatable ones run again: what they make may be gone with it. */
export const doneSql = (name: string, direction: Direction): string =>
  `update ${table} set state = 'done', fault = null, step_begun = null, step_note = null,
    finished_at = pg_catalog.clock_timestamp(),
    prior = null, ordinal = ${direction === 'up' ? nextOrdinal : 'null'} ${where(name)}` +
  (direction === 'up' ? '' : `;\nupdate ${table} set hash = '' where kind = 'repeatable' and state = 'done'`)

export const failedSql = (name: string, fault: string): string =>
  `update ${table} set state = 'failed', fault = ${literal(fault)} ${where(name)}`

export const acceptHashSql = (name: string, hash: string): string =>
  `update ${table} set hash = ${literal(hash)} ${where(name)}`

export const hashesSql = (hashes: readonly (readonly [name: string, hash: string])[]): string =>
  `begin;\n${hashes.map(([name, hash]) => acceptHashSql(name, hash)).join(';\n')};\ncommit`
