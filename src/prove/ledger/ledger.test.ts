import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { nowOf, resultOf, rule, sound, structure } from '../../../test/support/ledger-results.ts'
import { AssayError } from '../../ground/errors.ts'
import { checkLedger } from './check.ts'
import { compareLedgers } from './compare.ts'
import { formatHead, formatPage, parseHead, parsePage } from './format.ts'
import { readLedger, writeLedger } from './ledger.ts'
import { tableFile } from './path.ts'
import { inOrder, type Ledger, type LedgerPage } from './page.ts'
import { recordLedger } from './record.ts'
import type { ProveResult } from '../result.ts'

const directories: string[] = []
const makeDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-ledger-'))
  directories.push(directory)
  return directory
}
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

describe('the files of the ledger', () => {
  it('gives back what was recorded, and the check finds nothing', async () => {
    const directory = await makeDirectory()
    const { written } = await writeLedger(directory, sound)
    expect(written).toEqual(['database.txt', 'head.txt', 'tables/orders.txt', 'tables/products.txt'])
    const ledger = await readLedger(directory)
    const byTable = (pages: readonly LedgerPage[]): LedgerPage[] =>
      pages.toSorted((a, b) => inOrder(a.table ?? '', b.table ?? ''))
    expect({ ...ledger, pages: byTable(ledger.pages) }).toEqual({
      ...recordLedger(sound),
      pages: byTable(recordLedger(sound).pages),
    })
    expect(checkLedger(ledger, nowOf(sound))).toEqual([])
    expect(compareLedgers(ledger, ledger)).toEqual([])
  })

  it('reads well in a pull request', async () => {
    const result = resultOf(
      [
        rule('products/check:price', {
          sentence: 'price is never below zero',
          red: {
            proven: true,
            experiment: 'e1',
            why: 'without its structures: price -0.01 is refused → accepted',
          },
          experiments: [
            {
              experiment: {
                id: 'e1',
                rule: 'products/check:price',
                title: 'price -0.01 is refused',
                world: { id: 'w', statements: [] },
                given: [],
                when: [],
                then: { kind: 'accepted' },
              },
              observed: { fault: null, stage: 'when', affected: 0, rows: [] },
              holds: true,
              difference: null,
            },
          ],
        }),
      ],
      [structure('products/check:price', { definition: 'CHECK (price >= 0)' })],
    )
    const page = recordLedger(result).pages.find((p) => p.table === 'products')
    expect(page && formatPage(page)).toMatchInlineSnapshot(`
      "# Written by \`assay prove\`. Do not edit: change the rule or the migration and prove again.

      table products
        seal 263cb165

      rule products/check:price
        says price is never below zero
        declared aaaa
        claims products/check:price
        red price -0.01 is refused
          because without its structures: accepted
        green
        seal ee504d23

      structure products/check:price
        is CHECK (price >= 0)
        rule products/check:price
        green f00d
        killed 2 ea848c69cc214091
        equivalent products/check:price~c
          because because
        seal b52b2178
      "
    `)
  })

  it('keeps the bytes of pages that say the same, whatever the order and the times of the run', async () => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    const again: ProveResult = {
      ...sound,
      tables: sound.tables.toReversed(),
      rules: sound.rules.toReversed(),
      structures: sound.structures.toReversed().map((s) => ({ ...s, mutants: s.mutants.toReversed() })),
      summary: { ...sound.summary, seconds: { start: 9, red: 9, green: 9, mutate: 9 } },
    }
    const { written, removed } = await writeLedger(directory, again)
    expect({ written, removed }).toEqual({ written: [], removed: [] })
  })

  it('writes only what changed, removes pages of tables that are gone, and leaves files of others', async () => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    await writeFile(join(directory, 'tables', 'notes.txt'), 'mine')
    const less = resultOf(
      [rule('products/check:a')],
      [structure('products/check:a', { fingerprint: 'beef' })],
    )
    const answer = await writeLedger(directory, less)
    expect(answer).toEqual({
      written: ['database.txt', 'tables/products.txt'],
      removed: ['tables/orders.txt'],
      unchanged: ['head.txt'],
    })
    expect((await readdir(join(directory, 'tables'))).toSorted()).toEqual(['notes.txt', 'products.txt'])
  })

  it('leaves a checkout with CRLF line ends alone, and can read it', async () => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    const path = join(directory, 'tables', 'products.txt')
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('\n', '\r\n'))
    expect((await writeLedger(directory, sound)).written).toEqual([])
    expect(checkLedger(await readLedger(directory), nowOf(sound))).toEqual([])
  })

  it('is missing where none was written', async () => {
    const ledger = await readLedger(join(await makeDirectory(), 'absent'))
    expect(checkLedger(ledger, nowOf(sound)).map((f) => f.code)).toEqual(['ledger.missing'])
  })

  it('tells what to do when it cannot be written', async () => {
    const directory = await makeDirectory()
    await writeFile(join(directory, 'tables'), 'a file where a directory is needed')
    const fault = await writeLedger(directory, sound).catch((e: unknown) => e)
    expect(fault).toBeInstanceOf(AssayError)
    expect(fault).toMatchObject({ code: 'ledger.unwritable', exit: 3 })
  })

  const word = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('a\nb', '*/', '\u001b[31m', '"', "'"),
  )
  const words = fc.uniqueArray(word, { maxLength: 3 }).map((list) => list.toSorted(inOrder))
  const hex = fc.stringMatching(/^[0-9a-f]{16}$/u)
  const page: fc.Arbitrary<LedgerPage> = fc.record({
    table: fc.option(word),
    rules: fc.uniqueArray(
      fc.record({
        id: word,
        sentence: fc.string({ unit: 'binary' }),
        declared: fc.option(hex),
        claims: words,
        green: fc.boolean(),
        red: fc.record({
          proven: fc.boolean(),
          experiment: fc.option(word),
          why: fc.string({ unit: 'binary' }),
        }),
        unsolved: fc.array(fc.record({ summary: word, tried: fc.string({ unit: 'binary' }) }), {
          maxLength: 2,
        }),
      }),
      { selector: (r) => r.id, maxLength: 3 },
    ),
    structures: fc.uniqueArray(
      fc.record({
        id: word,
        definition: fc.string({ unit: 'binary' }),
        fingerprint: hex,
        proven: fc.boolean(),
        rules: words,
        killed: fc.record({ count: fc.nat(), digest: hex }),
        others: fc.array(
          fc.record({
            id: word,
            verdict: fc.constantFrom('redundant', 'equivalent', 'stillborn', 'survived', 'unsolved'),
            why: fc.string({ unit: 'binary' }),
          }),
          { maxLength: 3 },
        ),
      }),
      { selector: (s) => s.id, maxLength: 3 },
    ),
  })

  it('gives back any page, whatever the names, and its seals fit', () => {
    fc.assert(
      fc.property(page, (p) => {
        expect(parsePage(formatPage(p))).toEqual({ value: p, malformed: [], edited: [] })
      }),
      { numRuns: 300 },
    )
  })

  it('gives back any head', () => {
    const head = fc.record({ architecture: word, major: fc.nat(), locale: word, extensions: words })
    fc.assert(
      fc.property(head, (h) => {
        expect(parseHead(formatHead(h))).toEqual({ value: h, malformed: [], edited: [] })
      }),
    )
  })

  it('gives every table a file of its own on every file system', () => {
    const name = fc.oneof(
      word,
      fc.constantFrom('Orders', 'orders', 'ORDERS', 'a/b', '..', '.', 'con', 'sales."a.b"', 'é', 'e\u0301'),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { selector: (n) => Buffer.from(n).toString('hex'), minLength: 2 }),
        (names) => {
          const files = names.map((n) => tableFile(n).toLowerCase())
          expect(new Set(files).size).toBe(names.length)
          for (const file of files) expect(file).toMatch(/^tables\/[a-z0-9_%-][a-z0-9_.%-]{0,250}\.txt$/u)
        },
      ),
    )
    expect(tableFile('x'.repeat(63) + '.' + '\u00e9'.repeat(63)).length).toBeLessThan(220)
    expect(tableFile('sales.orders')).toBe('tables/sales.orders.txt')
  })
})

