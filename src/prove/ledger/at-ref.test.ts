import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLedgerAtRef } from './at-ref.ts'
import { formatHead, formatPage } from './format.ts'
import { pageFile } from './path.ts'
import type { LedgerPage } from './page.ts'

let directory: string

const git = (...args: readonly string[]): string =>
  execFileSync(
    'git',
    ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  ).trim()

const page = (table: string | null, definition: string): LedgerPage => ({
  table,
  rules: [],
  structures: [
    {
      id: `${table}/table`,
      definition,
      fingerprint: 'f',
      proven: true,
      rules: [],
      killed: { count: 0, digest: 'd' },
      others: [],
    },
  ],
})

const commit = async (ledger: string, pages: readonly LedgerPage[]): Promise<string> => {
  const root = join(directory, ledger)
  await rm(root, { recursive: true, force: true })
  await mkdir(join(root, 'tables'), { recursive: true })
  await writeFile(
    join(root, 'head.txt'),
    formatHead({ architecture: 'a', major: 18, locale: 'C', extensions: [] }),
  )
  for (const p of pages) await writeFile(join(root, pageFile(p.table)), formatPage(p))
  git('add', '-A')
  git('commit', '-q', '-m', 'x')
  return git('rev-parse', 'HEAD')
}

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'assay-ref-')))
  git('init', '-q', '-b', 'main')
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const hostile = 'ta"ble\n*/ \u202e é'

describe('the ledger at a commit', () => {
  it('is read whole, hostile table names included, whatever stands in the working tree', async () => {
    const pages = [page(null, 'EXTENSION'), page(hostile, 'TABLE'), page('orders', 'TABLE é'.repeat(5000))]
    const first = await commit('data/my ledger', pages)
    await commit('data/my ledger', [page('orders', 'OTHER')])
    const { ledger, at } = await readLedgerAtRef(join(directory, 'data', 'my ledger'), first)
    expect(at).toBe(first)
    expect(ledger.problems).toEqual([])
    expect(ledger.head?.major).toBe(18)
    expect(ledger.pages.toSorted((a, b) => ((a.table ?? '') < (b.table ?? '') ? -1 : 1))).toEqual(
      pages.toSorted((a, b) => ((a.table ?? '') < (b.table ?? '') ? -1 : 1)),
    )
  })

  it('is that of the merge base with the default branch when no commit is named', async () => {
    await commit('ledger', [page('orders', 'BASE')])
    git('checkout', '-q', '-b', 'feature')
    await commit('ledger', [page('orders', 'FEATURE')])
    git('checkout', '-q', 'main')
    await commit('ledger', [page('orders', 'LATER ON MAIN')])
    git('checkout', '-q', 'feature')
    const { ledger, at } = await readLedgerAtRef(join(directory, 'ledger'), null)
    expect(at).toBe('the merge base with main')
    expect(ledger.pages[0]?.structures[0]?.definition).toBe('BASE')
  })

  it('is found for a directory that the working tree has no more', async () => {
    const first = await commit('data/ledger', [page('orders', 'TABLE')])
    await rm(join(directory, 'data'), { recursive: true })
    const { ledger } = await readLedgerAtRef(join(directory, 'data', 'ledger'), first)
    expect(ledger.pages).toHaveLength(1)
  })

  it('is found in the root of the repository', async () => {
    await mkdir(join(directory, 'tables'))
    await writeFile(join(directory, pageFile('orders')), formatPage(page('orders', 'TABLE')))
    git('add', '-A')
    git('commit', '-q', '-m', 'x')
    expect((await readLedgerAtRef(directory, 'HEAD')).ledger.pages).toHaveLength(1)
  })

  it('is empty where the commit had none', async () => {
    await writeFile(join(directory, 'a'), 'a')
    git('add', '-A')
    git('commit', '-q', '-m', 'x')
    const { ledger } = await readLedgerAtRef(join(directory, 'ledger'), 'HEAD')
    expect(ledger).toEqual({ head: null, pages: [], problems: [] })
  })

  it.each([['nowhere'], ['--help'], ['-x'], [''], ['HEAD; rm -rf /']])(
    'refuses the unknown commit %j',
    async (ref) => {
      await commit('ledger', [])
      await expect(readLedgerAtRef(join(directory, 'ledger'), ref)).rejects.toMatchObject({
        code: 'ledger.unknown-ref',
        exit: 2,
      })
    },
  )

  it('tells that there is no default branch', async () => {
    git('checkout', '-q', '-b', 'trunk')
    await commit('ledger', [])
    await expect(readLedgerAtRef(join(directory, 'ledger'), null)).rejects.toMatchObject({
      code: 'ledger.no-default-branch',
    })
  })

  it('tells that the directory is in no repository', async () => {
    await rm(join(directory, '.git'), { recursive: true })
    await expect(readLedgerAtRef(join(directory, 'ledger'), 'HEAD')).rejects.toMatchObject({
      code: 'ledger.not-in-git',
      exit: 3,
    })
  })
})
