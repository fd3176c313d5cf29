/**
 * The question that needs no expectation of its own: does one tenant get the same answer with and without another
 * tenant's row? The answer without it is kept in a setting, then the row is inserted and the question asked again.
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Asker, World } from '../experiment.ts'
import { doBlock } from './do-block.ts'
import { becoming, isTaken, tryOut } from './trial.ts'

const kept = 'assay.answer_without'
const asked = 'assay.answer'

/**
 * Runs the query as whoever is current, undoes all that it did, and keeps what it answered (or how it was refused)
 * in a setting. Rows are compared as a set, because no order is promised.
 */
const ask = (setting: string, query: string): string =>
  doBlock(`
declare answer text;
begin
  begin
    select coalesce(jsonb_agg(r order by r::text), '[]')::text into answer
      from (select to_jsonb(q) as r from (${query}) q) each_row;
    raise exception sqlstate 'AS000';
  exception
    when sqlstate 'AS000' then null;
    when others then answer := sqlstate || ' ' || sqlerrm;
  end;
  perform pg_catalog.set_config(${literal(setting)}, answer, true);
end `)

export interface SameAnswer {
  readonly given: readonly string[]
  readonly when: readonly string[]
}

export interface SameAnswerParts {
  readonly asker: Asker
  /** A select; its rows are the answer. */
  readonly query: string
  /** What brings the other tenant's row in. */
  readonly arrival: readonly string[]
  /** Run before each asking, such as a refresh. */
  readonly before?: readonly string[]
}

/** The last statement answers `t` when nothing of the other tenant shows. */
export const sameAnswer = ({ asker, query, arrival, before = [] }: SameAnswerParts): SameAnswer => ({
  given: [...before, ...becoming(asker), ask(kept, query), 'set local role none', ...arrival, ...before],
  when: [ask(asked, query), `select current_setting(${literal(asked)}) = current_setting(${literal(kept)})`],
})

/**
 * Whether the answer stays the same while nothing arrives, so that a difference can only come from the arrival.
 * Null when it does; else why it cannot be asked.
 */
export const unsteady = async (
  db: Session,
  world: World,
  given: readonly string[],
  parts: SameAnswerParts,
): Promise<string | null> => {
  const question = sameAnswer({ ...parts, arrival: [] })
  const tried = await tryOut(db, world, {
    given: [...given, ...question.given],
    as: parts.asker,
    when: question.when,
  })
  if (!isTaken(tried)) return tried.fault?.message ?? 'it could not be asked'
  return tried.rows[0]?.[0] === 't' ? null : 'it answers differently each time that it is asked'
}
