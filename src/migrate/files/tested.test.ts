import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  formatTested,
  parseTested,
  passOf,
  readTested,
  recordTested,
  testedFile,
  type TestedMigration,
} from './tested.ts'

const pass = (name: string, major = 18): TestedMigration => ({
  name,
  hash: 'a'.repeat(64),
  kind: 'versioned',
  direction: 'both',
  major,
  before: '0123456789abcdef',
  after: 'fedcba9876543210',
  changes: [
    { id: 'products/unique:tenant_id,slug', verb: 'makes', fingerprint: '1111111111111111' },
    { id: '"odd name;\n\u202ex"/table', verb: 'changes', fingerprint: '2222222222222222' },
    { id: 'products/column:legacy', verb: 'drops', fingerprint: null },
  ],
})

test('what is written is read again, in the order of the names', () => {
  const passes = [pass('0010_b'), pass('0002_a'), pass('0010_b', 15), pass('0003 "odd"\nname')]
  const text = formatTested(passes)
  expect(parseTested(text, 'migrations.txt')).toEqual({
    passes: [pass('0002_a'), pass('0003 "odd"\nname'), pass('0010_b', 15), pass('0010_b')],
    problems: [],
  })
  expect(formatTested(parseTested(text, '').passes)).toBe(text)
  expect(parseTested(text.replaceAll('\n', '\r\n'), '').passes).toHaveLength(4)
})

test('two branches that add different passes merge line by line', () => {
  const [base, left, right] = [[], [pass('0001_a')], [pass('0002_b')]].map(formatTested) as [
    string,
    string,
    string,
  ]
  const blocks = (text: string): string => text.slice(base.length)
  expect(parseTested(`${left}\n${blocks(right)}`, '').passes.map(({ name }) => name)).toEqual([
    '0001_a',
    '0002_b',
  ])
})

test.each([
  ['another fingerprint', (text: string) => text.replace('fedcba', 'fedcbb')],
  ['another name', (text: string) => text.replace('0001_a', '0001_b')],
  ['a line more', (text: string) => text.replace('  seal', '  makes 3 x\n  seal')],
  ['a line less', (text: string) => text.replace(/ {2}drops.*\n/u, '')],
  ['no seal', (text: string) => text.replace(/ {2}seal.*\n/u, '')],
  ['a conflict', (text: string) => text.replace('migration 0001_a', '<<<<<<< ours\nmigration 0001_a x')],
])('%s does not count as a pass', (_, change) => {
  const { passes, problems } = parseTested(change(formatTested([pass('0001_a')])), 'migrations.txt')
  expect(passes).toEqual([])
  expect(problems.length).toBeGreaterThan(0)
  expect(problems[0]?.code).toBe('ledger.malformed')
})

test('a pass is of one text on one major version; those of texts that are gone are taken out', async () => {
  const ledger = mkdtempSync(path.join(tmpdir(), 'assay-tested-'))
  try {
    const known = [
      { name: '0001_a', hash: 'a'.repeat(64) },
      { name: '0002_b', hash: 'a'.repeat(64) },
    ]
    expect(await recordTested(ledger, known, [])).toBeNull()
    expect(await recordTested(ledger, known, [pass('0001_a'), pass('0002_b')])).toBe(
      path.join(ledger, testedFile),
    )
    expect(await recordTested(ledger, known, [pass('0001_a')])).toBeNull()
    const { passes } = await readTested(ledger)
    expect(passOf(passes, { name: '0001_a', hash: 'a'.repeat(64) }, 18)?.name).toBe('0001_a')
    expect(passOf(passes, { name: '0001_a', hash: 'b'.repeat(64) }, 18)).toBeNull()
    expect(passOf(passes, { name: '0001_a', hash: 'a'.repeat(64) }, 15)).toBeNull()
    expect(
      passOf(passes, { name: '0001_a', hash: 'a'.repeat(64), expectations: 'b'.repeat(64) }, 18),
    ).toBeNull()
    await recordTested(ledger, [{ name: '0002_b', hash: 'a'.repeat(64) }], [])
    expect((await readTested(ledger)).passes.map(({ name }) => name)).toEqual(['0002_b'])
    const file = path.join(ledger, testedFile)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replaceAll('\n', '\r\n'))
    expect(await recordTested(ledger, known, [pass('0002_b')])).toBeNull()
  } finally {
    rmSync(ledger, { recursive: true, force: true })
  }
})
