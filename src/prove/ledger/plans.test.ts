import { describe, expect, it } from 'vitest'
import { nowOf, replaced, resultOf, rule, structure } from '../../../test/support/ledger-results.ts'
import { compareLedgers } from './compare.ts'
import { formatPage, parsePage } from './format.ts'
import {
  changedPlanFinding,
  changedPlans,
  mayHaveChanged,
  recordPlans,
  type PlanCause,
  type PlanGround,
  type PlannedRule,
} from './plans.ts'
import { recordLedger } from './record.ts'
import type { RulePlan } from '../result.ts'

const id = 'queries/recent "orders"'
const plan = (call: string, ...tree: readonly string[]): RulePlan => ({
  call,
  basis: 'loaded',
  tree,
  plan: { 'Node Type': 'Limit' },
  sql: 'select 1',
})
const byIndex = ['Limit', '  Index Scan using "odd \\u{a}i" on orders (Index Cond: user_id)']
const whole = ['Limit', '  Sort (Sort Key: ordered_at DESC)', '    Seq Scan on orders (Filter: user_id)']
const proven = (plans: readonly RulePlan[]) =>
  resultOf(
    [rule(id, { table: 'orders', claims: ['orders/index:i'], plans })],
    [structure('orders/index:i', { rules: [id] }), structure('users/index:u', { rules: [id] })],
  )
const result = proven([plan('with frequent values', ...byIndex), plan('at 10 rows of orders', ...byIndex)])
const ledger = recordLedger(result)
const now: PlanGround = { ...nowOf(result), statistics: null }
const planned = (...plans: readonly RulePlan[]): readonly PlannedRule[] => [
  { id, sentence: 'recent "orders"', reads: ['orders'], at: { file: 'a.ts', line: 3 }, plans },
]

const untried: PlanCause = { proven: [], together: false, tried: [] }
const findingsOf = (changed: PlanGround, rules: readonly PlannedRule[]) =>
  changedPlans(ledger, changed, rules).map((one) => changedPlanFinding(one, untried))

