/**
 * MERGE (PostgreSQL 15 and later): every row that it matches is the asker's own, and what it inserts where nothing
 * matches is too. It matches by reading the key, because a MERGE that reads no column is not bound by the policies
 * for SELECT and breaks at the first row of another's.
 */
import { affects, refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import { refusedOrHarmless } from './harmless.ts'
import { isTaken, tryOut } from './trial.ts'

/** `insert into t (…) values …` as the INSERT action of a MERGE, which names no table. */
const asMergeAction = (insert: string, relation: string): string =>
  insert.replace(`insert into ${relation} `, 'insert ')

export const merge: Attack = {
  name: 'merge',
  async attempts(tenancy) {
    const { relation, both, empty, duels, may, touch, mends, context, readsKey, a, b } = tenancy
    if (context.catalog.major < 15 || !readsKey) return { attempts: [] }
    const into = `merge into ${relation} using (values (1)) source(assay_source) on`
    const either = `(${a.key}) or (${b.key})`
    const attempts: Attempt[] = []
    for (const { attacker, victim } of duels) {
      if (touch)
        attempts.push({
          title: `${attacker.title} merges an update into every row that matches: its own alone`,
          world: both,
          as: attacker.asker,
          when: [`${into} ${either} when matched then update set ${touch.set(attacker)}`],
          then: affects(1),
          mend: mends.hole('update', 'select'),
        })
      const deletion = `${into} ${either} when matched then delete`
      if (may.table.delete && isTaken(await tryOut(context.db, both, { when: [deletion] })))
        attempts.push({
          title: `${attacker.title} merges a deletion into every row that matches: its own alone`,
          world: both,
          as: attacker.asker,
          when: [deletion],
          then: affects(1),
          mend: mends.hole('delete', 'select'),
        })
      const statement = tenancy.insertOf(victim)
      if (statement === null) continue
      const insertion = `${into} false when not matched then ${asMergeAction(statement, relation)}`
      if (!isTaken(await tryOut(context.db, empty, { when: [insertion] }))) continue
      const attempt: Attempt = {
        title: `${attacker.title} merges a row of ${victim.title} in: refused`,
        world: empty,
        as: attacker.asker,
        when: [insertion],
        then: refusedByPolicy,
        mend: mends.hole('insert'),
      }
      attempts.push(await refusedOrHarmless(tenancy, attempt, victim))
    }
    return { attempts }
  },
}
