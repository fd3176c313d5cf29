/** Deleting another tenant's row: without WHERE, by the key, and with what RETURNING would tell of it. */
import { affects, type Attack, type Attempt } from './attack.ts'
import { isTaken, tryOut } from './trial.ts'

export const deletion: Attack = {
  name: 'delete',
  async attempts({ relation, both, duels, may, readsKey, mends, context }) {
    if (!may.table.delete) return { attempts: [] }
    // Where a trigger refuses every deletion there is nothing left to attack; that it does is another rule's matter.
    const possible = isTaken(await tryOut(context.db, both, { when: [`delete from ${relation}`] }))
    const attempts = duels.flatMap(({ attacker, victim }): readonly Attempt[] => {
      const asking = { world: both, as: attacker.asker, mend: mends.hole('delete', 'select') }
      const blind = {
        ...asking,
        title: `${attacker.title} deletes every row that it can reach: its own alone`,
        when: [`delete from ${relation}`],
        then: affects(1),
      }
      const byKey = {
        ...asking,
        title: `${attacker.title} deletes the row of ${victim.title} by its key: nothing`,
        when: [`delete from ${relation} where ${victim.key}`],
        then: affects(0),
      }
      const returning = {
        ...asking,
        title: `${attacker.title} deletes and has RETURNING tell what: its own alone`,
        when: [`delete from ${relation} returning 1`],
        then: affects(1),
      }
      if (!possible) return readsKey ? [byKey] : []
      return readsKey ? [blind, byKey, returning] : [blind]
    })
    return { attempts }
  },
}
