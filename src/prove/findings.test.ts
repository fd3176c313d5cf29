import { describe, expect, test } from 'vitest'
import type { Experiment, Expected } from '../rules/experiment.ts'
import { findingsOf } from './findings.ts'
import type { ExperimentResult, MutantResult, RuleResult, StructureResult } from './result.ts'
import { summarize } from './summary.ts'
import { withoutProof } from './unshown.ts'

const rule = (facts: Partial<RuleResult> = {}): RuleResult => ({
  id: 't/check:c',
  kind: 'check',
  table: 't',
  sentence: 'c: a > 0',
  at: null,
  claims: ['t/check:c'],
  green: true,
  red: { proven: true, experiment: null, why: 'it was refused' },
  experiments: [],
  unsolved: [],
  design: ['alter table "t" add constraint "c" check (a > 0);'],
  ...facts,
})

const experiment = (n: number, holds: boolean, mend?: string): ExperimentResult => {
  const then: Expected = { kind: 'rejected', by: { sqlstate: '23514' } }
  const made: Experiment = {
    id: `t/check:c#${n}`,
    rule: 't/check:c',
    title: `case ${n}`,
    world: { id: 't', statements: [] },
    given: [],
    when: ['select 1'],
    then,
    ...(mend === undefined ? {} : { mend }),
  }
  const observed = { fault: null, stage: 'when', affected: 0, rows: [] } as const
  return { experiment: made, observed, holds, difference: holds ? null : 'it was accepted' }
}

const mutant = (verdict: MutantResult['verdict'], why: string, ddl = 'drop it'): MutantResult => ({
  id: `t/check:c~${verdict}`,
  structure: 't/check:c',
  operator: 'check.removed',
  effect: 'removed',
  summary: 'c is gone',
  ddl: [ddl],
  verdict,
  why,
})

const structure = (facts: Partial<StructureResult> = {}): StructureResult => ({
  id: 't/check:c',
  kind: 'check',
  table: 't',
  name: 'c',
  definition: 'CHECK ((a > 0))',
  fingerprint: 'f',
  rules: ['t/check:c'],
  declaredBy: `t.check('c', 'a > 0')`,
  mutants: [],
  ...facts,
})

const tables = [
  { id: 't', schema: 'public', name: 't', columns: [{ name: 'a', type: 'integer' }], rules: [], at: null },
]

const told = (rules: readonly RuleResult[], structures: readonly StructureResult[]) =>
  findingsOf(rules, structures, tables).map((f) => [f.code, f.rule ?? f.structure])

