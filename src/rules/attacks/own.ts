/** Controls: a tenant reads, inserts, updates and deletes its own rows, so that a policy that shuts everybody out is red. */
import { accepted, affects, type Attack, type Attempt } from './attack.ts'
import { isTaken, tryOut } from './trial.ts'

export const own: Attack = {
  name: 'own',
  async attempts(tenancy) {
    const { relation, both, empty, duels, may, touch, readsKey, mends, context } = tenancy
    const attempts: Attempt[] = []
    for (const { attacker: owner } of duels) {
      const asking = { world: both, as: owner.asker }
      const insert = tenancy.insertOf(owner)
      const deletion = `delete from ${relation}${readsKey ? ` where ${owner.key}` : ''}`
      if (readsKey)
        attempts.push({
          ...asking,
          title: `${owner.title} reads its own row`,
          when: [`select 1 from ${relation} where ${owner.key}`],
          then: affects(1),
          mend: mends.shutOut('select'),
        })
      if (insert !== null) {
        const inserting = { as: owner.asker, world: empty, then: accepted, mend: mends.shutOut('insert') }
        attempts.push({ ...inserting, title: `${owner.title} inserts its own row`, when: [insert] })
        if (readsKey)
          attempts.push({
            ...inserting,
            title: `${owner.title} inserts its own row and reads it back with RETURNING`,
            when: [`${insert} returning 1`],
            then: affects(1),
            mend: mends.shutOut('insert', 'select'),
          })
      }
      if (touch && readsKey)
        attempts.push({
          ...asking,
          title: `${owner.title} updates its own row`,
          when: [`update ${relation} set ${touch.set(owner)} where ${owner.key}`],
          then: affects(1),
          mend: mends.shutOut('update', 'select'),
        })
      if (may.table.delete && isTaken(await tryOut(context.db, both, { when: [deletion] })))
        attempts.push({
          ...asking,
          title: `${owner.title} deletes its own row`,
          when: [deletion],
          then: affects(1),
          mend: mends.shutOut('delete', 'select'),
        })
    }
    return { attempts }
  },
}
