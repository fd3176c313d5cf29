/** When a reference is checked: at once, or at the end of the transaction. */
import { accepted, type Ground } from '../draft.ts'
import type { Expected } from '../experiment.ts'
import type { Family, ForeignKey } from '../foreign-key.ts'
import { addParentCase } from './outcome.ts'
import type { RuleContext } from '../rule-kind.ts'

/** The child first, then its parent: only a deferred check lets that pass. */
export const addTimingCases = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { deferrable } = key.rule
  const refused: Expected = {
    kind: 'rejected',
    by: { sqlstate: '23503', constraint: key.name },
  }
  const reversed = [...family.beforeChild, family.insertChild, family.insertParent]
  const add = async (title: string, when: readonly string[], then: Expected): Promise<void> => {
    await addParentCase(key, context, ground, { title, given: family.beforeParent, when, then })
  }
  const [where, end] = deferrable === 'no' ? ['also ', 'refused'] : ['', 'accepted']
  await add(
    `${where}with constraints deferred, a row before the row that it points to is ${end}`,
    ['set constraints all deferred', ...reversed],
    deferrable === 'no' ? refused : accepted,
  )
  if (deferrable === 'no') return
  await add(
    `unless asked otherwise, a row before the row that it points to is ${deferrable === 'deferred' ? 'accepted' : 'refused'}`,
    reversed,
    deferrable === 'deferred' ? accepted : refused,
  )
}
