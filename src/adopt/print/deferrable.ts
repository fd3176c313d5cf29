/** How a constraint's deferrability is stated: `deferrable: true`, `deferrable: 'deferred'`, or not at all. */
import type { Deferrable } from '../../catalog/key/key.ts'
import { atom, entry, type Entry } from './code.ts'
import { text } from './literals.ts'

export const deferrableEntries = (deferrable: Deferrable): readonly Entry[] => {
  if (deferrable === 'no') return []
  return [entry('deferrable', deferrable === 'immediate' ? atom('true') : text('deferred'))]
}
