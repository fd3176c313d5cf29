/** `assay check` in a git repository: what the ledger does not cover any more, and what a change asks less of. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { changed, shop, withDirectory, writeProject, type ProjectFiles } from '../support/project.ts'

const git = (directory: string, ...args: readonly string[]): void => {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  execFileSync('git', ['-C', directory, ...identity, ...args], { stdio: 'ignore' })
}

const config = 'assay.config.ts'

/** The ledger of the shop as it was proven, so that not every test has to prove it. */
const proven: Record<string, string> = {}

const readProven = (directory: string): void => {
  for (const entry of readdirSync(join(directory, 'ledger'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    proven[path.slice(directory.length + 1)] = readFileSync(path, 'utf8')
  }
}

/** A repository whose branch `main` has the proven shop, with a branch `change` checked out. */
const withRepository = (work: (directory: string) => Promise<void>): Promise<void> =>
  withDirectory(async (directory) => {
    writeProject(directory, { ...shop, ...proven })
    git(directory, 'init', '-q', '-b', 'main')
    git(directory, 'add', '.')
    git(directory, 'commit', '-q', '-m', 'proven')
    git(directory, 'checkout', '-q', '-b', 'change')
    await work(directory)
  })

const changeTo = (directory: string, files: ProjectFiles): void => writeProject(directory, files)

beforeAll(async () => {
  await withDirectory(async (directory) => {
    writeProject(directory, shop)
    expect(await assayJson(['prove', directory])).toMatchObject({ code: 0, findings: [] })
    readProven(directory)
  })
})

afterAll(() => {
  for (const file of Object.keys(proven)) delete proven[file]
})

describe('a ledger that covers everything', () => {
  test('passes, also beside main, and looks at no experiment', async () => {
    await withRepository(async (directory) => {
      const ran = await assay(['check', directory, '--against', 'main'])
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toMatch(
        /^The ledger covers all 9 rules and \d+ structures; no rule asks less than at main\.\n$/u,
      )
      const json = await assayJson(['check', directory, '--against'])
      expect(json).toMatchObject({
        code: 0,
        findings: [],
        next: [],
        summary: { rules: 9, against: 'the merge base with main' },
      })
    })
  })

  test('is missing at first', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, shop)
      const { code, findings, next } = await assayJson(['check'], { cwd: directory })
      expect({ code, next, found: findings.map((f) => f.code) }).toEqual({
        code: 1,
        next: ['npx assay prove'],
        found: ['ledger.missing'],
      })
    })
  })
})

interface Weakening {
  readonly what: string
  readonly files: ProjectFiles
  /** Codes of findings, with the id that each is about. */
  readonly found: readonly (readonly [code: string, id: string])[]
}

const rule = 'products/check:price_not_negative'
const structure = 'products/check:products_price_not_negative'

/** Without proving again: the ledger is the old one. */
const unproven: readonly Weakening[] = [
  {
    what: 'a rule taken out of the declaration',
    files: changed(shop, { [config]: [["  t.check('price_not_negative', 'price >= 0'),\n", '']] }),
    found: [['ledger.rule-undeclared', rule]],
  },
  {
    what: 'a rule that says less',
    files: changed(shop, { [config]: [["'price >= 0'", "'price >= -1'"]] }),
    found: [['ledger.rule-changed', rule]],
  },
  {
    what: 'a structure dropped by a migration',
    files: { 'migrations/0002.sql': 'alter table products drop constraint products_price_not_negative;' },
    found: [
      ['ledger.claims-changed', rule],
      ['ledger.structure-gone', structure],
    ],
  },
  {
    what: 'a structure weakened by a migration',
    files: {
      'migrations/0002.sql':
        'alter table products drop constraint products_price_not_negative, add constraint products_price_not_negative check (price >= -1);',
    },
    found: [['ledger.structure-changed', structure]],
  },
  {
    what: 'an index that nobody declares',
    files: { 'migrations/0002.sql': 'create index products_by_price on products (price);' },
    found: [['ledger.structure-unrecorded', 'products/index:price']],
  },
]

describe('a change that was not proven', () => {
  test.each(unproven)('$what: exit 1', async ({ files, found }) => {
    await withRepository(async (directory) => {
      changeTo(directory, files)
      const { code, findings, next } = await assayJson(['check'], { cwd: directory })
      expect({ code, next }).toEqual({ code: 1, next: ['npx assay prove'] })
      const told = findings.map((f) => [f.code, f.rule ?? f.structure])
      for (const finding of found) expect(told).toContainEqual(finding)
      const ran = await assay(['check'], { cwd: directory })
      expect(ran).toMatchObject({ code: 1, stderr: '' })
      for (const [, id] of found) expect(ran.stdout).toContain(id)
    })
  })
})

describe('a change that asks less and was proven again', () => {
  const lessIsProven: readonly Weakening[] = [
    {
      what: 'a rule and its structure removed',
      files: {
        ...changed(shop, { [config]: [["  t.check('price_not_negative', 'price >= 0'),\n", '']] }),
        'migrations/0002.sql': 'alter table products drop constraint products_price_not_negative;',
      },
      found: [['ledger.rule-removed', rule]],
    },
    {
      what: 'a rule weakened with its structure',
      files: changed(shop, {
        [config]: [["'price >= 0'", "'price >= -1'"]],
        'migrations/0001_products.sql': [['price >= 0', 'price >= -1']],
      }),
      found: [['ledger.rule-changed', rule]],
    },
  ]

  test.each(lessIsProven)('$what: check passes, check --against does not', async ({ files, found }) => {
    await withRepository(async (directory) => {
      changeTo(directory, files)
      expect(await assayJson(['prove'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
      expect(await assayJson(['check'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
      for (const against of [['--against'], ['--against', 'main'], ['--against', 'HEAD']]) {
        const { code, findings } = await assayJson(['check', ...against], { cwd: directory })
        expect(code).toBe(1)
        const told = findings.map((f) => [f.code, f.rule ?? f.structure])
        for (const finding of found) expect(told).toContainEqual(finding)
      }
    })
  })

  test('a mutant excused in the ledger by hand is told', async () => {
    await withRepository(async (directory) => {
      const file = join(directory, 'ledger/tables/products.txt')
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, text.replace(/ killed (\d+) (\w+)/u, ' killed 0 $2'))
      const { code, findings } = await assayJson(['check', '--against', 'main'], { cwd: directory })
      expect(code).toBe(1)
      expect(findings.map((f) => f.code).some((c) => c.startsWith('ledger.'))).toBe(true)
    })
  })
})

describe('what cannot be compared', () => {
  test('a commit that nobody knows: exit 2', async () => {
    await withRepository(async (directory) => {
      const { code, findings } = await assayJson(['check', '--against', 'nowhere'], { cwd: directory })
      expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 2, found: ['ledger.unknown-ref'] })
    })
  })

  test('the directory after --against: exit 2, with the right order', async () => {
    await withRepository(async (directory) => {
      const { code, findings } = await assayJson(['check', '--against', directory])
      expect({ code, found: findings.map((f) => f.code) }).toEqual({
        code: 2,
        found: ['usage.directory-after-option'],
      })
      expect(findings[0]!.fix).toContain(`assay check ${directory} --against`)
    })
  })

  test('no repository: exit 3', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, { ...shop, ...proven })
      const env = { GIT_CEILING_DIRECTORIES: join(directory, '..') }
      const { code, findings } = await assayJson(['check', '--against', 'main'], { cwd: directory, env })
      expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 3, found: ['ledger.not-in-git'] })
    })
  })
})
