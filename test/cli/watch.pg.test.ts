/** --watch: a saved file has what it touches proven again; what is wrong is told, and nothing is left behind. */
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import type { Envelope } from '../../src/report/envelope.ts'
import { assayJson } from '../support/envelope.ts'
import { main, startAssay } from '../support/command-line.ts'
import { eventually, processesIn } from '../support/processes.ts'
import { changed, shop, withDirectory, withProject, type ProjectFiles } from '../support/project.ts'

interface Told extends Envelope {
  readonly summary: {
    readonly rules: number
    readonly watch?: {
      readonly saved: readonly string[]
      readonly rules: readonly string[]
      readonly structures: readonly string[]
      readonly ledger: string | null
    }
  }
}

interface Watching {
  readonly child: ChildProcess
  /** The next envelope; fails after a minute. */
  readonly next: () => Promise<Told>
  readonly errors: () => string
}

const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGTERM')
})

const watch = (args: readonly string[], env: Record<string, string> = {}): Watching => {
  const child = startAssay([...args, '--watch', '--json'], { env })
  running.push(child)
  let text = ''
  let errors = ''
  let seen = 0
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  const whole = (): readonly string[] => text.split('\n').slice(0, -1)
  return {
    child,
    errors: () => errors,
    async next() {
      for (let tries = 0; tries < 1_200 && whole().length <= seen; tries++) {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${errors}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const line = whole()[seen++]
      if (line === undefined) throw new Error(`nothing was told within a minute; on stderr: ${errors}`)
      return JSON.parse(line) as Told
    },
  }
}

const edit = (directory: string, file: string, from: string, to: string): void => {
  const path = join(directory, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
}

const codes = ({ findings }: Told): readonly string[] => findings.map(({ code }) => code)

/** The declaration in files of its own, and a second migration with a table that the first one knows nothing of. */
const project: ProjectFiles = {
  'assay.config.ts': `import { architecture, defineConfig } from 'assay'
import { products } from './data/products.ts'
import { stocks } from './data/stocks.ts'

export default defineConfig({
  architecture: architecture('shop', { tables: { products, stocks } }),
  schema: { migrations: 'migrations' },
})
`,
  'data/products.ts': `import { table } from 'assay'
import { lowest } from './lowest.ts'

export const products = table('products', { id: 'bigint', slug: 'varchar(20)', price: 'numeric(10,2)' }, (t) => [
  t.primaryKey('id'),
  t.required('slug', 'price'),
  t.unique('slug'),
  t.check('price_not_negative', \`price >= \${lowest}\`),
])
`,
  'data/lowest.ts': 'export const lowest = 0\n',
  'data/stocks.ts': `import { table } from 'assay'

export const stocks = table('stocks', { id: 'bigint', pieces: 'integer' }, (t) => [
  t.primaryKey('id'),
  t.required('pieces'),
])
`,
  'migrations/0001_products.sql': `create table products (
  id    bigint primary key,
  slug  varchar(20) not null unique,
  price numeric(10,2) not null constraint products_price_not_negative check (price >= 0)
);
`,
  'migrations/0002_stocks.sql': 'create table stocks (id bigint primary key, pieces integer not null);\n',
}

test('declarations, their imports and migrations: what a change touches is proven again, and nothing else', async () => {
  await withProject(project, async (directory) => {
    const { child, next, errors } = watch(['prove', directory])
    const first = await next()
    expect(first).toMatchObject({ ok: true, command: 'prove', findings: [] })
    expect(first.artifacts.length).toBeGreaterThan(0)
    const ledger = readFileSync(join(directory, 'ledger/tables/products.txt'), 'utf8')

    // A rule.
    edit(directory, 'data/products.ts', `  t.unique('slug'),\n`, '')
    const unclaimed = await next()
    expect(codes(unclaimed)).toEqual(['structure.unproven'])
    expect(unclaimed.summary.watch).toMatchObject({
      saved: [join(directory, 'data/products.ts')],
      rules: [],
      ledger: 'behind',
    })
    edit(directory, 'data/products.ts', `  t.check`, `  t.unique('slug'),\n  t.check`)
    const claimed = await next()
    expect(claimed).toMatchObject({ ok: true, findings: [] })
    expect(claimed.summary.watch).toMatchObject({
      rules: ['products/unique:slug'],
      structures: ['products/unique:slug'],
      ledger: 'current',
    })

    // What a declaration imports.
    edit(directory, 'data/lowest.ts', '= 0', '= 1')
    const weak = await next()
    expect(weak.ok).toBe(false)
    expect(codes(weak)).toContain('rule.red')
    expect(weak.summary.watch?.rules).toEqual(['products/check:price_not_negative'])
    edit(directory, 'data/lowest.ts', '= 1', '= 0')
    expect(await next()).toMatchObject({ ok: true, findings: [] })

    // A migration that is not the last: the rule of the structure that changed.
    edit(
      directory,
      'migrations/0001_products.sql',
      ' constraint products_price_not_negative check (price >= 0)',
      '',
    )
    const dropped = await next()
    expect(codes(dropped)).toEqual(['rule.red'])
    expect(dropped.summary.watch?.rules).toContain('products/check:price_not_negative')
    expect(dropped.summary.watch?.rules).not.toContain('stocks/required:pieces')
    edit(
      directory,
      'migrations/0001_products.sql',
      'price numeric(10,2) not null',
      'price numeric(10,2) not null constraint products_price_not_negative check (price >= 0)',
    )
    expect(await next()).toMatchObject({ ok: true, findings: [], summary: { watch: { ledger: 'current' } } })

    // The last one, and one that is new, saved as editors do: a new file in the place of the old one.
    writeFileSync(
      join(directory, 'migrations/.0002.swp'),
      'create table stocks (id bigint primary key, pieces integer);\n',
    )
    renameSync(join(directory, 'migrations/.0002.swp'), join(directory, 'migrations/0002_stocks.sql'))
    const optional = await next()
    expect(optional.summary.watch?.rules).toEqual(expect.arrayContaining(['stocks/required:pieces']))
    expect(optional.ok).toBe(false)
    writeFileSync(
      join(directory, 'migrations/0003_required.sql'),
      'alter table stocks alter column pieces set not null;\n',
    )
    const mended = await next()
    expect(mended.findings).toEqual([])

    // Comments change nothing.
    edit(directory, 'migrations/0003_required.sql', 'alter', '-- so that none is missing\nalter')
    expect((await next()).summary.watch).toMatchObject({ rules: [], structures: [] })

    // No round has written the ledger, though each was as good as the first.
    expect(readFileSync(join(directory, 'ledger/tables/products.txt'), 'utf8')).toBe(ledger)
    expect(errors()).toBe('')
    child.kill('SIGTERM')
  })
})

test('of a part, nothing but the part is looked at', async () => {
  await withProject(project, async (directory) => {
    const { next } = watch(['prove', directory, '--only', 'stocks'])
    expect((await next()).summary.rules).toBe(4)
    edit(directory, 'migrations/0001_products.sql', 'check (price >= 0)', 'check (price >= 7)')
    const other = await next()
    expect(other).toMatchObject({ ok: true, findings: [] })
    expect(other.summary.watch).toMatchObject({ rules: [], structures: [], ledger: null })
    edit(directory, 'migrations/0002_stocks.sql', 'pieces integer not null', 'pieces integer')
    const own = await next()
    expect(codes(own)).toEqual(['rule.red'])
    expect(own.summary.watch?.rules).toContain('stocks/required:pieces')
  })
})

test('slips are told, and watching goes on', async () => {
  await withProject(project, async (directory) => {
    const { next } = watch(['green', directory])
    expect(await next()).toMatchObject({ ok: true, command: 'green' })

    edit(directory, 'data/lowest.ts', '= 0', '= (')
    const slip = await next()
    expect(codes(slip)).toEqual(['config.syntax'])
    expect(slip.findings[0]?.where?.file).toContain('lowest.ts')
    edit(directory, 'data/lowest.ts', '= (', '= 0')
    expect(await next()).toMatchObject({ ok: true, findings: [] })

    edit(directory, 'migrations/0002_stocks.sql', 'create table', 'creat table')
    expect(codes(await next())).toEqual(['schema.statement'])
    edit(directory, 'migrations/0002_stocks.sql', 'creat table', 'create table')
    expect(await next()).toMatchObject({ ok: true, findings: [] })

    edit(directory, 'data/lowest.ts', '= 0', `= 'no_such_column'`)
    expect((await next()).ok).toBe(false)
    edit(directory, 'data/lowest.ts', `= 'no_such_column'`, '= 0')
    expect(await next()).toMatchObject({ ok: true, findings: [] })
  })
})

test('migrations that make roles are run again, too', async () => {
  const withRole = changed(shop, {
    'migrations/0001_products.sql': [['create table', 'create role clerk;\ncreate table']],
  })
  await withProject(withRole, async (directory) => {
    const { next } = watch(['green', directory])
    expect(await next()).toMatchObject({ ok: true })
    edit(directory, 'migrations/0001_products.sql', 'check (price >= 0)', 'check (price >= 5)')
    expect(codes(await next())).toEqual(['rule.red'])
    edit(directory, 'migrations/0001_products.sql', 'check (price >= 5)', 'check (price >= 0)')
    expect(await next()).toMatchObject({ ok: true, findings: [] })
  })
})

test('a first run that nothing saved could put right ends at once', async () => {
  await withDirectory(async (directory) => {
    expect(await assayJson(['prove', directory, '--watch'])).toMatchObject({ code: 2, ok: false })
  })
  await withProject(shop, async (directory) => {
    const args = ['prove', directory, '--watch', '--url', 'postgres://x@127.0.0.1:1/x']
    expect(await assayJson(args)).toMatchObject({ code: 3, ok: false })
  })
})

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const all = process.env['ASSAY_TEST_ALL'] === '1'

describe.skipIf(!hasScript && !all)(
  `keys at a terminal${hasScript ? '' : ' need script of util-linux'}`,
  () => {
    /** What the terminal has shown so far, a way to press keys, and how it ended. */
    const open = (directory: string, temporary: string) => {
      const command = `stty cols 80; exec '${process.execPath}' '${main}' green '${directory}' --watch`
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        env: { ...process.env, CI: '', TMPDIR: temporary, TERM: 'xterm' },
      })
      running.push(child)
      let shown = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (shown += chunk))
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
      const waits = (times: number): Promise<void> =>
        eventually(() => shown.split('q ends').length > times, `it has waited ${times} times`)
      return { press: (key: string) => child.stdin.write(key), shown: () => shown, waits, ended }
    }

    test('a proves everything, Enter the last again, q ends it', async () => {
      await withDirectory(async (temporary) => {
        chmodSync(temporary, 0o711)
        await withProject(shop, async (directory) => {
          const { press, shown, waits, ended } = open(directory, temporary)
          await waits(1)
          press('a')
          await waits(2)
          expect(shown().split('Every rule holds.')).toHaveLength(3)
          edit(directory, 'assay.config.ts', `'price >= 0'`, `'price >= 0.0'`)
          await waits(3)
          expect(shown()).toContain('1 rule proven again (products/check:price_not_negative)')
          press('\r')
          await waits(4)
          expect(shown().split('1 rule proven again')).toHaveLength(3)
          press('q')
          expect(await ended).toBe(0)
          await eventually(() => processesIn(temporary).length === 0, 'its processes end')
          expect(readdirSync(temporary)).toEqual([])
        })
      })
    })

    test('Ctrl-C ends it as it does without a watch', async () => {
      await withDirectory(async (temporary) => {
        chmodSync(temporary, 0o711)
        await withProject(shop, async (directory) => {
          const { press, waits, ended } = open(directory, temporary)
          await waits(1)
          press('\u0003')
          expect(await ended).toBe(130)
          await eventually(() => processesIn(temporary).length === 0, 'its processes end')
          expect(readdirSync(temporary)).toEqual([])
        })
      })
    })
  },
)

