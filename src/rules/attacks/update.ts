/**
 * Changing another tenant's row. Once without WHERE, because a statement that reads no column is bound by the
 * policies for UPDATE alone, and once by the key.
 */
import { affects, type Attack, type Attempt } from './attack.ts'

export const update: Attack = {
  name: 'update',
  async attempts({ relation, both, duels, touch, readsKey, mends }) {
    if (!touch) return { attempts: [] }
    const attempts = duels.flatMap(({ attacker, victim }): readonly Attempt[] => {
      const asking = { world: both, as: attacker.asker, mend: mends.hole('update', 'select') }
      const change = `update ${relation} set ${touch.set(attacker)}`
      return [
        {
          ...asking,
          title: `${attacker.title} updates every row that it can reach: its own alone`,
          when: [change],
          then: affects(1),
        },
        ...(readsKey
          ? [
              {
                ...asking,
                title: `${attacker.title} updates the row of ${victim.title} by its key: nothing`,
                when: [`${change} where ${victim.key}`],
                then: affects(0),
              },
            ]
          : []),
      ]
    })
    return { attempts }
  },
}
