/** How rows land that triggers have had their way with: the text that policies are asked about is that one. */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { tryAll, type TrialAnswer } from '../attacks/trial.ts'
import type { Asker, World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { onEvents, triggersOf, type TriggerWithFunction } from '../trigger-functions.ts'
import type { Move, Situation } from './situations.ts'

/** The texts that rows have in the end; null where triggers quietly let none in. */
export interface Landed {
  coming(situation: Situation): string | null
  moved(move: Move): string | null
}

export interface Landing {
  readonly world: World
  readonly situations: readonly Situation[]
  readonly moves: readonly Move[]
}

/** Words by which a text finds out who asks, or looks anywhere but at the row. */
const looking =
  /\b(?:user|\w+_user|\w+_role|current_\w+|select|perform|execute|call|insert|update|delete|merge|tg_argv)\b/iu

/** Calls, and words that parentheses may follow, of which everybody is answered the same. */
const plainWords = new Set(
  `and or not in if elsif when then else return raise values coalesce nullif greatest least now
  clock_timestamp statement_timestamp transaction_timestamp date_trunc lower upper initcap trim btrim ltrim
  rtrim left right length char_length octet_length replace regexp_replace substring substr concat concat_ws
  format md5 abs round ceil floor numeric varchar char timestamp timestamptz time interval`.match(/\w+/gu),
)

const isBlind = (text: string): boolean =>
  !looking.test(text) &&
  [...text.matchAll(/([\p{L}\p{N}_$".]+)\s*\(/gu)].every(([, name]) => plainWords.has(name!.toLowerCase()))

/** It does the same whoever writes. */
const isBlindTrigger = ({ trigger, function: called }: TriggerWithFunction): boolean =>
  called !== null &&
  called.language === 'plpgsql' &&
  called.body !== null &&
  isBlind(called.body) &&
  isBlind(trigger.facts.when ?? '')

const byDefault = (table: Table): readonly string[] =>
  table.columns.flatMap((c) => (c.generated === null && c.default !== null ? [c.default] : []))

/** How rows land as somebody: found once where that is the same for all. */
export const landingFor = (
  db: Session,
  { rows, table, catalog }: RuleContext,
  { world, situations, moves }: Landing,
): ((as: Asker) => Promise<Landed>) => {
  const triggers = triggersOf(catalog, table.id)
  // A partition may have triggers of its own; others than those before the write leave the row as it comes.
  const before = (event: 'insert' | 'update'): readonly TriggerWithFunction[] =>
    table.kind === 'partitioned'
      ? triggers
      : onEvents(triggers, event).filter(({ trigger }) => trigger.facts.timing === 'before')
  const areDefaultsBlind = byDefault(table).every((sql) => !looking.test(sql))
  const lands = before('insert').length > 0 || (triggers.length > 0 && !areDefaultsBlind)
  const becomes = before('update').length > 0
  const isSame = table.kind !== 'partitioned' && areDefaultsBlind && triggers.every(isBlindTrigger)
  const off = ['set constraints all immediate', `alter table ${qualified(table)} disable row level security`]
  const back = `returning (${ident(table.name)}.*)::text`
  /** What is refused behind the policies keeps its own text: they are asked before that. */
  const landingOf = (reply: TrialAnswer, own: string): string | null =>
    reply.ran && reply.fault === null ? (reply.rows[0]?.[0] ?? null) : own

  const landAs = async (as: Asker): Promise<Landed> => {
    const coming = await tryAll(
      db,
      world,
      (lands ? situations : []).map(({ row, before: first, after, standsWithout }) => ({
        as,
        given: [...first, ...(standsWithout ? after : []), ...off],
        when: [`${rows.insert(table, row)} ${back}`],
      })),
    )
    const moved = await tryAll(
      db,
      world,
      (becomes ? moves : []).map(({ from, sets }) => ({
        as,
        given: [...from.before, rows.insert(table, from.row), ...from.after, ...off],
        when: [
          `update ${qualified(table)} set ${sets.map(([c, v]) => `${ident(c)} = ${v}`).join(', ')} where ${rows.where(table, from.row)} ${back}`,
        ],
      })),
    )
    return {
      coming: (situation) =>
        lands ? landingOf(coming[situations.indexOf(situation)]!, situation.text) : situation.text,
      moved: (move) =>
        becomes && !move.blocked ? landingOf(moved[moves.indexOf(move)]!, move.text) : move.text,
    }
  }
  let first: Promise<Landed> | null = null
  return (as) => {
    if (!isSame) return landAs(as)
    first ??= landAs(as)
    return first
  }
}