describe('plans in the ledger', () => {
  it('are kept by shape with the calls that have it, and read back as they were', () => {
    const page = ledger.pages.find(({ table }) => table === 'orders')!
    const text = formatPage(page)
    expect(text).toContain(
      [
        '  plan Limit',
        '    |   Index Scan using "odd \\\\u{a}i" on orders (Index Cond: user_id)',
        '    call at 10 rows of orders',
        '    call with frequent values',
        '',
      ].join('\n'),
    )
    expect(parsePage(text)).toEqual({ value: page, malformed: [], edited: [] })
    expect(parsePage(text.replace('Index Scan', 'Index Only Scan')).edited).toHaveLength(1)
  })

  it('leave no trace where there are none', () => {
    const without = recordLedger(resultOf([rule('orders/check:a')], []))
    expect(formatPage(without.pages.find(({ table }) => table === 'orders')!)).not.toContain('plan')
    expect(recordPlans([])).toEqual([])
  })

  it.each<[string, PlanGround, boolean]>([
    ['nothing', now, false],
    ['a structure', { ...now, structures: replaced(now.structures, 'users/index:u', { fingerprint: 'x' }) }, true],
    ['a structure that goes', { ...now, structures: now.structures.slice(1) }, true],
    ['the declaration', { ...now, rules: replaced(now.rules, id, { declared: 'x' }) }, true],
    ['the statistics', { ...now, statistics: 'abcd' }, true],
    ['the server', { ...now, server: { ...result.server, major: 15 } }, true],
  ])('may have changed with %s', (_what, changed, may) => {
    expect(mayHaveChanged(ledger, changed, [id])).toBe(may)
    expect(mayHaveChanged(ledger, changed, [])).toBe(false)
  })

  it('are told with the trees, what changed them, and for calls that changed alike once', () => {
    const gone = { ...now, structures: now.structures.filter((s) => s.id !== 'orders/index:i') }
    const [finding, ...more] = findingsOf(
      gone,
      planned(plan('with frequent values', ...whole), plan('at 10 rows of orders', ...whole), plan('new', 'Result')),
    )
    expect(more).toEqual([])
    expect(finding).toEqual({
      code: 'plan.changed',
      severity: 'error',
      rule: id,
      summary:
        '"recent "orders"", at 10 rows of orders, with frequent values: PostgreSQL takes another plan than in the ledger',
      why: 'since the ledger was written: orders/index:i is gone, and nothing else that plans follow from',
      fix: [
        'Where the new plan is right, run `npx assay prove` and commit the ledger; else take the change back. What goes (-) and what comes (+):',
        '  Limit',
        '-   Index Scan using "odd \\u{a}i" on orders (Index Cond: user_id)',
        '+   Sort (Sort Key: ordered_at DESC)',
        '+     Seq Scan on orders (Filter: user_id)',
      ].join('\n'),
      where: { file: 'a.ts', line: 3 },
      plan: {
        before: byIndex,
        after: whole,
        causes: [{ what: 'orders/index:i is gone', isProven: true }],
      },
    })
  })

  it.each<[string, PlanGround, string]>([
    ['the statistics', { ...now, statistics: 'abcd' }, 'the exported statistics differ'],
    ['the server', { ...now, server: { ...result.server, major: 15 } }, 'PostgreSQL 18 became 15'],
    [
      'another table',
      { ...now, structures: replaced(now.structures, 'users/index:u', { fingerprint: 'x' }) },
      'users/index:u differs',
    ],
    ['the declaration', { ...now, rules: replaced(now.rules, id, { declared: 'x' }) }, 'it is declared differently'],
  ])('name as what changed them %s', (_what, changed, why) => {
    const [finding] = findingsOf(changed, planned(plan('with frequent values', ...whole)))
    expect(finding!.why).toBe(`since the ledger was written: ${why}, and nothing else that plans follow from`)
  })

  it('tell of several changes which one was proven to do it, and which were proven not to', () => {
    const changed: PlanGround = {
      ...now,
      statistics: 'abcd',
      structures: now.structures.filter((s) => s.id !== 'orders/index:i'),
    }
    const [one] = changedPlans(ledger, changed, planned(plan('with frequent values', ...whole)))
    const [gone, statistics] = one!.factors
    const whyOf = (cause: Partial<PlanCause>) => changedPlanFinding(one!, { ...untried, ...cause }).why
    expect(whyOf({})).toBe(
      'since the ledger was written: orders/index:i is gone, the exported statistics differ; which of them did it could not be tried',
    )
    expect(whyOf({ proven: [gone!], tried: [gone!] })).toBe(
      'orders/index:i is gone: with this taken back alone, the old plan comes back; also since the ledger was written: the exported statistics differ',
    )
    expect(whyOf({ tried: [gone!] })).toBe(
      'since the ledger was written: the exported statistics differ; it was tried that these did not do it: orders/index:i is gone',
    )
    expect(whyOf({ proven: [gone!, statistics!], together: true })).toContain('with all of these taken back')
    expect(whyOf({ tried: [gone!, statistics!] })).toContain('none of them alone did it, nor all of them')
    const told = changedPlanFinding(one!, { ...untried, proven: [gone!] })
    expect(told.plan!.causes!.map(({ isProven }) => isProven)).toEqual([true, false])
  })

  it('are compared beside another commit', () => {
    const after = recordLedger(proven([plan('with frequent values', ...whole)]))
    const found = compareLedgers(ledger, after)
    expect(found.map(({ code, severity, plan: trees }) => [code, severity, trees])).toEqual([
      ['ledger.plan-changed', 'warning', { before: byIndex, after: whole }],
    ])
    expect(compareLedgers(ledger, ledger)).toEqual([])
  })
})
