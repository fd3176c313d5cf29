/** Reports as files of the command line: JUnit, Markdown, SARIF, and what GitHub's runners read. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { changed, shop, withProject } from '../support/project.ts'
import { elementsNamed, readXml } from '../support/xml.ts'

const withoutCheck = changed(shop, {
  'migrations/0001_products.sql': [[' constraint products_price_not_negative check (price >= 0)', '']],
})

const files = [
  '--junit',
  'out/deep/junit.xml',
  '--markdown',
  'out/summary.md',
  '--sarif',
  'out/assay.sarif',
] as const

const names = ['out/deep/junit.xml', 'out/summary.md', 'out/assay.sarif']

const read = (directory: string, name: string): string => readFileSync(join(directory, name), 'utf8')

interface Sarif {
  readonly runs: readonly [
    {
      readonly invocations: readonly [{ readonly executionSuccessful: boolean }]
      readonly results: readonly {
        readonly ruleId: string
        readonly locations: readonly [
          { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } },
        ]
      }[]
    },
  ]
}

const sarifOf = (directory: string): Sarif['runs'][0] =>
  (JSON.parse(read(directory, 'out/assay.sarif')) as Sarif).runs[0]

describe('a proof that fails', () => {
  test('is written in every form that is asked for, in new directories, and says where', async () => {
    await withProject(withoutCheck, async (directory) => {
      // A file of that name alone is nobody's summary: this is no runner of GitHub's.
      const env = { GITHUB_STEP_SUMMARY: join(directory, 'nobody.md') }
      const ran = await assay(['green', ...files], { cwd: directory, env })
      expect(ran).toMatchObject({ code: 1, stderr: '' })
      expect(existsSync(join(directory, 'nobody.md'))).toBe(false)
      for (const name of names) expect(ran.stdout).toContain(`  file ${name}\n`)
      const junit = readXml(read(directory, names[0]!))
      const failed = elementsNamed(junit, 'testcase').filter(
        (one) => elementsNamed(one, 'failure').length > 0,
      )
      expect(failed.map(({ attributes }) => attributes)).toMatchObject([
        {
          name: 'price not negative: price >= 0',
          classname: 'products/check:price_not_negative',
          // Without a repository, from the working directory.
          file: 'assay.config.ts',
          line: '8',
        },
      ])
      expect(read(directory, names[1]!)).toContain('1 thing keeps this from being true')
      const { results, invocations } = sarifOf(directory)
      expect(results.map(({ ruleId }) => ruleId)).toEqual(['rule.red'])
      expect(invocations[0].executionSuccessful).toBe(true)
    })
  })

  test('names its files from the root of the repository, and lists what it wrote for agents', async () => {
    const nested = Object.fromEntries(
      Object.entries(withoutCheck).map(([file, text]) => [`packages/db/${file}`, text]),
    )
    await withProject(nested, async (directory) => {
      mkdirSync(join(directory, '.git'))
      const cwd = join(directory, 'packages/db')
      const asked = ['green', '.', ...files, '--report', 'out/pages']
      const { code, artifacts, findings } = await assayJson(asked, { cwd })
      expect(code).toBe(1)
      expect(artifacts.slice(0, 4)).toEqual([...names, 'out/pages/index.html'])
      expect(artifacts.filter((file) => !existsSync(join(cwd, file)))).toEqual([])
      expect(findings[0]?.where?.file).toBe('assay.config.ts')
      const { results } = sarifOf(join(directory, 'packages/db'))
      expect(results[0]?.locations[0].physicalLocation.artifactLocation).toEqual({
        uri: 'packages/db/assay.config.ts',
        uriBaseId: '%SRCROOT%',
      })
    })
  })

  test("annotates and sums up on GitHub's runners, and leaves stdout to the one envelope", async () => {
    await withProject(withoutCheck, async (directory) => {
      const summary = join(directory, 'step-summary.md')
      writeFileSync(summary, 'what an earlier command said\n')
      const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
      const { code, stderr } = await assayJson(['green'], { cwd: directory, env })
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^::error file=assay\.config\.ts,line=8,title=assay rule\.red products\/check%3Aprice_not_negative::products: .*%0Amend: [^\n]*\n$/u,
      )
      expect(readFileSync(summary, 'utf8')).toMatch(
        /^what an earlier command said\n## ✗ assay green: shop\n/u,
      )
    })
  })

  test('does not fail for a summary that cannot be written, and says so', async () => {
    await withProject(shop, async (directory) => {
      const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(directory, 'no/such/place.md') }
      const { code, stderr } = await assay(['green'], { cwd: directory, env })
      expect(code).toBe(0)
      expect(stderr).toContain("::warning title=assay::the job's summary could not be written")
    })
  })
})

describe('what keeps a command from coming to a result', () => {
  const secret = 'hunter2'

  test('is reported as well, and nothing that a row or a connection string holds', async () => {
    const broken = {
      ...shop,
      'migrations/0002_rows.sql': `insert into products (slug, price) values ('${secret}', 1);
insert into products (slug, price) select slug, 2 from products;
`,
    }
    await withProject(broken, async (directory) => {
      const { code } = await assay(['prove', ...files], { cwd: directory })
      expect(code).toBe(3)
      const junit = readXml(read(directory, names[0]!))
      const [failure] = elementsNamed(junit, 'failure')
      expect(failure?.attributes['type']).toBe('schema.statement')
      expect(elementsNamed(junit, 'testcase')[0]?.attributes).toMatchObject({
        file: 'migrations/0002_rows.sql',
        line: '2',
      })
      expect(read(directory, names[1]!)).toContain('It came to no result.')
      expect(sarifOf(directory)).toMatchObject({ results: [], invocations: [{ executionSuccessful: false }] })
      for (const name of names) expect(read(directory, name)).not.toContain(secret)
      const remote = await assay(
        ['green', '--url', `postgres://me:${secret}@127.0.0.1:1/postgres`, ...files],
        {
          cwd: directory,
        },
      )
      expect(remote.code).toBe(3)
      for (const name of names) {
        expect(read(directory, name)).toContain('127.0.0.1')
        expect(read(directory, name)).not.toContain(secret)
      }
    })
  })

  test('a DETAIL with a value of a row stands in no report of a rule that fails', async () => {
    const guarded = {
      ...changed(shop, {
        'assay.config.ts': [
          [
            "t.unique('slug'),",
            "t.unique('slug'),\n  t.accepts('a known slug is kept', { slug: `'HUNTER2'`, price: '1' }),",
          ],
        ],
      }),
      // Its DETAIL says lower(slug) = hunter2, which stands in the row alone.
      'migrations/0002_rows.sql': `create unique index products_slug_lower on products (lower(slug));
insert into products (slug, price) values ('${secret}', 1);
`,
    }
    await withProject(guarded, async (directory) => {
      const ran = await assay(['green', ...files], { cwd: directory, env: { GITHUB_ACTIONS: 'true' } })
      expect(ran.code).toBe(1)
      expect(read(directory, names[0]!)).toContain('refused with 23505 by products_slug_lower')
      for (const text of [ran.stdout, ran.stderr, ...names.map((name) => read(directory, name))])
        expect(text).not.toContain(secret)
    })
  })
})

describe('a file that cannot be written', () => {
  test.each([
    ['a file stands where a directory is meant', ['--junit', 'assay.config.ts/x.xml']],
    ['it is a directory', ['--sarif', 'migrations']],
  ] as const)('is told before anything is proven: %s', async (_, args) => {
    await withProject(shop, async (directory) => {
      const ran = await assay(['green', ...args], { cwd: directory })
      expect(ran.code).toBe(3)
      expect(ran.stdout).toBe('')
      expectNoStackTrace(ran)
      expect(ran.stderr).toContain(`${args[0]} cannot be written: ${args[1]}`)
      const { code, findings } = await assayJson(['green', ...args], { cwd: directory })
      expect(code).toBe(3)
      expect(findings[0]).toMatchObject({ code: 'report.unwritable' })
      expect(findings[0]?.fix).toContain(args[0])
    })
  })

  test.each([
    [['green', '--junit', 'x', '--sarif', './x'], 'usage.report-twice'],
    [['green', '--watch', '--junit', 'x'], 'usage.conflicting-option'],
    [['export'], 'usage.no-form'],
    [['export', '--sql', '--pgtap'], 'usage.conflicting-option'],
  ])('%j is a slip of the command line', async (args, code) => {
    await withProject(shop, async (directory) => {
      expect(await assayJson(args, { cwd: directory })).toMatchObject({ code: 2, findings: [{ code }] })
      expect(existsSync(join(directory, 'x'))).toBe(false)
    })
  })
})

describe('check', () => {
  test('reports what the ledger does not cover', async () => {
    await withProject(shop, async (directory) => {
      const env = { GITHUB_ACTIONS: 'true' }
      const { code, artifacts, findings, stderr } = await assayJson(['check', ...files], {
        cwd: directory,
        env,
      })
      expect(code).toBe(1)
      expect(artifacts).toEqual(names)
      const junit = readXml(read(directory, names[0]!))
      expect(elementsNamed(junit, 'failure')).toHaveLength(findings.length)
      expect(sarifOf(directory).results.map(({ ruleId }) => ruleId)).toEqual(findings.map((f) => f.code))
      expect(sarifOf(directory).results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe(
        'assay.config.ts',
      )
      expect(stderr).toContain('::error ')
    })
  })
})
