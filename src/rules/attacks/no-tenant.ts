/**
 * Nobody set: NULL in a fresh session, the empty string after a SET LOCAL of an earlier transaction. Nothing is
 * seen, nothing can be written, and no policy breaks.
 */
import type { Asker } from '../experiment.ts'
import { affects, answers, refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import type { Tenancy } from './tenancy.ts'

interface Nobody {
  readonly title: string
  readonly asker: Asker
  readonly session?: 'fresh'
}

const attemptsOf = (tenancy: Tenancy, { title, asker, session }: Nobody): readonly Attempt[] => {
  const { relation, both, empty, may, touch, a, mends } = tenancy
  const asking = { as: asker, ...(session ? { session } : {}) }
  const statement = tenancy.insertOf(a)
  const attempts: Attempt[] = []
  if (may.columns.select.length > 0)
    attempts.push({
      ...asking,
      title: `${title}: nothing is seen and nothing breaks`,
      mend: mends.nobody('select'),
      world: both,
      when: [`select count(*) from ${relation}`],
      then: answers('0'),
    })
  if (statement !== null)
    attempts.push({
      ...asking,
      title: `${title}: an insert is refused`,
      mend: mends.nobody('insert'),
      world: empty,
      when: [statement],
      then: refusedByPolicy,
    })
  if (touch)
    attempts.push({
      ...asking,
      title: `${title}: an update finds nothing`,
      mend: mends.nobody('update', 'select'),
      world: both,
      when: [`update ${relation} set ${touch.set(a)}`],
      then: affects(0),
    })
  if (may.table.delete)
    attempts.push({
      ...asking,
      title: `${title}: a deletion finds nothing`,
      mend: mends.nobody('delete', 'select'),
      world: both,
      when: [`delete from ${relation}`],
      then: affects(0),
    })
  return attempts
}

export const noTenant: Attack = {
  name: 'no-tenant',
  async attempts(tenancy) {
    const { nobody } = tenancy
    return {
      attempts: [
        ...attemptsOf(tenancy, {
          title: 'in a fresh session, with no tenant set',
          asker: { role: tenancy.role, settings: {} },
          session: 'fresh',
        }),
        ...attemptsOf(tenancy, { title: 'with the tenant set to the empty string', asker: nobody }),
      ],
    }
  },
}
