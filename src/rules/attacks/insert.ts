/** Inserting a row that belongs to another tenant. */
import { refusedByPolicy, type Attack } from './attack.ts'

export const insert: Attack = {
  name: 'insert',
  async attempts(tenancy) {
    const { empty, duels, mends } = tenancy
    return {
      attempts: duels.flatMap(({ attacker, victim }) => {
        const statement = tenancy.insertOf(victim)
        if (statement === null) return []
        return [
          {
            title: `${attacker.title} inserts a row of ${victim.title}: refused`,
            world: empty,
            as: attacker.asker,
            when: [statement],
            then: refusedByPolicy,
            mend: mends.hole('insert'),
          },
        ]
      }),
    }
  },
}
