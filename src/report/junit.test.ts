import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resultOf, rule, sound, structure } from '../../test/support/ledger-results.ts'
import { anyProof, anyText, finding, proofOf, troubled } from '../../test/support/report-proofs.ts'
import { elementsNamed, readXml, type ReadElement } from '../../test/support/xml.ts'
import { junitOfFindings, junitOfProof } from './junit.ts'
import { printable } from './printable.ts'
import { looseFinding } from './reported-finding.ts'
import { element, xmlDocument } from './xml.ts'

const shown = (file: string): string => file.replace('/repo/', '')

const failing = (root: ReadElement): readonly string[] =>
  elementsNamed(root, 'testcase')
    .filter((one) => elementsNamed(one, 'failure').length > 0)
    .map((one) => one.attributes['classname'] ?? '')

const expectCountsAreRight = (root: ReadElement): void => {
  for (const suite of [root, ...elementsNamed(root, 'testsuite')]) {
    expect(Number(suite.attributes['tests'])).toBe(elementsNamed(suite, 'testcase').length)
    expect(Number(suite.attributes['failures'])).toBe(elementsNamed(suite, 'failure').length)
  }
}

describe('XML', () => {
  test('any text comes back from a parser as what can be printed of it', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const root = readXml(xmlDocument(element('x', { a }, [element('y', {}, [b])])))
        const readable = (text: string): string =>
          printable(text).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff')
        expect(root.attributes['a']).toBe(readable(a))
        expect(root.children[0]?.text).toBe(readable(b))
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    'a\u0000',
    '<a b="<"/>',
    '<a>]]></a>',
    '<a>&nbsp;</a>',
    '<a><b></a></b>',
    '<a x="1" x="2"/>',
    '<a/><b/>',
  ])('the parser of this test refuses %j', (text) => {
    expect(() => readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)).toThrow()
  })
})

describe('JUnit', () => {
  test('a sound proof: a suite per table, a case per rule and structure, none fails', () => {
    const root = readXml(junitOfProof(proofOf(sound), 'prove', shown))
    expect(elementsNamed(root, 'testsuite').map((suite) => suite.attributes['name'])).toEqual([
      'commerce/products',
      'commerce/orders',
      'commerce',
    ])
    expect(root.attributes).toMatchObject({ name: 'assay', tests: '7', failures: '0', time: '10.500' })
    const [first] = elementsNamed(root, 'testcase')
    expect(first?.attributes).toMatchObject({
      name: 'sentence of products/check:a',
      classname: 'products/check:a',
    })
    expect(failing(root)).toEqual([])
    expectCountsAreRight(root)
  })

  test('what is wrong fails where it belongs: rule, missing table, survivor, structure without a rule', () => {
    const root = readXml(junitOfProof(proofOf(troubled), 'prove', shown))
    expect(failing(root)).toEqual([
      'products/check:b',
      'products/check:a',
      'products/index:z',
      'gone/check:a',
      'gone',
    ])
    expectCountsAreRight(root)
    const [failure] = elementsNamed(root, 'failure')
    expect(failure?.attributes).toEqual({ message: 'two is refused, but it was accepted', type: 'rule.red' })
    expect(failure?.text).toContain('mend: add to a migration:\nalter table x;')
    const cases = elementsNamed(root, 'testcase')
    expect(cases[1]?.attributes).toMatchObject({ file: 'data/products.ts', line: '8' })
    expect(elementsNamed(cases[1]!, 'system-out')[0]?.text).toContain(
      'not ok products/check:b#1: two is refused: but it was accepted',
    )
    // A note is told, and fails nothing.
    expect(elementsNamed(cases[0]!, 'system-out')[0]?.text).toContain('tell nobody')
  })

  test('before the migration is written, `red` passes for rules that fail now', () => {
    const awaited = resultOf(
      [
        rule('products/check:a', {
          green: false,
          red: { proven: true, experiment: null, why: 'it fails now' },
        }),
      ],
      [structure('products/index:z', { rules: [] })],
    )
    expect(failing(readXml(junitOfProof(proofOf(awaited), 'red', shown)))).toEqual([])
    expect(failing(readXml(junitOfProof(proofOf(awaited), 'green', shown)))).toEqual([
      'products/check:a',
      'products/index:z',
    ])
  })

  test('a proof of nothing fails', () => {
    const empty = { ...resultOf([], []), findings: [finding({ code: 'architecture.empty' })] }
    expect(failing(readXml(junitOfProof(proofOf(empty), 'prove', shown)))).toEqual(['architecture.empty'])
  })

  test('every error stands in a failure, whatever the texts are', () => {
    fc.assert(
      fc.property(anyProof, (proof) => {
        const root = readXml(junitOfProof(proof, 'prove', shown))
        expectCountsAreRight(root)
        const failures = elementsNamed(root, 'failure').map(({ text }) => text)
        const { findings } = proof.proofs[0]!.result
        const told = findings.filter(({ severity }) => severity === 'error')
        expect(failures.length).toBeGreaterThanOrEqual(told.length === 0 ? 0 : 1)
        const readable = (text: string): string =>
          printable(text).replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff')
        // What looks like the password of a connection is masked.
        const isPlain = ({ summary, fix }: (typeof told)[number]): boolean =>
          !/:\/\/[^]*@/u.test(summary + fix)
        for (const { summary, fix } of told.filter(isPlain))
          expect(
            failures.some(
              (text) =>
                text.includes(readable(summary).trim()) &&
                text.includes('why:') &&
                text.endsWith(readable(fix).trimEnd()),
            ),
          ).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('findings without a proof: a case for each, or one that says that all is well', () => {
    const none = readXml(junitOfFindings('assay check', [], 'The ledger covers all.'))
    expect(elementsNamed(none, 'testcase').map(({ attributes }) => attributes['name'])).toEqual([
      'The ledger covers all.',
    ])
    expect(failing(none)).toEqual([])
    const some = readXml(junitOfFindings('assay check', [looseFinding(finding({ rule: 'a/b' }))], ''))
    expect(failing(some)).toEqual(['a/b'])
  })
})
