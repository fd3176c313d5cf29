/**
 * Plans in the ledger: what is kept of them, and what changed since. A plan is kept by its shape, so that it changes
 * when the structure, the statistics or the server does, and not from one day to another.
 */
import { lineDiff } from '../../ground/line-diff.ts'
import { isSameTree } from '../../postgres/same-tree.ts'
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

/** Of calls whose plans changed alike. */
export interface PlanChange {
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly calls: readonly string[]
}

/** Calls that both have; those whose plans changed alike together. */
const changesBetween = (before: readonly LedgerPlan[], after: readonly LedgerPlan[]): readonly PlanChange[] => {
  const was = byCall(before)
  const found = new Map<string, PlanChange & { readonly calls: string[] }>()
  for (const [call, tree] of byCall(after)) {
    const old = was.get(call)
    if (old === undefined || isSameTree(old, tree)) continue
    const key = JSON.stringify([old, tree])
    const known = found.get(key)
    if (known) known.calls.push(call)
    else found.set(key, { before: old, after: tree, calls: [call] })
  }
  return [...found.values()]
}

/** One of the things that plans follow from, which is not as recorded. */
export interface PlanFactor {
  readonly kind: 'structure' | 'statistics' | 'server' | 'declaration'
  /** "orders/index:user_id is new". */
  readonly what: string
  /** Of a structure. */
  readonly id?: string
  readonly how?: 'new' | 'gone' | 'differs'
}

const structureFactor = (id: string, how: 'new' | 'gone' | 'differs'): PlanFactor => ({
  kind: 'structure',
  what: how === 'differs' ? `${id} differs` : `${id} is ${how}`,
  id,
  how,
})

/** Structures that are not as recorded; those of another major version are compared by name alone. */
const changedStructures = (
  now: LedgerNow['structures'],
  ledger: Ledger,
  isComparable: boolean,
): readonly PlanFactor[] => {
  const recorded = new Map(ledger.pages.flatMap((p) => p.structures).map((s) => [s.id, s.fingerprint]))
  const present = new Set(now.map(({ id }) => id))
  return [
    ...now.flatMap(({ id, fingerprint }) => {
      if (!recorded.has(id)) return [structureFactor(id, 'new')]
      return isComparable && recorded.get(id) !== fingerprint ? [structureFactor(id, 'differs')] : []
    }),
    ...[...recorded.keys()].filter((id) => !present.has(id)).map((id) => structureFactor(id, 'gone')),
  ]
}

/** What plans follow from, as it is now. */
export interface PlanGround extends LedgerNow {
  /** Digest of the exported statistics; null: none are given. */
  readonly statistics: string | null
}

interface Differences {
  readonly structures: readonly PlanFactor[]
  readonly others: readonly PlanFactor[]
}

