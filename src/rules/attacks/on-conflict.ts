/**
 * INSERT … ON CONFLICT: a row of another tenant is refused though it would only be skipped or merged, and a row of
 * one's own under another's primary key never changes the row that has it.
 */
import { identList } from '../../postgres/quote.ts'
import { refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import { isMadeOwn } from './harmless.ts'
import { keysOf } from './keys.ts'
import type { Duel, Tenancy } from './tenancy.ts'
import { isTaken, tryOut } from './trial.ts'

/** The attacker's own row with the victim's values in a key that does not hold the tenant apart. */
const underForeignKey = async (tenancy: Tenancy, { attacker, victim }: Duel): Promise<readonly Attempt[]> => {
  const { context, table, both, touch, mends, rule } = tenancy
  const keys = await keysOf(context.db, table)
  const arbiter = keys.find((k) => k.isPlain && !k.columns.includes(rule.column))
  if (!arbiter || !touch) return []
  const row = { ...attacker.row }
  for (const column of arbiter.columns) if (column in victim.row) row[column] = victim.row[column]!
  const statement = `${context.rows.insert(table, row)} on conflict (${identList(arbiter.columns)}) do update set ${touch.set(attacker)}`
  const tried = await tryOut(context.db, both, { when: [statement] })
  if (!isTaken(tried)) return []
  return [
    {
      title: `${attacker.title} has ON CONFLICT update the row of ${victim.title}: refused`,
      world: both,
      as: attacker.asker,
      when: [statement],
      then: refusedByPolicy,
      mend: mends.hole('update', 'select'),
    },
  ]
}

export const onConflict: Attack = {
  name: 'on-conflict',
  async attempts(tenancy) {
    const { both, duels, mends, may, touch } = tenancy
    const attempts: Attempt[] = []
    for (const duel of duels) {
      const { attacker, victim } = duel
      const statement = tenancy.insertOf(victim)
      if (statement === null) continue
      // A row that a trigger makes the attacker's own says nothing of the victim's.
      if (await isMadeOwn(tenancy, duel, statement)) continue
      attempts.push({
        title: `${attacker.title} inserts the row of ${victim.title} again with ON CONFLICT DO NOTHING: refused`,
        world: both,
        as: attacker.asker,
        when: [`${statement} on conflict do nothing`],
        then: refusedByPolicy,
        mend: mends.hole('insert'),
      })
      if (touch && tenancy.readsKey && may.table.insert)
        attempts.push(...(await underForeignKey(tenancy, duel)))
    }
    return { attempts }
  },
}
