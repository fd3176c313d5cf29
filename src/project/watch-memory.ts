/** What a watch remembers of one architecture between rounds, and what a change touches: by digests, fingerprints, claims. */
import type { Architecture, Identity } from '../architecture/architecture.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Binding } from '../prove/bind.ts'
import { declarationDigest } from '../prove/digest.ts'
import type { ProofGround } from '../prove/proof-ground.ts'
import type { ProveResult, RuleResult, StructureResult } from '../prove/result.ts'

export interface Memory {
  readonly architecture: Architecture
  readonly ground: ProofGround
  readonly rules: ReadonlyMap<string, RuleResult>
  readonly structures: ReadonlyMap<string, StructureResult>
}

export const remember = (
  architecture: Architecture,
  ground: ProofGround,
  { rules, structures }: Pick<ProveResult, 'rules' | 'structures'>,
): Memory => ({
  architecture,
  ground,
  rules: new Map(rules.map((rule) => [rule.id, rule])),
  structures: new Map(structures.map((s) => [s.id, s])),
})

/** Ids of structures that are new or other than they were, and of those that are gone. */
export interface StructureChange {
  readonly changed: readonly string[]
  readonly gone: readonly string[]
}

export const structureChange = (memory: Memory, catalog: Catalog): StructureChange => ({
  changed: [...catalog.structures.values()]
    .filter((s) => memory.structures.get(s.id)?.fingerprint !== fingerprint(s, catalog))
    .map((s) => s.id),
  gone: [...memory.structures.keys()].filter((id) => !catalog.structures.has(id)),
})

const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id))

/** A function's body may stay while what it calls changes. */
const hasFunction = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && Object.values(value).some(hasFunction))

const identityText = (identity: Identity | null): string =>
  identity === null ? '' : `${identity.role} ${String(identity.settings)}`

/** Who asks, and which tables there are, stands behind the experiments of every rule. */
const isAllOther = (before: Architecture, now: Architecture): boolean =>
  before.name !== now.name || identityText(before.identity) !== identityText(now.identity)

export interface Touched {
  /** Rules whose proof may have another outcome now. */
  readonly rules: readonly string[]
  /** Structures that changed and that no rule claims: they are told, and nothing can be run for them. */
  readonly unclaimed: readonly string[]
  /** Structures that changed and that only their table claims. */
  readonly byTable: readonly string[]
}

/** `reloaded`: a file that declares was saved. */
export const touchedBy = (
  memory: Memory,
  architecture: Architecture,
  binding: Binding,
  { changed, gone }: StructureChange,
  reloaded: boolean,
): Touched => {
  const ruleIds = new Set(binding.rules.map(({ rule }) => rule.id))
  const all = isAllOther(memory.architecture, architecture)
  const disturbed = new Set([...changed, ...gone])
  const isTouched = (rule: DeclaredRule, claims: readonly string[], missing: string | null): boolean => {
    const before = memory.rules.get(rule.id)
    return (
      all ||
      before === undefined ||
      before.declared !== declarationDigest(rule) ||
      (reloaded && hasFunction(rule)) ||
      (before.missing === undefined) !== (missing === null) ||
      !sameIds(before.claims, claims) ||
      [...claims, ...before.claims].some((id) => disturbed.has(id))
    )
  }
  const rules = new Set(
    binding.rules.flatMap(({ rule, claims, missing }) => (isTouched(rule, claims, missing) ? [rule.id] : [])),
  )
  // A structure that another set of rules stands for now is judged by all of them.
  for (const [id, claimants] of binding.claimedBy) {
    const before = memory.structures.get(id)?.rules ?? []
    if (disturbed.has(id) || !sameIds(before, claimants))
      for (const claimant of claimants) if (ruleIds.has(claimant)) rules.add(claimant)
  }
  const claimantsOf = (id: string): readonly string[] => binding.claimedBy.get(id) ?? []
  return {
    rules: [...rules],
    unclaimed: changed.filter((id) => claimantsOf(id).length === 0),
    byTable: changed.filter(
      (id) => claimantsOf(id).length > 0 && !claimantsOf(id).some((claimant) => ruleIds.has(claimant)),
    ),
  }
}
