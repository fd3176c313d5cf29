/** Proofs for the tests of reports: one that has everything to tell, and one made of any texts. */
import fc from 'fast-check'
import type { ProjectProof } from '../../src/project/prove-project.ts'
import type { Finding, ProveResult } from '../../src/prove/result.ts'
import type { Experiment } from '../../src/rules/experiment.ts'
import { mutant, resultOf, rule, structure } from './ledger-results.ts'

export const proofOf = (...results: readonly ProveResult[]): ProjectProof => ({
  proofs: results.map((result) => ({
    result,
    ledger: { directory: '/x/ledger', whole: false, written: [], removed: [] },
  })),
  ok: results.every(({ findings }) => findings.every(({ severity }) => severity !== 'error')),
})

export const finding = (more: Partial<Finding>): Finding => ({
  code: 'rule.red',
  severity: 'error',
  summary: 'it does not hold',
  why: 'the database does not keep it',
  fix: 'add to a migration:\nalter table x;',
  ...more,
})

const experiment = (id: string, title: string): Experiment => ({
  id,
  rule: id,
  title,
  world: { id: 'w', statements: [] },
  given: [],
  when: ['select 1'],
  then: { kind: 'accepted' },
})

const observed = { fault: null, stage: 'when', affected: 0, rows: [] } as const

const at = { file: '/repo/data/products.ts', line: 7 }

/** A rule that holds, one that does not, a survivor, a structure without a rule, a table that is not there, a note. */
export const troubled: ProveResult = {
  ...resultOf(
    [
      rule('products/check:a', {
        at,
        experiments: [
          {
            experiment: experiment('products/check:a#1', 'one is kept'),
            observed,
            holds: true,
            difference: null,
          },
        ],
      }),
      rule('products/check:b', {
        at: { ...at, line: 8 },
        green: false,
        experiments: [
          {
            experiment: experiment('products/check:b#1', 'two is refused'),
            observed,
            holds: false,
            difference: 'but it was accepted',
          },
        ],
      }),
      rule('gone/check:a', { at: null, green: false, red: null, missing: { columns: null } }),
    ],
    [
      structure('products/check:a', { mutants: [mutant('products/check:a~x', 'survived')] }),
      structure('products/index:z', { rules: [] }),
      structure('type/enum:mood', { table: null, rules: ['products/check:a'] }),
    ],
  ),
  findings: [
    finding({
      rule: 'products/check:b',
      summary: 'two is refused, but it was accepted',
      where: { ...at, line: 8 },
    }),
    finding({ code: 'table.missing', structure: 'gone', summary: 'gone does not exist' }),
    finding({ code: 'rule.note', severity: 'note', rule: 'products/check:a', summary: 'tell nobody' }),
    finding({
      code: 'mutant.survived',
      structure: 'products/check:a',
      summary: 'nobody notices',
      reason: 'x',
    }),
    finding({ code: 'structure.unproven', structure: 'products/index:z', summary: 'nobody asks for z' }),
  ],
}

/** What ends a comment, a tag, a fence, a cell, a line or an attribute somewhere, and what no text should hold. */
export const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ']]>',
        '<![CDATA[',
        '<!--',
        '-->',
        '</failure>',
        '</script>',
        '&amp;',
        '&',
        '<b>',
        '"',
        "'",
        '|',
        '\n| --- |\n',
        '`',
        '```',
        '~~~',
        '*',
        '_',
        '#',
        '\n# ',
        '\n- ',
        '@mention',
        '#12',
        '[x](http://a.b)',
        'https://a.b/c',
        'www.a.b',
        'a@b.cd',
        ':smile:',
        '$x$',
        '\\',
        '\\|',
        '::error::x',
        '%0A',
        '%',
        ',',
        ':',
        '=',
        '\r',
        '\n',
        '\r\n',
        '\t',
        '\u0000',
        '\u001B[31m',
        '\u202E',
        '\uFFFE',
        '\uFFFF',
        '\uD800',
        '\uDC00',
        '1. ',
        '> ',
        '<details>',
        '</summary>',
        '    x',
        ' ',
        'ü😀',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))

/** Every text of a proof is any text. */
export const anyProof: fc.Arbitrary<ProjectProof> = fc
  .record({
    name: anyText,
    tables: fc.uniqueArray(anyText, { minLength: 1, maxLength: 3 }),
    texts: fc.array(fc.tuple(anyText, anyText, anyText, fc.constantFrom('error', 'warning', 'note')), {
      maxLength: 14,
    }),
  })
  .map(({ name, tables, texts }) => {
    const table = (n: number): string => tables[n % tables.length]!
    const rules = texts.map(([a, b], n) =>
      rule(`${table(n)}/${n}${a}`, {
        table: table(n),
        sentence: b,
        at: { file: `/repo/${a}`, line: n },
        green: false,
        experiments: [{ experiment: experiment(b, a), observed, holds: false, difference: b }],
      }),
    )
    const structures = texts.map(([, b], n) =>
      structure(`${table(n)}/s${n}${b}`, { table: table(n), name: b }),
    )
    const findings = texts.map(([a, b, c, severity], n) =>
      finding({
        severity: severity as Finding['severity'],
        code: n % 2 === 0 ? 'rule.red' : 'mutant.survived',
        ...(n % 2 === 0 ? { rule: rules[n]!.id } : { structure: structures[n]!.id }),
        summary: `it: ${a}.`,
        why: `because ${b}.`,
        fix: `do ${c}.`,
      }),
    )
    return proofOf({ ...resultOf(rules, structures), architecture: name, findings })
  })
