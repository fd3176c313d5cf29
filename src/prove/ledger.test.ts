import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { AssayError } from '../ground/errors.ts'
import { declarationDigest } from './digest.ts'
import { checkLedger } from './ledger-check.ts'
import { compareLedgers } from './ledger-compare.ts'
import { formatHead, formatPage, parseHead, parsePage } from './ledger-format.ts'
import { readLedger, writeLedger } from './ledger.ts'
import { tableFile } from './ledger-path.ts'
import { inOrder, type Ledger, type LedgerPage } from './ledger-page.ts'
import { recordLedger } from './ledger-record.ts'
import type { MutantResult, ProveResult, RuleResult, StructureResult, Verdict } from './result.ts'

const directories: string[] = []
const makeDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-ledger-'))
  directories.push(directory)
  return directory
}
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

const mutant = (id: string, verdict: Verdict, why = 'because'): MutantResult => ({
  id,
  structure: id.split('~')[0] ?? '',
  operator: 'x',
  effect: 'removed',
  summary: '',
  ddl: [],
  verdict,
  why,
})

const rule = (id: string, more: Partial<RuleResult> = {}): RuleResult => ({
  id,
  kind: 'check',
  table: id.split('/')[0] ?? '',
  sentence: `sentence of ${id}`,
  at: null,
  claims: [id],
  declared: 'aaaa',
  green: true,
  red: { proven: true, experiment: null, why: 'accepted' },
  experiments: [],
  unsolved: [],
  design: [],
  ...more,
})

const structure = (id: string, more: Partial<StructureResult> = {}): StructureResult => ({
  id,
  kind: 'check',
  table: id.split('/')[0] ?? '',
  name: 'n',
  definition: `CHECK (${id})`,
  fingerprint: 'f00d',
  rules: [id],
  declaredBy: null,
  mutants: [mutant(`${id}~removed`, 'killed'), mutant(`${id}~b`, 'killed'), mutant(`${id}~c`, 'equivalent')],
  ...more,
})

const resultOf = (rules: readonly RuleResult[], structures: readonly StructureResult[]): ProveResult => ({
  architecture: 'commerce',
  server: { major: 18, locale: 'C.UTF-8', extensions: ['citext'] },
  tables: [...new Set(rules.map((r) => r.table))],
  rules,
  structures,
  findings: [],
  summary: {
    tables: 0,
    structures: 0,
    rules: 0,
    experiments: 0,
    red: 0,
    green: 0,
    unproven: 0,
    mutants: { made: 0, killed: 0, redundant: 0, equivalent: 0, stillborn: 0, survived: 0, unsolved: 0 },
    seconds: { start: 1.5, red: 2, green: 3, mutate: 4 },
  },
})

const sound = resultOf(
  [rule('products/check:a'), rule('products/check:b'), rule('orders/check:a')],
  [
    structure('products/check:a'),
    structure('products/check:b'),
    structure('orders/check:a'),
    structure('type/enum:status', { table: null, rules: ['orders/check:a'] }),
  ],
)

const nowOf = (result: ProveResult): Parameters<typeof checkLedger>[1] => ({
  rules: result.rules.map((r) => ({ ...r, declared: r.declared ?? '' })),
  structures: result.structures,
  server: result.server,
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
    await chmod(directory, 0o700)
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

const replaced = <T extends { readonly id: string }>(
  items: readonly T[],
  id: string,
  more: Partial<T>,
): T[] => items.map((item) => (item.id === id ? { ...item, ...more } : item))

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

describe('the digest of a declaration', () => {
  const said = {
    kind: 'proves',
    id: 'x',
    proof: async (): Promise<void> => undefined,
    at: { file: 'a', line: 1 },
  }

  it('does not see the place or the order of keys', () => {
    const { at: _at, ...rest } = said
    expect(declarationDigest({ at: null, ...Object.fromEntries(Object.entries(rest).toReversed()) })).toBe(
      declarationDigest(said),
    )
  })
  it('sees the body of a proof and every value', () => {
    const other = declarationDigest({
      ...said,
      proof: async () => {
        throw new Error('no')
      },
    })
    expect(other).not.toBe(declarationDigest(said))
    expect(declarationDigest({ row: { a: '1' } })).not.toBe(declarationDigest({ row: { a: '2' } }))
  })
})
