/** Inserting a row that belongs to another tenant. */
import { refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import { refusedOrHarmless } from './harmless.ts'

export const insert: Attack = {
  name: 'insert',
  async attempts(tenancy) {
    const { empty, duels, mends } = tenancy
    const attempts: Attempt[] = []
    for (const { attacker, victim } of duels) {
      const statement = tenancy.insertOf(victim)
      if (statement === null) continue
      const attempt: Attempt = {
        title: `${attacker.title} inserts a row of ${victim.title}: refused`,
        world: empty,
        as: attacker.asker,
        when: [statement],
        then: refusedByPolicy,
        mend: mends.hole('insert'),
      }
      attempts.push(await refusedOrHarmless(tenancy, attempt, victim))
    }
    return { attempts }
  },
}
