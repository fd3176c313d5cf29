/** Configurations and declarations that are wrong: one clear fault each, exit 2, before any server is started. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { changed, shop, withDirectory, withProject, type ProjectFiles } from '../support/project.ts'

const config = 'assay.config.ts'
const edited = (...pairs: (readonly [from: string, to: string])[]): ProjectFiles =>
  changed(shop, { [config]: pairs })

interface Bad {
  readonly what: string
  readonly files: ProjectFiles
  readonly code: string
  /** In the summary. */
  readonly says: RegExp
  readonly mend: RegExp
  readonly line?: number
}

const bad: readonly Bad[] = [
  {
    what: 'no configuration',
    files: {},
    code: 'config.not-found',
    says: /no assay\.config\.ts in .* or above/u,
    mend: /defineConfig/u,
  },
  {
    what: 'no default export',
    files: edited(['export default defineConfig', 'export const config = defineConfig']),
    code: 'config.no-default',
    says: /exports no configuration/u,
    mend: /export default/u,
  },
  {
    what: 'a rule on a missing column',
    files: edited(["t.required('slug', 'price')", "t.required('slug', 'prise' as 'price')"]),
    code: 'architecture.missing-column',
    says: /products\/required:prise names the column "prise".* Did you mean "price"\?/u,
    mend: /has: id, slug, price/u,
    line: 6,
  },
  {
    what: 'two rules with one id',
    files: edited(["t.unique('slug'),", "t.unique('slug'),\n  t.unique('slug'),"]),
    code: 'architecture.two-rules',
    says: /products\/unique:slug.*:7 and at .*:8/u,
    mend: /Keep one/u,
    line: 8,
  },
  {
    what: 'a CHECK that does not parse',
    files: edited(["'price >= 0'", "'price >= (0'"]),
    code: 'architecture.sql-syntax',
    says: /products\/check:price_not_negative: its check is not valid SQL/u,
    mend: /caret/u,
    line: 8,
  },
  {
    what: 'a CHECK on a missing column',
    files: edited(["'price >= 0'", "'prise >= 0'"]),
    code: 'architecture.missing-column',
    says: /"prise".* Did you mean "price"\?/u,
    mend: /has: id, slug, price/u,
    line: 8,
  },
  {
    what: 'a file that is no TypeScript',
    files: edited(['const products', 'const const products']),
    code: 'config.syntax',
    says: /is not valid TypeScript: Unexpected keyword 'const'\.$/u,
    mend: /Correct the line/u,
    line: 3,
  },
  {
    what: 'a file that throws',
    files: edited(['export default', "throw new Error('on purpose')\nexport default"]),
    code: 'config.threw',
    says: /on purpose/u,
    mend: /:11/u,
    line: 11,
  },
  {
    what: 'a file that throws a text',
    files: edited(['export default', "throw 'on purpose'\nexport default"]),
    code: 'config.threw',
    says: /it threw "on purpose"/u,
    mend: /Throw an Error/u,
  },
  {
    what: 'an import of nothing',
    files: edited(["from 'assay'", "from 'assay'\nimport { x } from './tables.ts'\nconsole.log(x)"]),
    code: 'config.missing-module',
    says: /"\.\/tables\.ts", which cannot be found/u,
    mend: /path/u,
  },
  {
    what: 'a misspelt function of Assay',
    files: edited(
      ['architecture, defineConfig, table }', 'architecture, defineConfig, tabel }'],
      ["table('products'", "tabel('products'"],
    ),
    code: 'config.missing-export',
    says: /Assay has no "tabel"\. Did you mean "table"\?/u,
    mend: /import/u,
    line: 3,
  },
  {
    what: 'a schema from nowhere',
    files: edited(["schema: { migrations: 'migrations' }", 'schema: {}']),
    code: 'config.no-schema',
    says: /comes from nowhere/u,
    mend: /migrations: 'migrations'/u,
  },
]

