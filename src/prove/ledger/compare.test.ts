import { describe, expect, it } from 'vitest'
import { mutant, replaced, resultOf, rule, sound, structure } from '../../../test/support/ledger-results.ts'
import { compareLedgers } from './compare.ts'
import { recordLedger } from './record.ts'
import type { RuleResult, StructureResult } from '../result.ts'

describe('what is asked less of', () => {
  const before = recordLedger(sound)
  const codes = (rules: readonly RuleResult[], structures: readonly StructureResult[]): string[] =>
    compareLedgers(before, recordLedger(resultOf(rules, structures))).map(
      (f) => `${f.severity} ${f.code} ${f.rule ?? f.structure ?? ''}`,
    )
  const a = 'products/check:a'
  const withRule = (more: Partial<RuleResult>): string[] =>
    codes(replaced(sound.rules, a, more), sound.structures)
  const withStructure = (more: Partial<StructureResult>): string[] =>
    codes(sound.rules, replaced(sound.structures, a, more))

  it('a rule removed', () => {
    expect(
      codes(
        sound.rules.filter((r) => r.id !== a),
        sound.structures,
      ),
    ).toContain(`error ledger.rule-removed ${a}`)
  })
  it('a sentence changed', () => {
    expect(withRule({ sentence: 'weaker' })).toEqual([`error ledger.rule-changed ${a}`])
  })
  it('a declaration weakened under the same sentence', () => {
    expect(withRule({ declared: 'bbbb' })).toEqual([`error ledger.rule-changed ${a}`])
  })
  it('red evidence lost', () => {
    expect(withRule({ red: { proven: false, experiment: null, why: 'nothing changed' } })).toEqual([
      `error ledger.red-lost ${a}`,
      `error ledger.structure-unproven ${a}`,
    ])
  })
  it('green lost', () => {
    expect(withRule({ green: false })).toContain(`error ledger.green-lost ${a}`)
  })
  it('something not found out any more', () => {
    expect(withRule({ unsolved: [{ rule: a, summary: 'no row', tried: '3' }] })).toEqual([
      `error ledger.unsolved-added ${a}`,
    ])
  })
  it('a claim removed', () => {
    expect(withRule({ claims: [] })).toEqual([`error ledger.claim-removed ${a}`])
  })
  it('a structure that nobody claims', () => {
    expect(withStructure({ rules: [] })).toEqual([`error ledger.structure-unclaimed ${a}`])
  })
  it('a structure gone', () => {
    expect(
      codes(
        sound.rules,
        sound.structures.filter((s) => s.id !== a),
      ),
    ).toEqual([`error ledger.structure-gone ${a}`])
  })
  it.each(['redundant', 'equivalent', 'stillborn', 'survived', 'unsolved'] as const)(
    'a killed mutant that is %s',
    (verdict) => {
      const mutants = [
        mutant(`${a}~removed`, 'killed'),
        mutant(`${a}~b`, verdict),
        mutant(`${a}~c`, 'equivalent'),
      ]
      const found = compareLedgers(
        before,
        recordLedger(resultOf(sound.rules, replaced(sound.structures, a, { mutants }))),
      )
      expect(found.map((f) => f.code)).toEqual(['ledger.mutant-excused'])
      expect(found[0]?.summary).toBe(`${a}~b was killed and is ${verdict}: because.`)
    },
  )
  it('another reason for the same excuse', () => {
    const mutants = [
      mutant(`${a}~removed`, 'killed'),
      mutant(`${a}~b`, 'killed'),
      mutant(`${a}~c`, 'equivalent', 'so'),
    ]
    expect(withStructure({ mutants })).toEqual([`warning ledger.mutant-reason-changed ${a}`])
  })
  it('mutants that are made no longer', () => {
    expect(withStructure({ mutants: [mutant(`${a}~removed`, 'killed')] })).toEqual([
      `error ledger.mutants-fewer ${a}`,
    ])
  })
  it('a structure that is another under rules that say the same', () => {
    expect(withStructure({ fingerprint: 'beef', definition: 'CHECK (true)' })).toEqual([
      `note ledger.structure-changed ${a}`,
    ])
  })
  it('another server', () => {
    const other = { ...sound, server: { major: 17, locale: 'C', extensions: [] } }
    expect(compareLedgers(before, recordLedger(other)).map((f) => f.code)).toEqual([
      'ledger.server-changed',
      'ledger.server-changed',
      'ledger.server-changed',
    ])
  })
  it('nothing when more is asked', () => {
    const more = resultOf(
      [...sound.rules, rule('orders/check:z')],
      [...sound.structures, structure('orders/check:z')],
    )
    expect(compareLedgers(before, recordLedger(more))).toEqual([])
    expect(compareLedgers({ head: null, pages: [], problems: [] }, before)).toEqual([])
  })
})
