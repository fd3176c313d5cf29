/**
 * The question that needs no expectation of its own: does one tenant get the same answer with and without another
 * tenant's row? The answer without it is kept in a setting, then the row is inserted and the question asked again.
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Asker, World } from '../experiment.ts'
import { doBlock } from './do-block.ts'
import { isTaken, tryOut } from './trial.ts'
import { becoming } from '../becoming.ts'

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
  /** The last statement answers `t` when nothing of the other tenant shows. */
  readonly when: readonly string[]
}

export interface Question {
  readonly asker: Asker
  /** What is asked, as it stands after FROM: a view, a call. */
  readonly from: string
  readonly columns: string
  /** Stands before everything else. */
  readonly given: readonly string[]
  /** Run before each asking, such as a refresh. */
  readonly before: readonly string[]
  /** What brings the other tenant's row in. */
  readonly arrival: readonly string[]
}

const compared = (question: Question, select: string, arrival: readonly string[]): SameAnswer => {
  const query = `select ${select} from ${question.from}`
  return {
    given: [
      ...question.given,
      ...question.before,
      ...becoming(question.asker),
      ask(kept, query),
      'set local role none',
      ...arrival,
      ...question.before,
    ],
    when: [
      ask(asked, query),
      `select current_setting(${literal(asked)}) = current_setting(${literal(kept)})`,
    ],
  }
}

/**
 * The question whose answer stays the same while nothing arrives, so that a difference can only come from the
 * arrival: its rows, or how many they are where a clock or a sequence makes them new each time.
 */
export const sameAnswer = async (
  db: Session,
  world: World,
  question: Question,
): Promise<SameAnswer | { readonly why: string }> => {
  let why = ''
  for (const select of [question.columns, 'count(*)']) {
    const { given, when } = compared(question, select, [])
    const tried = await tryOut(db, world, { given, as: question.asker, when })
    if (isTaken(tried) && tried.rows[0]?.[0] === 't') return compared(question, select, question.arrival)
    why = tried.fault?.message ?? 'it answers differently each time that it is asked'
  }
  return { why }
}
