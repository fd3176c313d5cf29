import { describe, expect, test } from 'vitest'
import type { Experiment } from '../rules/experiment.ts'
import { asideFindings, isSetAside } from './aside-findings.ts'
import type { RuleResult, StructureResult } from './result.ts'

const push = 'jobs/trigger:push'
const why = 'schema "queue" does not exist (SQLSTATE 3F000)'

const ruleOf = (id: string, asides?: Experiment['world']['asides']): RuleResult => {
  const world = { id: 'jobs', statements: [], ...(asides ? { asides } : {}) }
  const then = { kind: 'accepted' } as const
  const experiment: Experiment = { id: `${id}#1`, rule: id, title: 'a', world, given: [], when: [], then }
  const observed = { fault: null, stage: 'when', affected: 1, rows: [] } as const
  return {
    id,
    kind: 'check',
    table: 'jobs',
    sentence: 's',
    at: null,
    claims: [],
    green: true,
    red: null,
    experiments: [{ experiment, observed, holds: true, difference: null }],
    unsolved: [],
    design: [],
  }
}

const trigger = (rules: readonly string[]): StructureResult => ({
  id: push,
  kind: 'trigger',
  table: 'jobs',
  name: 'push',
  definition: 'AFTER INSERT',
  fingerprint: 'f',
  rules,
  declaredBy: null,
  mutants: [],
})

const rules = [
  ruleOf('jobs/check:a', [{ structure: push, why }]),
  ruleOf('jobs/check:b', [{ structure: push, why }]),
  ruleOf('notes/check:c'),
]

describe('triggers that were set aside', () => {
  test('are one finding each, an error where no rule proves them', () => {
    expect(asideFindings(rules, [trigger([])])).toEqual([
      {
        code: 'trigger.set-aside',
        severity: 'error',
        structure: push,
        summary: `jobs: no row gets past trigger push: ${why}`,
        reason: why,
        why: '2 rules are proven with it disabled; no rule proves the trigger itself',
        fix: 'put what its function needs into a file of SQL, with functions of the same names and arguments, and give it as schema.before',
      },
    ])
    const [proven] = asideFindings(rules, [trigger(['jobs/proves:x'])])
    expect(proven).toMatchObject({ severity: 'warning', why: '2 rules are proven with it disabled' })
  })

  test('are told from the others', () => {
    const isAside = isSetAside(rules)
    expect([isAside(push), isAside('notes/trigger:other')]).toEqual([true, false])
    expect(asideFindings([ruleOf('notes/check:c')], [])).toEqual([])
  })
})