describe('a ledger that was touched', () => {
  const edit = async (change: (text: string) => string): Promise<Ledger> => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    const path = join(directory, 'tables', 'products.txt')
    await writeFile(path, change(await readFile(path, 'utf8')))
    return readLedger(directory)
  }

  it('shows a changed line by its seal', async () => {
    const ledger = await edit((text) => text.replace('killed 2', 'killed 3'))
    const [finding] = checkLedger(ledger, nowOf(sound))
    expect(finding).toMatchObject({ code: 'ledger.edited', structure: 'products/check:a' })
    expect(finding?.where?.line).toBeGreaterThan(3)
  })

  it('shows a removed block', async () => {
    const ledger = await edit((text) => `${text.split('\nstructure products/check:b')[0]}`)
    expect(checkLedger(ledger, nowOf(sound)).map((f) => [f.code, f.structure])).toEqual([
      ['ledger.structure-unrecorded', 'products/check:b'],
    ])
  })

  it.each([
    [
      'a merge conflict',
      (t: string) => t.replace('  green\n', '<<<<<<< HEAD\n  green\n=======\n>>>>>>> x\n'),
      'merge conflict',
    ],
    ['an unknown word', (t: string) => t.replace('  says', '  sais'), '“sais” is no word'],
    ['half a page', (t: string) => t.slice(0, t.indexOf('  killed')), 'no “killed”'],
    ['a block twice', (t: string) => `${t}\n${t.slice(t.indexOf('structure products/check:b'))}`, 'twice'],
    ['another file', () => '{"json": true}', 'format'],
    ['nothing', () => '', 'does not start with its table'],
  ])('tells the line of %s', async (_what, change, expected) => {
    const ledger = await edit(change)
    const malformed = ledger.problems.filter((p) => p.code === 'ledger.malformed')
    expect(malformed.map((p) => p.summary).join('\n')).toContain(expected)
    expect(malformed[0]?.where?.file).toContain('products.txt')
  })

  it('notices a page that was copied under another name', async () => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    const text = await readFile(join(directory, 'tables', 'products.txt'), 'utf8')
    await writeFile(join(directory, 'tables', 'orders.txt'), text)
    expect((await readLedger(directory)).problems.map((p) => p.code)).toEqual(['ledger.misplaced'])
  })

  it('is mended by the next run', async () => {
    const directory = await makeDirectory()
    await writeLedger(directory, sound)
    await writeFile(join(directory, 'tables', 'products.txt'), '# Written by `assay prove`\n<<<<<<< HEAD\n')
    await writeLedger(directory, sound)
    expect(checkLedger(await readLedger(directory), nowOf(sound))).toEqual([])
  })
})