describe('a wrong configuration', () => {
  test.each(bad)('$what', async ({ files, code, says, mend, line }) => {
    await withProject(files, async (directory) => {
      const [json, ran] = await Promise.all([
        assayJson(['prove', directory], { cwd: directory }),
        assay(['prove'], { cwd: directory }),
      ])
      expect({ code: json.code, stderr: json.stderr, summary: json.summary }).toEqual({
        code: 2,
        stderr: '',
        summary: null,
      })
      expect(json.findings).toHaveLength(1)
      const [found] = json.findings
      expect(found!.code).toBe(code)
      expect(found!.summary).toMatch(says)
      expect(found!.fix).toMatch(mend)
      if (line !== undefined) expect(found!.where).toMatchObject({ file: config, line })

      expect(ran).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toMatch(/^✗ \S/u)
      expect(ran.stderr).toMatch(/\n {4}mend {2}\S/u)
      expectNoStackTrace(ran)
    })
  })

  test('a CHECK that does not parse is shown with its line and a caret under the fault', async () => {
    await withProject(edited(["'price >= 0'", "'price >= = 0'"]), async (directory) => {
      const { stderr } = await assay(['prove'], { cwd: directory })
      expect(stderr).toContain(
        [
          '    where assay.config.ts:8:43',
          "            t.check('price_not_negative', 'price >= = 0'),",
          '                                                    ^',
        ].join('\n'),
      )
    })
  })

  test('all unknown keys at once, each with the name that was probably meant', async () => {
    const files = edited([
      "schema: { migrations: 'migrations' },",
      "schema: { migrations: 'migrations', comand: 'x' },\n  ledgr: 'ledger',\n  colour: 'red',",
    ])
    await withProject(files, async (directory) => {
      const { code, findings } = await assayJson(['green', directory], { cwd: directory })
      expect(code).toBe(2)
      expect(findings.map((f) => [f.code, f.where?.line, /"([\w.]+)"/u.exec(f.summary)?.[1], f.fix])).toEqual(
        [
          ['config.unknown-key', 13, 'schema.comand', 'Write "command" instead of "comand".'],
          ['config.unknown-key', 14, 'ledgr', 'Write "ledger" instead of "ledgr".'],
          ['config.unknown-key', 15, 'colour', 'Take "colour" away.'],
        ],
      )
    })
  })

  test('no directory of that name', async () => {
    await withDirectory(async (directory) => {
      const { code, findings } = await assayJson(['prove', join(directory, 'nowhere')])
      expect({ code, first: findings[0]?.code }).toEqual({ code: 2, first: 'config.no-directory' })
    })
  })
})

describe('a configuration that misbehaves', () => {
  test('one that ends the process is told, and is no success', async () => {
    await withProject(edited(['export default', 'process.exit(0)\nexport default']), async (directory) => {
      const json = await assayJson(['prove', directory])
      expect({ code: json.code, first: json.findings[0]?.code }).toEqual({
        code: 3,
        first: 'config.ended-process',
      })
      const ran = await assay(['prove', directory])
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(ran.stderr).toContain('process.exit(0)')
    })
  })

  test('one that waits for what never comes is told too', async () => {
    const files = edited(['export default', 'await new Promise(() => undefined)\nexport default'])
    await withProject(files, async (directory) => {
      const ran = await assay(['prove', directory, '--json'])
      expect(ran.code).toBe(3)
      expect(JSON.parse(ran.stdout)).toMatchObject({
        ok: false,
        findings: [{ code: 'config.ended-process' }],
      })
    })
  })

  test('what it prints goes to stderr: stdout has one envelope', async () => {
    const noise =
      "console.log('to the console')\nprocess.stdout.write('to stdout\\n')\nthrow new Error('and then')\n"
    await withProject(edited(['export default', `${noise}export default`]), async (directory) => {
      const { code, stderr, findings } = await assayJson(['prove', directory])
      expect({ code, stderr }).toEqual({ code: 2, stderr: 'to the console\nto stdout\n' })
      expect(findings[0]!.summary).toContain('and then')
    })
  })

  test('names that would steer a terminal are shown, not obeyed', async () => {
    const evil = '\\u001B[2J\\u001B]0;owned\\u0007\\u009b31m\\u202e'
    const files = edited([
      "t.check('price_not_negative', 'price >= 0')",
      `t.check('${evil}', '"${evil}" > 0')`,
    ])
    await withProject(files, async (directory) => {
      for (const args of [
        ['prove', directory],
        ['prove', directory, '--json'],
      ]) {
        const { code, stdout, stderr } = await assay(args)
        expect(code).toBe(2)
        // eslint-disable-next-line no-control-regex
        expect(`${stdout}${stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u)
        expect(`${stdout}${stderr}`).toContain(String.raw`\u001b[2J`)
      }
    })
  })

  test('it is found from a directory below, and through a symbolic link', async () => {
    await withProject(edited(["'price >= 0'", "'prise >= 0'"]), async (directory) => {
      mkdirSync(join(directory, 'src/deep'), { recursive: true })
      symlinkSync(directory, join(directory, 'link'))
      for (const cwd of ['src/deep', 'link']) {
        const { code, findings } = await assayJson(['check'], { cwd: join(directory, cwd) })
        expect({ code, first: findings[0]?.code }).toEqual({ code: 2, first: 'architecture.missing-column' })
      }
    })
  })
})
