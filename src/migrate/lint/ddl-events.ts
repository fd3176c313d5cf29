/**
 * Event triggers in the clone that tell why a table was rewritten and what a DROP took along. PostgreSQL lets only
 * superusers make them: elsewhere file numbers and the catalog say that it happened, and not why.
 */
import { PgError } from '../../postgres/fault.ts'
import type { Session } from '../../postgres/session.ts'
import { readSetting } from './read-state.ts'

/** A bit each, as the manual of event triggers lists them. */
const reasons: Readonly<Record<number, string>> = {
  1: 'its persistence changes',
  2: 'a column gets a value for every row',
  4: 'the type of a column changes',
  8: 'its access method changes',
}

export interface RewriteEvent {
  readonly oid: number
  readonly reason: string
}

export interface DropEvent {
  /** `table`, `view`, `table constraint` …, as PostgreSQL names kinds. */
  readonly type: string
  /** As PostgreSQL writes it, quoted where needed. */
  readonly identity: string
  /** Named by the statement; the others went along. */
  readonly asked: boolean
}

export interface DdlEvents {
  readonly rewrites: readonly RewriteEvent[]
  readonly drops: readonly DropEvent[]
}

const setup = `
create schema assay_lint;
grant usage on schema assay_lint to public;
create function assay_lint.on_rewrite() returns event_trigger language plpgsql set search_path = '' as $body$
begin
  perform set_config('assay.rewrites',
    coalesce(nullif(current_setting('assay.rewrites', true), ''), '') ||
    pg_event_trigger_table_rewrite_oid()::bigint || ':' || pg_event_trigger_table_rewrite_reason() || ' ', false);
end $body$;
create function assay_lint.on_drop() returns event_trigger language plpgsql set search_path = '' as $body$
begin
  perform set_config('assay.drops', coalesce(nullif(current_setting('assay.drops', true), ''), '') ||
    coalesce((select string_agg(json_build_object('type', object_type, 'identity', object_identity,
                'asked', original)::text, E'\\n') || E'\\n'
       from pg_event_trigger_dropped_objects()
      where not is_temporary and coalesce(schema_name, '') <> 'pg_toast'), ''), false);
end $body$;
create event trigger assay_lint_rewrite on table_rewrite execute function assay_lint.on_rewrite();
create event trigger assay_lint_drop on sql_drop execute function assay_lint.on_drop();`

/** Whether it is watched from now on; `administrator` is a session in the clone. */
export const watchDdl = async (administrator: Session): Promise<boolean> => {
  try {
    await administrator.query(`begin;${setup}; commit`)
    return true
  } catch (cause) {
    await administrator.query('rollback')
    if (cause instanceof PgError && cause.fault.sqlstate === '42501') return false
    throw cause
  }
}

/** What the statements since the last call have set off; `db` is the session that ran them. */
export const takeDdlEvents = async (db: Session): Promise<DdlEvents> => {
  const rewrites = await readSetting(db, 'assay.rewrites')
  const drops = await readSetting(db, 'assay.drops')
  if (rewrites !== '' || drops !== '')
    await db.query(
      `select pg_catalog.set_config('assay.rewrites', '', false), pg_catalog.set_config('assay.drops', '', false)`,
    )
  return {
    rewrites: rewrites
      .trim()
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const [oid, bits] = word.split(':').map(Number)
        const named = Object.entries(reasons).flatMap(([bit, text]) =>
          ((bits ?? 0) & Number(bit)) === 0 ? [] : [text],
        )
        return { oid: oid ?? 0, reason: named.join(' and ') }
      }),
    drops: drops
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DropEvent),
  }
}
