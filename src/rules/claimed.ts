/** The structures that a rule claims, as its experiments and its neighbours look at them. */
import type { Structure } from '../catalog/structure.ts'
import type { RuleContext } from './rule-kind.ts'

/** The first claimed structure of one of these kinds. */
export const claimedOf = (
  context: Pick<RuleContext, 'catalog' | 'claims'>,
  ...kinds: readonly string[]
): Structure | undefined =>
  context.claims
    .map((id) => context.catalog.structures.get(id))
    .find((s): s is Structure => s !== undefined && kinds.includes(s.kind))
