/**
 * A call that sees nothing under the policies costs nothing, and a budget that holds over nothing is no green: it is made
 * once for what it sees, and once more without policies where that is nothing.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { CallRule, CallWish } from './experiments.ts'

const mend =
  'Let a policy compare a column of a row, or of a table that names who sees it, with what the settings of the identity say, and name that table among those of the call; name calls that find rows, with { with: [{ … }] }; or measure it as whoever bypasses policies: { asOwner: true }.'

/** [] where no policy stands between the call and its tables. `usual`: what it shares with the calls of its rule. */
export const unseenWishes = (
  rule: CallRule,
  { architecture, catalog }: { readonly architecture: Architecture; readonly catalog: Catalog },
  usual: Omit<CallWish, 'title' | 'then' | 'mend' | 'code' | 'looksBehind'>,
): readonly CallWish[] => {
  const isGuarded = rule.reads.some((id) => catalog.tables.get(id)?.rowSecurity === true)
  if (!rule.asApplication || architecture.identity === null || !isGuarded) return []
  return [
    {
      ...usual,
      title: 'whoever calls it sees rows',
      then: { kind: 'cost', within: { sees: true, readsWhole: true, repeats: true, rows: null } },
      mend,
      code: 'query.sees-nothing',
      looksBehind: true,
    },
  ]
}
