/** `assay/vitest` and `assay/node-test` in suites of their own: what passes, what fails and how, what is left behind. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile } from './support/compile.ts'
import { assay } from './support/command-line.ts'
import { installAssay, vitestMain } from './support/installed.ts'
import { eventually, processesIn } from './support/processes.ts'
import { changed, shop, withDirectory, withProject, type ProjectFiles } from './support/project.ts'

const environment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(?:VITEST|NODE_|CI$|FORCE_COLOR|TEST)/u.test(name) ? [] : [[name, value]],
    ),
  )

interface Suite {
  readonly status: number | null
  readonly out: string
}

const run = (cwd: string, args: readonly string[], env: Record<string, string> = {}): Suite => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    env: { ...environment(), NO_COLOR: '1', ...env },
  })
  return { status, out: `${stdout}\n${stderr}` }
}

const vitest = [vitestMain, 'run', '--reporter', 'verbose']
const nodeTest = ['--test']

/** With both kinds of suite. */
const withSuites = (files: ProjectFiles, options = ''): ProjectFiles => ({
  ...files,
  'package.json': '{ "type": "module" }\n',
  'rules.test.js': `import { proofs } from 'assay/vitest'\nproofs(${options})\n`,
  'rules.node.mjs': `import { proofs } from 'assay/node-test'\nproofs(${options})\n`,
})

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

const withInstalled = (files: ProjectFiles, work: (directory: string) => Promise<void>): Promise<void> =>
  withProject(files, async (directory) => {
    installAssay(directory)
    await work(directory)
  })

/** Servers stand below here, and are gone when a suite has ended. */
const withServers = (
  work: (env: Readonly<Record<string, string>>, left: () => readonly string[]) => Promise<void>,
): Promise<void> =>
  withDirectory(async (temporary) => {
    chmodSync(temporary, 0o711)
    await work({ TMPDIR: temporary }, () => readdirSync(temporary).filter((n) => n.startsWith('assay-run-')))
  })

const broken = changed(shop, {
  'migrations/0001_products.sql': [[' constraint products_price_not_negative check (price >= 0)', '']],
})

const sentences = ['two products never share slug', 'price not negative: price >= 0', 'id is bigint']

const doors = [
  { door: 'vitest', args: vitest, file: 'rules.test.js', filter: '-t', passed: /Tests\s+(\d+) passed/u },
  {
    door: 'node:test',
    args: nodeTest,
    file: 'rules.node.mjs',
    filter: '--test-name-pattern',
    passed: /# pass (\d+)/u,
  },
] as const

