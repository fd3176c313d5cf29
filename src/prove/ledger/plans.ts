/**
 * Plans in the ledger: what is kept of them, and what changed since. A plan is kept by its shape, so that it changes
 * when the structure, the statistics or the server does, and not from one day to another.
 */
import { lineDiff } from '../../ground/line-diff.ts'
import type { Finding, RulePlan } from '../result.ts'
import type { LedgerNow } from './check.ts'
import { inOrder, type Ledger, type LedgerPlan, type LedgerRule } from './page.ts'

type Shaped = Pick<RulePlan, 'call' | 'tree'>

/** Calls with the same plan are kept together. */
export const recordPlans = (plans: readonly Shaped[]): readonly LedgerPlan[] => {
  const byTree = new Map<string, { readonly tree: readonly string[]; readonly calls: string[] }>()
  for (const { call, tree } of plans) {
    const known = byTree.get(tree.join('\n'))
    if (known) known.calls.push(call)
    else byTree.set(tree.join('\n'), { tree, calls: [call] })
  }
  return [...byTree.values()].map(({ tree, calls }) => ({ tree, calls: calls.toSorted(inOrder) }))
}

const byCall = (plans: readonly LedgerPlan[]): ReadonlyMap<string, readonly string[]> =>
  new Map(plans.flatMap(({ tree, calls }) => calls.map((call) => [call, tree] as const)))

interface Change {
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly calls: readonly string[]
}

/** Calls that both have; those whose plans changed alike together. */
const changesBetween = (before: readonly LedgerPlan[], after: readonly LedgerPlan[]): readonly Change[] => {
  const was = byCall(before)
  const found = new Map<string, Change & { readonly calls: string[] }>()
  for (const [call, tree] of byCall(after)) {
    const old = was.get(call)
    if (old === undefined || old.join('\n') === tree.join('\n')) continue
    const key = JSON.stringify([old, tree])
    const known = found.get(key)
    if (known) known.calls.push(call)
    else found.set(key, { before: old, after: tree, calls: [call] })
  }
  return [...found.values()]
}

/** Structures that are not as recorded. */
const changedStructures = (now: LedgerNow['structures'], ledger: Ledger): readonly string[] => {
  const recorded = new Map(ledger.pages.flatMap((p) => p.structures).map((s) => [s.id, s.fingerprint]))
  const present = new Set(now.map(({ id }) => id))
  return [
    ...now.flatMap(({ id, fingerprint }) =>
      !recorded.has(id) ? [`${id} is new`] : recorded.get(id) === fingerprint ? [] : [`${id} differs`],
    ),
    ...[...recorded.keys()].filter((id) => !present.has(id)).map((id) => `${id} is gone`),
  ]
}

/** What plans follow from, as it is now. */
export interface PlanGround extends LedgerNow {
  /** Digest of the exported statistics; null: none are given. */
  readonly statistics: string | null
}

interface Differences {
  /** "orders/index:orders_recent is gone": structures whose fingerprints can be compared. */
  readonly structures: readonly string[]
  readonly others: readonly string[]
}

const differencesOf = (ledger: Ledger, { structures, server, statistics }: PlanGround): Differences => {
  const { head } = ledger
  const differs = (what: string, was: string, is: string): readonly string[] =>
    was === is ? [] : [`${what} ${was || 'none'} became ${is || 'none'}`]
  const isComparable = !server || !head || server.major === head.major
  return {
    structures: isComparable ? changedStructures(structures, ledger) : [],
    others: [
      ...(statistics === (head?.statistics ?? null) ? [] : ['the exported statistics differ']),
      ...(server && head
        ? [
            ...differs('PostgreSQL', String(head.major), String(server.major)),
            ...differs('the locale', head.locale, server.locale),
            ...differs('extensions', head.extensions.join(', '), server.extensions.toSorted().join(', ')),
          ]
        : []),
    ],
  }
}

