/** Locking another tenant's rows with SELECT FOR UPDATE: what cannot be seen must not be blocked either. */
import { affects, type Attack, type Attempt } from './attack.ts'

export const lock: Attack = {
  name: 'lock',
  async attempts({ relation, both, duels, may, readsKey, mends }) {
    if (may.columns.update.length === 0 || !readsKey) return { attempts: [] }
    return {
      attempts: duels.flatMap(({ attacker, victim }): readonly Attempt[] => {
        const asking = { world: both, as: attacker.asker, mend: mends.hole('select', 'update') }
        return [
          {
            ...asking,
            title: `${attacker.title} locks every row that it can reach: its own alone`,
            when: [`select 1 from ${relation} for update`],
            then: affects(1),
          },
          {
            ...asking,
            title: `${attacker.title} locks the row of ${victim.title} by its key: nothing`,
            when: [`select 1 from ${relation} where ${victim.key} for update`],
            then: affects(0),
          },
        ]
      }),
    }
  },
}
