/**
 * A refusal is expected of an attack that writes. Where a trigger makes the row the attacker's own instead, the
 * statement is taken and does no harm: then what is expected is that nothing more belongs to the victim.
 */
import { literal } from '../../postgres/quote.ts'
import { answers, type Attempt } from './attack.ts'
import type { Duel, Tenancy, Tenant } from './tenancy.ts'
import { isTaken, tryAll } from './trial.ts'

interface Harmless {
  /** The statement, then how many rows the victim has. */
  readonly when: readonly string[]
  readonly rows: string
}

/** Null when PostgreSQL refuses it, or the victim has more rows than before. */
const harmlessForm = async (
  { context, relation, column }: Tenancy,
  { world, as, given = [], when }: Pick<Attempt, 'world' | 'as' | 'given' | 'when'>,
  victim: Tenant,
): Promise<Harmless | null> => {
  const count = `select count(*) from ${relation} where ${column}::text = ${literal(victim.value)}`
  const after = [...when, 'set local role none', count]
  const [before, done] = await tryAll(context.db, world, [
    { given, when: [count] },
    { ...(as ? { as } : {}), given, when: after },
  ])
  const rows = before!.rows[0]?.[0]
  return isTaken(done!) && rows != null && done!.rows[0]?.[0] === rows ? { when: after, rows } : null
}

/** The attempt in the form that fits what PostgreSQL does with it now; one that does harm stays as it is. */
export const refusedOrHarmless = async (
  tenancy: Tenancy,
  attempt: Attempt,
  victim: Tenant,
): Promise<Attempt> => {
  const harmless = await harmlessForm(tenancy, attempt, victim)
  if (!harmless) return attempt
  const tried = attempt.title.replace(/: refused$/u, '')
  return {
    ...attempt,
    title: `${tried}: taken, and ${victim.title} has no more rows than before`,
    when: harmless.when,
    then: answers(harmless.rows),
  }
}

/** Whether a row of the victim's that the attacker inserts becomes the attacker's own. */
export const isMadeOwn = async (
  tenancy: Tenancy,
  { attacker, victim }: Duel,
  insert: string,
): Promise<boolean> =>
  (await harmlessForm(tenancy, { world: tenancy.empty, as: attacker.asker, when: [insert] }, victim)) !== null
