/**
 * SECURITY DEFINER functions run with their owner's rights. Each one that the role may call is called with values
 * of the other tenant's row, as if its owner bypassed row-level security: its answer must not depend on that row,
 * and the row must stand as it did.
 */
import { ident } from '../../postgres/quote.ts'
import { answers, type Attack, type Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { callsOf } from './calls.ts'
import { readDefinerFunctions, type DefinerFunction } from './definer-functions.ts'
import { doBlock } from './do-block.ts'
import { readReaders } from './readers.ts'
import { sameAnswer } from './same-answer.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryOut } from './trial.ts'
import { becoming } from '../becoming.ts'

const kindOf = (f: DefinerFunction): string => (f.isProcedure ? 'procedure' : 'function')

const mendOf = (f: DefinerFunction, { role }: Tenancy): string => {
  const routine = `${kindOf(f)} ${f.signature}`
  return `alter ${routine} security invoker;\n-- or, where it must run as its owner: revoke execute on ${routine} from ${ident(role)}, public;`
}

const bypassing = async (tenancy: Tenancy, f: DefinerFunction): Promise<readonly string[]> => {
  const given = [`alter ${kindOf(f)} ${f.signature} owner to current_user`]
  const moved = await tryOut(tenancy.context.db, tenancy.empty, { given, when: ['select 1'] })
  return isTaken(moved) ? given : []
}

/** Calls it and lets nothing show of whether it was refused: only what is left behind counts. */
const tried = (statement: string): string =>
  doBlock(`
begin
  ${statement};
exception when others then null;
end `)

const reading = async (
  tenancy: Tenancy,
  f: DefinerFunction,
  owned: readonly string[],
  call: string,
  { attacker, victim }: Duel,
): Promise<Attempt | Gap> => {
  const { context, table, empty } = tenancy
  const question = await sameAnswer(context.db, empty, {
    asker: attacker.asker,
    from: `${call} answer`,
    columns: '*',
    given: [...owned, context.rows.insert(table, attacker.row)],
    before: [],
    arrival: [context.rows.insert(table, victim.row)],
  })
  if ('why' in question) return { summary: `what ${call} answers could not be compared`, tried: question.why }
  return {
    ...question,
    title: `${attacker.title} calls ${call}: it does not tell of the row of ${victim.title}`,
    world: empty,
    as: attacker.asker,
    then: answers('t'),
    mend: mendOf(f, tenancy),
  }
}

/** Calls it, then looks at the victim's row as somebody who sees everything. */
const harming = (
  tenancy: Tenancy,
  f: DefinerFunction,
  owned: readonly string[],
  call: string,
  { attacker, victim }: Duel,
): Attempt => {
  const { relation, both } = tenancy
  const statement = f.isProcedure ? `call ${call}` : `perform ${call}`
  const row = `select to_jsonb(t)::text from ${relation} t where ${victim.key}`
  return {
    title: `${attacker.title} calls ${call}: the row of ${victim.title} stands as it did`,
    world: both,
    given: [
      ...owned,
      `select pg_catalog.set_config('assay.row', (${row}), true)`,
      ...becoming(attacker.asker),
      tried(statement),
      'set local role none',
    ],
    when: [`select coalesce((${row}) = current_setting('assay.row'), false)`],
    then: answers('t'),
    mend: mendOf(f, tenancy),
  }
}

export const definerFunction: Attack = {
  name: 'definer-function',
  async attempts(tenancy) {
    const { context, table, role, duels } = tenancy
    const attempts: Attempt[] = []
    const gaps: Gap[] = []
    const readers = await readReaders(context.db, table, role)
    for (const f of await readDefinerFunctions(context.db, table, role, readers)) {
      const owned = await bypassing(tenancy, f)
      for (const duel of duels) {
        const calls = await callsOf(tenancy, f, duel.victim)
        for (const call of calls) {
          attempts.push(harming(tenancy, f, owned, call, duel))
          if (f.isProcedure) continue
          const found = await reading(tenancy, f, owned, call, duel)
          if (isGap(found)) gaps.push(found)
          else attempts.push(found)
        }
      }
    }
    return { attempts, gaps }
  },
}
