/** Ctrl-C, SIGTERM and kill -9 in the middle of each stage: how it ends, and that no process and no directory is left. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { assay, endOf, startAssay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { eventually, processesIn } from '../support/processes.ts'
import { changed, shop, withDirectory, withProject, type ProjectFiles } from '../support/project.ts'

/**
 * A proof that says when it runs, the n-th time for good: first it is asked by GREEN, then by RED, then by MUTATE, of
 * the mutants that no other rule notices.
 */
const hangsAt = (nth: number, beside = "t.check('price_not_negative', 'price >= 0'),"): ProjectFiles =>
  changed(shop, {
    'assay.config.ts': [
      ["from 'assay'", "from 'assay'\nimport { appendFileSync } from 'node:fs'\n\nlet runs = 0"],
      [
        "t.check('price_not_negative', 'price >= 0'),",
        `${beside}
  t.proves('there are prices', async (db) => {
    await db.insert('products', { price: '1' })
    runs += 1
    if (runs !== ${nth}) return
    appendFileSync(process.env['MARK'] ?? '', 'here')
    await db.query('select pg_sleep(1000)')
  }, { by: ['products/check:products_price_not_negative'] }),`,
      ],
    ],
  })

const hangingMigration: ProjectFiles = {
  ...shop,
  'migrations/0002_wait.sql': 'create table waits (); select pg_sleep(1000);',
}

interface Stage {
  readonly stage: string
  readonly files: ProjectFiles
  readonly command: 'green' | 'mutate' | 'red'
  /** Whether it has come so far, seen from outside. */
  readonly isThere: (temporary: string, mark: string) => boolean
}

const runsIn = (temporary: string): readonly string[] =>
  readdirSync(temporary).filter((name) => name.startsWith('assay-run-'))

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

const stages: readonly Stage[] = [
  {
    stage: 'start',
    files: shop,
    command: 'green',
    isThere: (temporary) => runsIn(temporary).length > 0,
  },
  {
    stage: 'migrate',
    files: hangingMigration,
    command: 'green',
    // A backend shows what it does in its title.
    isThere: (temporary) =>
      processesIn(temporary).some((pid) => /^postgres: postgres .* SELECT/u.test(commandOf(pid))),
  },
  { stage: 'green', files: hangsAt(1), command: 'green', isThere: (_, mark) => existsSync(mark) },
  { stage: 'red', files: hangsAt(2), command: 'red', isThere: (_, mark) => existsSync(mark) },
  { stage: 'mutate', files: hangsAt(2, ''), command: 'mutate', isThere: (_, mark) => existsSync(mark) },
]

/** A temporary directory that the server's account may pass. */
const withTemporary = (work: (temporary: string) => Promise<void>): Promise<void> =>
  withDirectory(async (temporary) => {
    chmodSync(temporary, 0o711)
    await work(temporary)
  })

const nothingIsLeft = async (temporary: string): Promise<void> => {
  await eventually(() => processesIn(temporary).length === 0, 'its processes end')
  expect(readdirSync(temporary)).toEqual([])
}

describe.each(stages)('in the middle of $stage', ({ files, command, isThere }) => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, and nothing is left', async (signal) => {
    await withTemporary((temporary) =>
      withProject(files, async (directory) => {
        const mark = join(directory, 'mark')
        const child = startAssay([command, directory], { env: { TMPDIR: temporary, MARK: mark } })
        const ended = endOf(child)
        await eventually(() => isThere(temporary, mark), 'it comes to that stage')
        child.kill(signal)
        // Ended by the signal itself, which a shell reports as 130 or 143.
        expect(await ended).toMatchObject({
          signal,
          stdout: '',
          stderr: 'Interrupted before there was a result.\n',
        })
        await nothingIsLeft(temporary)
        expect(existsSync(join(directory, 'ledger'))).toBe(false)
      }),
    )
  })
})

test('a shell sees 130 after Ctrl-C', async () => {
  await withTemporary((temporary) =>
    withProject(hangsAt(1), async (directory) => {
      const mark = join(directory, 'mark')
      const script =
        '"$@" & pid=$!; while [ ! -e "$MARK" ]; do sleep 0.05; done; kill -INT $pid; wait $pid; echo $?'
      const under = ['/bin/sh', '-c', `set -m; ${script}`, 'sh']
      const ran = await assay(['green', directory], { under, env: { TMPDIR: temporary, MARK: mark } })
      expect(ran.stdout.trim()).toBe('130')
      await nothingIsLeft(temporary)
    }),
  )
})

test('kill -9: what it leaves is gone after the next run', async () => {
  await withTemporary((temporary) =>
    withProject(hangsAt(1), async (directory) => {
      const mark = join(directory, 'mark')
      const child = startAssay(['green', directory], { env: { TMPDIR: temporary, MARK: mark } })
      const ended = endOf(child)
      await eventually(() => existsSync(mark), 'it comes to its proof')
      // Its watchdog too, which would tidy up at once.
      const dogs = processesIn(temporary).filter((pid) => commandOf(pid).includes('assay-watchdog'))
      expect(dogs).toHaveLength(1)
      for (const pid of dogs) process.kill(pid, 'SIGKILL')
      child.kill('SIGKILL')
      expect((await ended).signal).toBe('SIGKILL')
      expect(runsIn(temporary)).toHaveLength(1)
      await withProject(shop, async (other) => {
        expect(await assayJson(['green', other], { env: { TMPDIR: temporary } })).toMatchObject({ code: 0 })
      })
      await nothingIsLeft(temporary)
    }),
  )
})

/** Every file below the ledger with its text. */
const ledgerOf = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(directory, 'ledger'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(directory.length), readFileSync(file, 'utf8')]),
  )

test('two runs of one project at once do not disturb each other', async () => {
  await withTemporary((temporary) =>
    withProject(shop, async (directory) => {
      const env = { TMPDIR: temporary }
      const [one, two] = await Promise.all([
        assayJson(['prove', directory], { env }),
        assayJson(['prove', directory], { env }),
      ])
      expect([one.findings, two.findings]).toEqual([[], []])
      expect([one.code, two.code]).toEqual([0, 0])
      expect(Object.keys(ledgerOf(directory))).toEqual([
        '/ledger/database.txt',
        '/ledger/head.txt',
        '/ledger/tables/products.txt',
      ])
      expect(await assayJson(['check', directory], { env })).toMatchObject({ code: 0, findings: [] })
      await nothingIsLeft(temporary)
    }),
  )
})

test('killed while the ledger is written: no page is half, and the next run puts all right', async () => {
  const killer = fileURLToPath(new URL('../support/kill-at-rename.mjs', import.meta.url))
  await withTemporary((temporary) =>
    withProject(shop, async (directory) => {
      const env = { TMPDIR: temporary }
      expect(await assayJson(['prove', directory], { env })).toMatchObject({ code: 0 })
      const whole = ledgerOf(directory)
      for (const file of Object.keys(whole)) writeFileSync(join(directory, file), 'of an older Assay\n')
      const child = startAssay(['prove', directory], {
        env: { ...env, KILL_AT: '2' },
        node: ['--import', killer],
      })
      expect((await endOf(child)).signal).toBe('SIGKILL')
      const half = ledgerOf(directory)
      for (const [file, text] of Object.entries(whole))
        expect([text, 'of an older Assay\n'], file).toContain(half[file])
      expect(Object.entries(whole).filter(([file, text]) => half[file] === text)).toHaveLength(1)

      expect(await assayJson(['prove', directory], { env })).toMatchObject({ code: 0, findings: [] })
      expect(ledgerOf(directory)).toEqual(whole)
    }),
  )
})
