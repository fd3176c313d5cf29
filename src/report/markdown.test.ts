import fc from 'fast-check'
import { parsers } from 'prettier/plugins/markdown'
import { describe, expect, test } from 'vitest'
import { sound } from '../../test/support/ledger-results.ts'
import { anyProof, anyText, finding, proofOf, troubled } from '../../test/support/report-proofs.ts'
import { markdownCode, markdownHtml, markdownTable, markdownText } from './markdown-text.ts'
import { markdownOfFindings, markdownOfProof } from './markdown.ts'
import { printable } from './printable.ts'
import { looseFinding } from './reported-finding.ts'

interface Node {
  readonly type: string
  readonly value?: string
  readonly children?: readonly Node[]
}

const read = (markdown: string): Node => parsers.markdown.parse(markdown, {} as never) as Node

const all = (node: Node): readonly Node[] => [node, ...(node.children ?? []).flatMap(all)]

/** The printer's own: comments that part words, and a sign that would begin mathematics. */
const ownHtml = /^(?:<!-- -->|<span>|<\/span>)$/u

const harmless = new Set([
  'root',
  'paragraph',
  'text',
  'sentence',
  'word',
  'whitespace',
  'html',
  'break',
  'liquidNode',
])

/** What a reader sees, comments apart. */
const seen = (node: Node): string =>
  all(node)
    .map(({ type, value }) => (['text', 'word', 'inlineCode', 'code'].includes(type) ? (value ?? '') : ''))
    .join('')

const oneLine = (text: string): string => printable(text).replaceAll(/\s+/gu, ' ').trim()

const withoutSpace = (text: string): string => text.replaceAll(/\s/gu, '')

describe('Markdown', () => {
  test('any text is that text: no markup, link, mention or mathematics', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const markdown = markdownText(text)
        const root = read(markdown)
        const nodes = all(root)
        expect(nodes.filter(({ type }) => !harmless.has(type))).toEqual([])
        for (const { value } of nodes.filter(({ type }) => type === 'html')) expect(value).toMatch(ownHtml)
        expect(withoutSpace(seen(root))).toBe(withoutSpace(oneLine(text)))
        expect(markdown).not.toMatch(/[\n\r]/u)
        expect(markdown).not.toMatch(/@\w|#\d|:\/\/|www\.|(?<!<span>)\$/u)
      }),
      { numRuns: 500 },
    )
  })

  test('any text in an element is that text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const html = markdownHtml(text)
        expect(html.replaceAll(/<!-- -->|<\/?span>/gu, '')).not.toMatch(/[<>\n\r]/u)
        expect(html).not.toMatch(/@\w|#\d|:\/\/|www\.|(?<!<span>)\$/u)
      }),
      { numRuns: 300 },
    )
  })

  test('any text in a fence stays in it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const root = read(`before\n\n${markdownCode(text, 'sql')}\n\nafter`)
        expect(root.children?.map(({ type }) => type)).toEqual(['paragraph', 'code', 'paragraph'])
        expect(root.children?.[1]?.value).toBe(printable(text.replaceAll(/\r\n?/gu, '\n')))
      }),
      { numRuns: 300 },
    )
  })

  test('any text in a cell leaves a table of the same size', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const root = read(
          markdownTable(
            ['x', 'y'],
            [
              [markdownText(a), markdownText(b)],
              ['1', '2'],
            ],
          ),
        )
        expect(root.children?.map(({ type }) => type)).toEqual(['table'])
        expect(root.children?.[0]?.children?.map(({ children }) => children?.length)).toEqual([2, 2, 2])
      }),
      { numRuns: 300 },
    )
  })
})

const shown = (file: string): string => file.replace('/repo/', '')

describe('the summary of a proof', () => {
  test('of a sound one: verdict, score, a row per table, nothing else', () => {
    expect(markdownOfProof(proofOf(sound), 'prove', shown)).toBe(`## ✓ assay prove: commerce

Nothing keeps this from being true: 0 rules with 0 experiments on PostgreSQL 18. There was no mutant that can be told apart.

| table | rules proven | structures | without a rule | killed | cannot be told apart | survived | unsolved |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| ✓ products | 2 of 2 | 2 | 0 | 4 | 2 | 0 | 0 |
| ✓ orders | 1 of 1 | 1 | 0 | 2 | 1 | 0 | 0 |
| ✓ of the whole database | 0 of 0 | 1 | 0 | 2 | 1 | 0 | 0 |
`)
  })

  test('of a troubled one: each finding folded, with its mend as code', () => {
    const text = markdownOfProof(proofOf(troubled), 'prove', shown)
    expect(text).toContain('## ✗ assay prove: commerce\n\n4 things keep this from being true')
    expect(text).toContain('| ✗ products | 1 of 2 | 2 | 1 |')
    expect(text).toContain('| ✗ gone | 0 of 1 | 0 | 0 |')
    expect(text).toContain('<details><summary>✗ two is refused, but it was accepted</summary>')
    expect(text).toContain('mend: add to a migration:\n\n```\nalter table x;\n```')
    expect(text).toContain('where: data/products.ts:8')
    expect([...text.matchAll(/<details>/gu)]).toHaveLength(5)
    // Errors come before what is only to be known.
    expect(text.indexOf('nobody asks for z')).toBeLessThan(text.indexOf('tell nobody'))
  })

  test('of any texts: as many folds as findings, and no link', () => {
    fc.assert(
      fc.property(anyProof, (proof) => {
        const nodes = all(read(markdownOfProof(proof, 'prove', shown)))
        const { findings } = proof.proofs[0]!.result
        const folds = nodes.filter(
          ({ type, value }) => type === 'html' && value?.startsWith('<details>') === true,
        )
        expect(folds).toHaveLength(findings.length)
        expect(
          nodes.filter(({ type }) => ['link', 'image', 'linkReference', 'definition', 'list'].includes(type)),
        ).toEqual([])
        expect(nodes.filter(({ type }) => type === 'heading')).toHaveLength(1)
      }),
      { numRuns: 100 },
    )
  })

  test('stays below what GitHub takes, and says how many findings had no room', () => {
    const long = looseFinding(finding({ fix: `do\n${'x'.repeat(60_000)}` }))
    const text = markdownOfFindings(
      'check',
      Array.from({ length: 40 }, () => long),
      'so it is',
    )
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000)
    const folds = [...text.matchAll(/<details>/gu)].length
    expect(text).toContain(`and ${40 - folds} more, for which there is no room here`)
  })
})