const differencesOf = (ledger: Ledger, { structures, server, statistics }: PlanGround): Differences => {
  const { head } = ledger
  const differs = (what: string, was: string, is: string): readonly string[] =>
    was === is ? [] : [`${what} ${was || 'none'} became ${is || 'none'}`]
  const isComparable = !server || !head || server.major === head.major
  const onServer =
    server && head
      ? [
          ...differs('PostgreSQL', String(head.major), String(server.major)),
          ...differs('the locale', head.locale, server.locale),
          ...differs('extensions', head.extensions.join(', '), server.extensions.toSorted().join(', ')),
        ]
      : []
  return {
    structures: changedStructures(structures, ledger, isComparable),
    others: [
      ...(statistics === (head?.statistics ?? null)
        ? []
        : [{ kind: 'statistics', what: 'the exported statistics differ' } as const]),
      ...(onServer.length === 0 ? [] : [{ kind: 'server', what: onServer.join(' and ') } as const]),
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

/** A plan that is another than in the ledger, and what may have changed it. */
export interface ChangedPlan {
  readonly rule: PlannedRule
  readonly change: PlanChange
  /** First its own declaration, then what it reads, then what all plans stand on. */
  readonly factors: readonly PlanFactor[]
}

export const changedPlans = (
  ledger: Ledger,
  now: PlanGround,
  rules: readonly PlannedRule[],
): readonly ChangedPlan[] => {
  const recorded = rulesOf(ledger)
  const { structures, others } = differencesOf(ledger, now)
  const declared = new Map(now.rules.map((rule) => [rule.id, rule.declared]))
  return rules.flatMap((rule) => {
    const before = recorded.get(rule.id)
    if (!before) return []
    const own = structures.filter(({ id = '' }) => rule.reads.some((table) => id.startsWith(`${table}/`)))
    const factors: readonly PlanFactor[] = [
      ...(before.declared === (declared.get(rule.id) ?? null)
        ? []
        : [{ kind: 'declaration', what: 'it is declared differently' } as const]),
      ...own,
      ...others,
      ...structures.filter((one) => !own.includes(one)),
    ]
    return changesBetween(before.plans ?? [], recordPlans(rule.plans)).map((change) => ({
      rule,
      change,
      factors,
    }))
  })
}

/** What was found out by taking back one thing alone. */
export interface PlanCause {
  /** Each of them alone brings the old plan back, or (`together`) all of them do and none alone. */
  readonly proven: readonly PlanFactor[]
  readonly together: boolean
  /** Those that could be taken back. */
  readonly tried: readonly PlanFactor[]
}

const shownCauses = 5

const listed = (factors: readonly PlanFactor[]): string => {
  const causes = factors.map(({ what }) => what)
  return causes.length <= shownCauses
    ? causes.join(', ')
    : `${causes.slice(0, shownCauses).join(', ')} and ${causes.length - shownCauses} more`
}

const since = 'since the ledger was written'

const causeText = (factors: readonly PlanFactor[], { proven, together, tried }: PlanCause): string => {
  if (factors.length === 0) return 'what changed it is not known'
  if (factors.length === 1) return `${since}: ${listed(factors)}, and nothing else that plans follow from`
  const others = factors.filter((factor) => !proven.includes(factor))
  const beside = others.length === 0 ? '' : `; also ${since}: ${listed(others)}`
  if (proven.length > 0) {
    const how =
      proven.length === 1
        ? 'with this taken back alone, the old plan comes back'
        : together
          ? 'with all of these taken back, and none alone, the old plan comes back'
          : 'with any of these taken back alone, the old plan comes back'
    return `${listed(proven)}: ${how}${beside}`
  }
  const left = factors.filter((factor) => !tried.includes(factor))
  if (tried.length === 0) return `${since}: ${listed(factors)}; which of them did it could not be tried`
  if (left.length === 0) return `${since}: ${listed(factors)}; none of them alone did it, nor all of them`
  return `${since}: ${listed(left)}; it was tried that these did not do it: ${listed(tried)}`
}

const changeFix = (first: string, { before, after }: PlanChange): string =>
  [first, ...lineDiff(before, after)].join('\n')

export const changedPlanFinding = ({ rule, change, factors }: ChangedPlan, cause: PlanCause): Finding => {
  const isSole = factors.length === 1
  return {
    code: 'plan.changed',
    severity: 'error',
    rule: rule.id,
    summary: `"${rule.sentence}", ${change.calls.join(', ')}: PostgreSQL takes another plan than in the ledger`,
    why: causeText(factors, cause),
    fix: changeFix(
      'Where the new plan is right, run `npx assay prove` and commit the ledger; else take the change back. What goes (-) and what comes (+):',
      change,
    ),
    ...(rule.at ? { where: rule.at } : {}),
    plan: {
      before: change.before,
      after: change.after,
      causes: factors.map((factor) => ({
        what: factor.what,
        isProven: isSole || cause.proven.includes(factor),
      })),
    },
  }
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