const rulesOf = (ledger: Ledger): ReadonlyMap<string, LedgerRule> =>
  new Map(ledger.pages.flatMap((p) => p.rules).map((r) => [r.id, r]))

/**
 * Whether plans have to be asked for again: where all that they follow from is as it was, so are they. `queries`: the ids
 * of the rules that have plans.
 */
export const mayHaveChanged = (ledger: Ledger, now: PlanGround, queries: readonly string[]): boolean => {
  if (!ledger.head || queries.length === 0) return false
  const { structures, others } = differencesOf(ledger, now)
  const recorded = rulesOf(ledger)
  const declared = new Map(now.rules.map((rule) => [rule.id, rule.declared]))
  return (
    structures.length + others.length > 0 ||
    queries.some((id) => (recorded.get(id)?.declared ?? null) !== (declared.get(id) ?? null))
  )
}

export interface PlannedRule {
  readonly id: string
  readonly sentence: string
  /** Relation ids. */
  readonly reads: readonly string[]
  readonly at: Finding['where'] | null
  readonly plans: readonly Shaped[]
}

const shownCauses = 5

const listed = (causes: readonly string[]): string =>
  causes.length <= shownCauses
    ? causes.join(', ')
    : `${causes.slice(0, shownCauses).join(', ')} and ${causes.length - shownCauses} more`

/** What can be told of why it changed: first its own declaration, then what it reads, then what all plans stand on. */
const causeOf = (rule: PlannedRule, isDeclaredOtherwise: boolean, differences: Differences): string => {
  const own = differences.structures.filter((text) => rule.reads.some((id) => text.startsWith(`${id}/`)))
  const causes = [
    ...(isDeclaredOtherwise ? ['it is declared differently'] : []),
    ...own,
    ...differences.others,
    ...(own.length === 0 ? differences.structures : []),
  ]
  return causes.length === 0 ? 'what changed it is not known' : `since the ledger was written: ${listed(causes)}`
}

const changeFix = (first: string, { before, after }: Change): string =>
  [first, ...lineDiff(before, after)].join('\n')

/** One finding for each plan that is another than in the ledger. */
export const changedPlans = (
  ledger: Ledger,
  now: PlanGround,
  rules: readonly PlannedRule[],
): readonly Finding[] => {
  const recorded = rulesOf(ledger)
  const differences = differencesOf(ledger, now)
  const declared = new Map(now.rules.map((rule) => [rule.id, rule.declared]))
  return rules.flatMap((rule) => {
    const before = recorded.get(rule.id)
    if (!before) return []
    const isDeclaredOtherwise = before.declared !== (declared.get(rule.id) ?? null)
    return changesBetween(before.plans ?? [], recordPlans(rule.plans)).map((change): Finding => ({
      code: 'plan.changed',
      severity: 'error',
      rule: rule.id,
      summary: `"${rule.sentence}", ${change.calls.join(', ')}: PostgreSQL takes another plan than in the ledger`,
      why: causeOf(rule, isDeclaredOtherwise, differences),
      fix: changeFix(
        'Where the new plan is right, run `npx assay prove` and commit the ledger; else take the change back. What goes (-) and what comes (+):',
        change,
      ),
      ...(rule.at ? { where: rule.at } : {}),
      plan: { before: change.before, after: change.after },
    }))
  })
}

/** Of one ledger beside another: a reviewer sees which plans a change brings. */
export const comparePlans = (before: LedgerRule, after: LedgerRule): readonly Finding[] =>
  changesBetween(before.plans ?? [], after.plans ?? []).map((change) => ({
    code: 'ledger.plan-changed',
    severity: 'warning',
    rule: after.id,
    summary: `${after.id}, ${change.calls.join(', ')}: its plan is another one.`,
    why: 'It stays within its budget on the rows of the proof; whether it is as good at full size is for a reviewer to judge.',
    fix: changeFix('Judge the new plan. What goes (-) and what comes (+):', change),
    plan: { before: change.before, after: change.after },
  }))
