import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText, finding, troubled } from '../../test/support/report-proofs.ts'
import { annotation, annotationLines } from './annotations.ts'
import { printable } from './printable.ts'
import { looseFinding, reportedFindings } from './reported-finding.ts'

const many = (n: number, severity: 'error' | 'warning' | 'note') =>
  Array.from({ length: n }, (_, i) => looseFinding(finding({ severity, summary: `${severity} ${i}` })))

test('a finding stands beside its line, with what is wrong, why and the mend', () => {
  const [first] = annotationLines(reportedFindings(troubled, false), 'prove')
  expect(first).toBe(
    '::error file=/repo/data/products.ts,line=8,title=assay rule.red products/check%3Ab::two is refused, but it was accepted%0Awhy: the database does not keep it%0Amend: add to a migration:%0Aalter table x;',
  )
})

test('percent signs, line ends, colons and commas are written as the runner reads them', () => {
  expect(
    annotation({
      severity: 'note',
      file: 'a,b:c%.ts',
      line: 3,
      title: 'x: y\nz',
      message: '100 %\r\nnext: a, b',
    }),
  ).toBe('::notice file=a%2Cb%3Ac%25.ts,line=3,title=x%3A y%0Az::100 %25%0Anext: a, b')
})

/** As the runner takes a line apart. */
const readCommand = (
  line: string,
): { readonly name: string; readonly properties: Record<string, string>; readonly message: string } => {
  const [, name = '', list = '', data = ''] = /^::(\w+) ?(.*?)::(.*)$/u.exec(line) ?? []
  const unescaped = (text: string): string =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%')
  const properties = Object.fromEntries(
    list
      .split(',')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), unescaped(pair.slice(pair.indexOf('=') + 1))]),
  )
  return { name, properties, message: unescaped(data) }
}

test('any text is one command on one line, and comes back as it was', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (file, title, message) => {
      const line = annotation({ severity: 'warning', file, line: 1, title, message })
      expect(line.split(/[\r\n]/u)).toHaveLength(1)
      const read = readCommand(line)
      expect(read.name).toBe('warning')
      expect(Object.keys(read.properties)).toEqual(['file', 'line', 'title'])
      const readable = (text: string): string => printable(text.replaceAll(/\r\n?/gu, '\n'))
      expect(read.properties['file']).toBe(readable(file))
      expect(read.properties['title']).toBe(readable(title))
      expect(read.message).toBe(readable(message))
    }),
    { numRuns: 500 },
  )
})

test('ten at most, errors first, and the tenth says how many are left', () => {
  expect(annotationLines(many(10, 'note'), 'check')).toHaveLength(10)
  const lines = annotationLines([...many(4, 'note'), ...many(3, 'warning'), ...many(8, 'error')], 'check')
  expect(lines).toHaveLength(10)
  expect(lines.slice(0, 8).every((line) => line.startsWith('::error '))).toBe(true)
  expect(lines[8]).toContain('warning 0')
  expect(lines[9]).toBe('::warning title=assay::and 6 more: what `assay check` prints names them all')
  expect(annotationLines([], 'check')).toEqual([])
})
