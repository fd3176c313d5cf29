/** Disks without room, directories that cannot be written to, users without a home: one clear fault each, exit 3. */
import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { assay, main } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { shop, withDirectory, withProject } from '../support/project.ts'

const isRoot = process.getuid?.() === 0

const mount = (directory: string, options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'ignore' }).status === 0

const unmount = (directory: string): void => {
  spawnSync('umount', [directory], { stdio: 'ignore' })
}

/** A file system of so much room, for as long as `work` takes; false when this system does not let us make one. */
const withRoom = (options: string, work: (directory: string) => Promise<void>): Promise<boolean> =>
  withDirectory(async (directory) => {
    if (!mount(directory, options)) return false
    try {
      await work(directory)
      return true
    } finally {
      unmount(directory)
    }
  })

let mayMount = false
beforeAll(async () => {
  mayMount = isRoot && (await withRoom('size=1m', async () => undefined))
})

const all = process.env['ASSAY_TEST_ALL'] === '1'

/** Skipped by name where no file system can be made, unless everything is asked for. */
const needsMount = (skip: (note: string) => void): void => {
  if (!mayMount && !all) skip('needs root and the right to mount a tmpfs')
}

describe('a disk without room', () => {
  test.for([
    ['to set the server up', 'size=16m,mode=1777'],
    ['to prove on it', 'size=46m,mode=1777'],
  ] as const)('not enough %s', async ([, options], { skip }) => {
    needsMount(skip)
    const made = await withRoom(options, (room) =>
      withProject(shop, async (directory) => {
        const env = { TMPDIR: room }
        const json = await assayJson(['prove', directory], { env })
        expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 3, stderr: '' })
        expect(json.findings).toHaveLength(1)
        expect(json.findings[0]).toMatchObject({ code: 'server.disk-full' })
        expect(json.findings[0]!.found).toContain('No space left on device')
        expect(json.findings[0]!.fix).toContain('TMPDIR=')
        expect(readdirSync(room)).toEqual([])
        expect(readdirSync(directory).toSorted()).toEqual(['assay.config.ts', 'migrations'])
      }),
    )
    expect(made).toBe(true)
  })
})

describe('a directory that cannot be written to', () => {
  test('the temporary one', async ({ skip }) => {
    needsMount(skip)
    const made = await withRoom('size=1m,ro', (room) =>
      withProject(shop, async (directory) => {
        const ran = await assay(['green', directory], { env: { TMPDIR: room } })
        expect(ran).toMatchObject({ code: 3, stdout: '' })
        expect(ran.stderr).toContain('it can only be read')
        expect(ran.stderr).toContain('TMPDIR=/path')
        expectNoStackTrace(ran)
      }),
    )
    expect(made).toBe(true)
  })

  test('a temporary one that is not there', async () => {
    await withProject(shop, async (directory) => {
      const env = { TMPDIR: join(directory, 'nowhere') }
      const { code, findings } = await assayJson(['green', directory], { env })
      expect({ code, first: findings[0]?.code }).toEqual({ code: 3, first: 'server.directory' })
    })
  })

  test("the project's: a proof needs no file in it, its ledger does", async () => {
    await withProject(shop, async (directory) => {
      chmodSync(directory, 0o555)
      chmodSync(join(directory, 'migrations'), 0o555)
      // Root may write everywhere, so that nobody runs it.
      const who = isRoot ? { uid: 65_534, gid: 65_534 } : {}
      const [green, prove] = await Promise.all([
        assayJson(['green', directory], who),
        assayJson(['prove', directory], who),
      ])
      chmodSync(directory, 0o755)
      expect(green).toMatchObject({ code: 0, findings: [], stderr: '' })
      expect({ code: prove.code, stderr: prove.stderr }).toEqual({ code: 3, stderr: '' })
      expect(prove.findings.map((f) => f.code)).toEqual(['ledger.unwritable'])
      expect(prove.findings[0]!.fix).toContain(join(directory, 'ledger'))
      expect(readdirSync(directory).toSorted()).toEqual(['assay.config.ts', 'migrations'])
    })
  })

  test('a ledger that is a file', async () => {
    await withProject({ ...shop, ledger: 'not a directory' }, async (directory) => {
      const { code, findings } = await assayJson(['prove', directory])
      expect({ code, first: findings[0]?.code }).toEqual({ code: 3, first: 'ledger.unwritable' })
    })
  })
})

describe('a user without a home, or without a name', () => {
  test('HOME is not set', async () => {
    await withProject(shop, async (directory) => {
      expect(await assayJson(['green', directory], { env: { HOME: undefined } })).toMatchObject({
        code: 0,
        stderr: '',
      })
    })
  })

  test('a user id that no account has, as containers give it: it works, or it is told how it would', async ({
    skip,
  }) => {
    if (!isRoot && !all) skip('needs root, who may run as somebody else')
    await withProject(shop, async (directory) => {
      chmodSync(directory, 0o755)
      const json = await assayJson(['green', directory], {
        uid: 54_321,
        gid: 54_321,
        env: { HOME: undefined },
      })
      if (json.code === 0) return
      expect({ code: json.code, stderr: json.stderr, first: json.findings[0]?.code }).toEqual({
        code: 3,
        stderr: '',
        first: 'server.nameless-user',
      })
      expect(json.findings[0]!.fix).toContain('/etc/passwd')
    })
  })
})

describe('an output that cannot take the answer', () => {
  test('a full disk under it: no success', () => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', 'node "$0" --help > /dev/full', main], {
      encoding: 'utf8',
    })
    expect(status).toBe(3)
    expect(stderr).toMatch(/^✗ The output could not be written: ENOSPC/u)
  })

  test('a reader that has seen enough: no stack trace', async () => {
    await withProject(shop, async (directory) => {
      const { stdout, stderr } = spawnSync(
        '/bin/sh',
        ['-c', `node "$0" explain products "$1" | head -n 1`, main, directory],
        { encoding: 'utf8' },
      )
      expect(stdout.split('\n')).toHaveLength(2)
      expect(stderr).toBe('')
    })
  })
})