describe.each(doors)('$door', ({ args, file, filter, passed }) => {
  test('every rule is a test, below its table and its architecture', async () => {
    await withServers((env, left) =>
      withInstalled(withSuites(shop), async (directory) => {
        const { status, out } = run(directory, [...args, file], env)
        expect(out).toMatch(passed)
        expect({ status, out }).toMatchObject({ status: 0 })
        for (const sentence of [...sentences, 'a rule asks for every structure of the database'])
          expect(out).toContain(sentence)
        expect(out).toMatch(/shop[^]*products[^]*price not negative/u)
        expect(existsSync(join(directory, 'ledger'))).toBe(false)
        expect(left()).toEqual([])
      }),
    )
  })

  test('a rule that the database does not keep fails with the message of the terminal', async () => {
    await withServers((env, left) =>
      withInstalled(withSuites(broken), async (directory) => {
        const { status, out } = run(directory, [...args, file], env)
        expect(status).toBe(1)
        const { stdout } = await assay(['green', directory])
        const summary = 'products: price not negative: price >= 0: price -0.01 is refused'
        expect(stdout).toContain(summary)
        expect(out).toContain(summary)
        expect(out).toContain('why   the rule is declared, and the database does not keep it')
        expect(out).toContain('add constraint "products_price_not_negative" check (price >= 0);')
        // Where it is declared, not where it was thrown.
        expect(out).toMatch(/assay\.config\.ts:8\b/u)
        expect(out).not.toContain('proof-outcome')
        expect(left()).toEqual([])
      }),
    )
  })

  test('a name filters: only what is asked for is proven', async () => {
    await withInstalled(withSuites(shop), async (directory) => {
      const pattern = filter === '-t' ? [filter, 'never share slug'] : [`${filter}=never share slug`]
      const { status, out } = run(directory, [...args, ...pattern, file])
      expect({ status, out }).toMatchObject({ status: 0 })
      expect(passed.exec(out)?.[1]).toMatch(/^[123]$/u)
    })
  })

  test('mutants: a test for each structure that the ledger knows, and one for the others', async () => {
    const weak = changed(shop, {
      'assay.config.ts': [[`  t.unique('slug'),\n`, '']],
    })
    await withInstalled(withSuites(weak, '{ mutate: true, red: false }'), async (directory) => {
      const { status, out } = run(directory, [...args, file])
      expect(status).toBe(1)
      expect(out).toContain('nothing else of products can be broken unnoticed')
      // The structure that no rule asks for any more.
      expect(out).toMatch(/products: unique products_slug_key exists, and no rule asks for it/u)
    })
    await withInstalled(withSuites(shop, '{ mutate: true }'), async (directory) => {
      expect(await assay(['prove', directory])).toMatchObject({ code: 0 })
      const { status, out } = run(directory, [...args, file])
      expect({ status, out }).toMatchObject({ status: 0 })
      expect(out).toContain('nothing of products/unique:slug can be broken unnoticed')
    })
  })

  test('a migration that fails is told, once a test, without a stack of Assay', async () => {
    const files = changed(shop, { 'migrations/0001_products.sql': [['create table', 'creat table']] })
    await withInstalled(withSuites(files), async (directory) => {
      const { status, out } = run(directory, [...args, file])
      expect(status).toBe(1)
      expect(out).toContain('PostgreSQL refused statement 1 of 1')
      expect(out).toContain('0001_products.sql:1')
    })
  })

  test('a config with a slip is told', async () => {
    const files = changed(shop, { 'assay.config.ts': [['export default', 'export defaut']] })
    await withInstalled(withSuites(files), async (directory) => {
      const { status, out } = run(directory, [...args, file])
      expect(status).toBe(1)
      expect(out).toContain('is not valid TypeScript')
    })
  })

  test('a config that waits is told how to do without', async () => {
    const files = changed(shop, {
      'assay.config.ts': [['const products', 'await Promise.resolve()\nconst products']],
    })
    await withInstalled(withSuites(files), async (directory) => {
      const { status, out } = run(directory, [...args, file])
      expect(status).toBe(1)
      expect(out.replaceAll(/[\s#]+/gu, ' ')).toContain('waits for something while it is loaded')
    })
  })

  test('the server is gone after an end in the middle', async () => {
    const slow = changed(shop, {
      'migrations/0001_products.sql': [['create table', 'select pg_sleep(1000); create table']],
    })
    await withServers((env, left) =>
      withInstalled(withSuites(slow), async (directory) => {
        const servers = (): readonly number[] => processesIn(env['TMPDIR']!)
        for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
          const child: ChildProcess = spawn(process.execPath, [...args, file], {
            cwd: directory,
            env: { ...environment(), ...env },
            stdio: 'ignore',
            detached: true,
          })
          const ended = new Promise((resolve) => child.once('exit', resolve))
          // A backend shows what it does in its title.
          await eventually(
            () => servers().some((pid) => /^postgres: postgres .* SELECT/u.test(commandOf(pid))),
            'it comes to the migration',
          )
          process.kill(-child.pid!, signal)
          await ended
          await eventually(() => left().length === 0 && servers().length === 0, 'nothing is left')
        }
      }),
    )
  })
})

test('their types need neither each other nor a test runner', async () => {
  const { errors } = await compile(
    {
      'rules.ts': `import { proofs, type ProofsOptions } from 'assay/node-test'
const options: ProofsOptions = { directory: '.', red: true, mutate: false }
proofs(options)
// @ts-expect-error misspelt
proofs({ mutat: true })
`,
    },
    'installed',
  )
  expect(errors).toEqual([])
})