describe('findings of a proof', () => {
  test('none when all is well', () => {
    expect(
      told([rule({ experiments: [experiment(1, true)] })], [structure({ mutants: [mutant('killed', 'x')] })]),
    ).toEqual([])
  })

  test('experiments that fail for one reason are one; each mend is one', () => {
    const failing = [
      experiment(1, false),
      experiment(2, false),
      experiment(3, false, 'revoke it'),
      experiment(4, true),
    ]
    const found = findingsOf([rule({ green: false, experiments: failing })], [], tables)
    expect(found.map((f) => [f.code, f.summary, f.fix])).toEqual([
      [
        'rule.red',
        't: c: a > 0: case 1: it was accepted (and 1 more)',
        'replace t/check:c in a migration by:\nalter table "t" add constraint "c" check (a > 0);',
      ],
      ['rule.hole', 't: c: a > 0: case 3: it was accepted', 'revoke it'],
    ])
  })

  test('what stands in the place of a design is dropped first', () => {
    const drop = 'alter table "t" drop constraint "c"'
    const broken = rule({ green: false, experiments: [experiment(1, false)], replaces: [drop] })
    expect(findingsOf([broken], [], tables)[0]!.fix).toBe(
      `replace t/check:c in a migration by:\n${drop};\nalter table "t" add constraint "c" check (a > 0);`,
    )
  })

  test('a rule without a structure asks to add one; without a design, to look', () => {
    const red = { green: false, experiments: [experiment(1, false)], claims: [] }
    expect(findingsOf([rule(red)], [], tables)[0]!.fix).toMatch(/^add to a migration:\nalter table/u)
    expect(findingsOf([rule({ ...red, design: [] })], [], tables)[0]!.fix).toMatch(
      /\nnpx assay explain t\/check:c$/u,
    )
  })

  test('survivors of a structure whose rule does not hold wait for the rule, and are counted there', () => {
    const mutants = [mutant('survived', 'x'), mutant('unsolved', 'y'), mutant('killed', 'z')]
    const found = findingsOf(
      [rule({ green: false, experiments: [experiment(1, false)] })],
      [structure({ mutants })],
      tables,
    )
    expect(found.map((f) => f.code)).toEqual(['rule.red'])
    expect(found[0]!.why).toContain('; 2 mutants wait for it')
  })

  test('a survivor under rules that hold is a finding of its own', () => {
    const mutants = [mutant('survived', 'every experiment answers as before')]
    const holding = rule({ experiments: [experiment(1, true)] })
    expect(told([holding], [structure({ mutants })])).toEqual([['mutant.survived', 't/check:c']])
  })

  test('a mutant that is what a red rule asks for is not told twice', () => {
    const mutants = [mutant('survived', 'x', 'alter table "t" add constraint "c" check (a > 0)')]
    const red = rule({ green: false, experiments: [experiment(1, false)], claims: [] })
    expect(told([red], [structure({ id: 't/column:a', rules: ['t/type:a'], mutants })])).toEqual([
      ['rule.red', 't/check:c'],
    ])
  })

  test('what is unsolved is told once, with the mutants that wait for it', () => {
    const unsolved = [{ rule: 't/check:c', summary: 'no row was found', tried: '3 values' }]
    const mutants = [mutant('unsolved', 'no row was found'), mutant('unsolved', 'a lock was waited for')]
    const found = findingsOf([rule({ unsolved })], [structure({ mutants })], tables)
    expect(found.map((f) => [f.code, f.why])).toEqual([
      ['rule.unsolved', 'Assay could not find out (tried: 3 values); 1 mutant waits for it'],
      ['mutant.unsolved', 'a lock was waited for'],
    ])
  })

  test('a rule that cannot fail', () => {
    const red = { proven: false, experiment: null, why: 'none of its experiments changes' }
    expect(told([rule({ red })], [])).toEqual([['rule.not-red', 't/check:c']])
  })

  test('a table that is missing, and one that nothing declares, are one thing each', () => {
    const missing = { green: false, missing: { columns: null } } as const
    const rules = [rule(missing), rule({ ...missing, id: 't/type:a' })]
    const other = (id: string) =>
      structure({
        id,
        kind: id.split(/[/:]/u)[1]!,
        table: 'u',
        rules: [],
        mutants: [mutant('survived', 'x')],
      })
    const found = findingsOf(rules, [other('u/table'), other('u/column:a'), other('u/check:c')], tables)
    expect(found.map((f) => [f.code, f.structure, f.summary])).toEqual([
      ['table.missing', 't', 't: the table does not exist, so its 2 rules are red'],
      ['structure.unproven', 'u/table', 'u: the table and its 2 structures exist, and nothing declares it'],
    ])
    expect(found[0]!.fix).toContain('create table "public"."t" (\n  "a" integer\n);')
  })
})

describe('what stands beside the tables', () => {
  const ways = (verdict: MutantResult['verdict']): readonly MutantResult[] =>
    ['a', 'b'].map((id) => ({ ...mutant(verdict, 'w'), id, effect: 'changed', summary: `way ${id}` }))
  const fn = (mutants: readonly MutantResult[]): StructureResult =>
    structure({ id: 'function:f()', kind: 'function', table: null, name: 'f', mutants })

  test('is one finding, however many ways there are to break it', () => {
    const shown = { ...mutant('killed', 'x'), effect: 'changed' } as const
    const found = findingsOf([rule()], [fn([shown, ...ways('survived')])], [])
    expect(found.map((f) => [f.code, f.structure, f.summary])).toEqual([
      [
        'mutant.survived',
        'function:f()',
        'database: function:f() is proven in part: 2 ways to break it would go unnoticed',
      ],
    ])
    expect(found[0]!.why).toContain('way a; way b')
  })

  test('is unproven where nothing but its removal is noticed, and none of its mutants has survived a proof', () => {
    const mutants = withoutProof(null, [mutant('killed', 'x'), ...ways('survived')])
    expect(mutants.map(({ verdict }) => verdict)).toEqual(['killed', 'unsolved', 'unsolved'])
    const one = fn(mutants)
    expect(findingsOf([rule()], [one], []).map((f) => f.code)).toEqual(['structure.unproven'])
    const summary = summarize(1, [rule()], [one], { start: 0, red: 0, green: 0, mutate: 0 })
    expect([summary.unproven, summary.mutants.survived, summary.mutants.unsolved]).toEqual([1, 0, 2])
  })

  test('what stands on a table is told way by way', () => {
    const found = findingsOf([rule()], [structure({ mutants: ways('survived') })], [])
    expect(found.map((f) => f.code)).toEqual(['mutant.survived', 'mutant.survived'])
  })
})
