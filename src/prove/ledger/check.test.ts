import { describe, expect, it } from 'vitest'
import { mutant, nowOf, replaced, resultOf, sound } from '../../../test/support/ledger-results.ts'
import { checkLedger } from './check.ts'
import { recordLedger } from './record.ts'

describe('the check', () => {
  const ledger = recordLedger(sound)
  const a = 'products/check:a'
  const codes = (now: ReturnType<typeof nowOf>): string[] => checkLedger(ledger, now).map((f) => f.code)
  const now = nowOf(sound)

  it.each([
    [
      'a new rule',
      { ...now, rules: [...now.rules, { ...now.rules[0]!, id: 'new' }] },
      'ledger.rule-unproven',
    ],
    ['a rule that goes', { ...now, rules: now.rules.slice(1) }, 'ledger.rule-undeclared'],
    ['another sentence', { ...now, rules: replaced(now.rules, a, { sentence: 'x' }) }, 'ledger.rule-changed'],
    [
      'another declaration',
      { ...now, rules: replaced(now.rules, a, { declared: 'x' }) },
      'ledger.rule-changed',
    ],
    ['another claim', { ...now, rules: replaced(now.rules, a, { claims: ['y'] }) }, 'ledger.claims-changed'],
    [
      'a new structure',
      { ...now, structures: [...now.structures, { ...now.structures[0]!, id: 'new' }] },
      'ledger.structure-unrecorded',
    ],
    ['a structure gone', { ...now, structures: now.structures.slice(1) }, 'ledger.structure-gone'],
    [
      'another fingerprint',
      { ...now, structures: replaced(now.structures, a, { fingerprint: 'x' }) },
      'ledger.structure-changed',
    ],
    ['another major version', { ...now, server: { ...sound.server, major: 15 } }, 'ledger.server-changed'],
  ])('finds %s', (_what, changed, code) => {
    expect(codes(changed)).toEqual([code])
  })

  it('says once that another major version prints fingerprints that cannot be compared', () => {
    const structures = now.structures.map((s) => ({ ...s, fingerprint: 'printed differently' }))
    expect(codes({ ...now, structures, server: { ...sound.server, major: 15 } })).toEqual([
      'ledger.server-changed',
    ])
  })

  it('does not pass a ledger that records a failed proof', () => {
    const failed = resultOf(
      replaced(sound.rules, a, {
        green: false,
        red: null,
        unsolved: [{ rule: a, summary: 's', tried: 't' }],
      }),
      replaced(sound.structures, 'products/check:b', {
        rules: [],
        mutants: [mutant('m', 'survived'), mutant('n', 'unsolved')],
      }),
    )
    expect(checkLedger(recordLedger(failed), nowOf(failed)).map((f) => f.code)).toEqual([
      'ledger.not-green',
      'ledger.not-red',
      'ledger.unsolved',
      'ledger.structure-unproven',
      'ledger.mutant-survived',
      'ledger.mutant-unsolved',
    ])
  })
})