describe('an end at any moment leaves no process and no directory', () => {
  const isWorking = (temporary: string): boolean =>
    processesIn(temporary).some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
      } catch {
        return false
      }
    })

  const moments: readonly (readonly [string, NodeJS.Signals, boolean])[] = [
    ['while it starts', 'SIGINT', false],
    ['while it waits', 'SIGINT', true],
    ['while it waits', 'SIGTERM', true],
    ['while it waits', 'SIGHUP', true],
  ]

  test.each(moments)('%s: %s', async (_, signal, waits) => {
    await withDirectory(async (temporary) => {
      chmodSync(temporary, 0o711)
      await withProject(shop, async (directory) => {
        const { child, next } = watch(['green', directory], { TMPDIR: temporary })
        const ended = new Promise<NodeJS.Signals | null>((resolve) =>
          child.once('exit', (__, by) => resolve(by)),
        )
        if (waits) await next()
        else await eventually(() => isWorking(temporary), 'the server starts')
        child.kill(signal)
        expect(await ended).toBe(signal)
        await eventually(() => processesIn(temporary).length === 0, 'its processes end')
        expect(readdirSync(temporary)).toEqual([])
        expect(existsSync(join(directory, 'ledger'))).toBe(false)
      })
    })
  })

  test('in the middle of a round', async () => {
    await withDirectory(async (temporary) => {
      chmodSync(temporary, 0o711)
      await withProject(shop, async (directory) => {
        const { child, next } = watch(['green', directory], { TMPDIR: temporary })
        const ended = new Promise((resolve) => child.once('exit', (__, by) => resolve(by)))
        await next()
        edit(
          directory,
          'migrations/0001_products.sql',
          'create table',
          'select pg_sleep(1000);\ncreate table',
        )
        await eventually(
          () =>
            processesIn(temporary).some((pid) => {
              try {
                return /^postgres: postgres .* SELECT/u.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
              } catch {
                return false
              }
            }),
          'the migration runs',
        )
        child.kill('SIGINT')
        expect(await ended).toBe('SIGINT')
        await eventually(() => processesIn(temporary).length === 0, 'its processes end')
        expect(readdirSync(temporary)).toEqual([])
      })
    })
  })
})
