import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mayRead, serviceAccount } from './account.ts'
import { findBinaries, lendBinaries, linkLibraries } from './binaries.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'assay-binaries-'))
  chmodSync(directory, 0o755)
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('findBinaries', () => {
  it('finds those of this platform', () => {
    const { postgres, initdb } = findBinaries()
    expect([existsSync(postgres), existsSync(initdb)]).toEqual([true, true])
  })

  it.each([
    ['win32-x64', 'server.platform', /--url/u],
    ['sunos-x64', 'server.platform', /--url/u],
    [
      process.platform === 'darwin' ? 'linux-arm64' : 'darwin-arm64',
      'server.binaries-missing',
      /--include=optional/u,
    ],
  ])('tells that %s has none', (platform, code, mend) => {
    let error: unknown
    try {
      findBinaries(platform)
    } catch (cause) {
      error = cause
    }
    expect(error).toMatchObject({ name: 'AssayError', exit: 3, code, mend: expect.stringMatching(mend) })
  })
})

describe('lendBinaries', () => {
  const account = serviceAccount()

  it('leaves binaries alone that the server’s account can read', () => {
    const binaries = findBinaries()
    expect(lendBinaries(binaries, null, directory)).toBe(binaries)
    expect(existsSync(path.join(directory, 'native'))).toBe(false)
  })

  it.runIf(account !== null)(
    'lends those of a closed directory, which run without the links of the install script',
    () => {
      const closed = path.join(directory, 'closed')
      mkdirSync(closed, { mode: 0o700 })
      spawnSync('cp', ['-R', '-p', findBinaries().native, path.join(closed, 'native')])
      const native = path.join(closed, 'native')
      for (const name of readdirSync(path.join(native, 'lib'))) {
        if (/\.so\.\d+$/u.test(name) && name !== 'libz.so.1')
          spawnSync('find', [path.join(native, 'lib', name), '-type', 'l', '-delete'])
      }
      // As npm leaves it under a strict umask.
      spawnSync('chmod', ['-R', 'go-rwx', native])
      const run = path.join(directory, 'run')
      mkdirSync(path.join(run, 'lib'), { recursive: true })
      const found = {
        native,
        postgres: path.join(native, 'bin/postgres'),
        initdb: path.join(native, 'bin/initdb'),
      }
      if (account === null) throw new Error('This test runs as root only.')
      const lent = lendBinaries(found, account, run)
      expect(lent.native).toBe(path.join(run, 'native'))
      linkLibraries(lent, path.join(run, 'lib'))
      expect(mayRead(account, found.postgres)).toBe(false)
      expect(mayRead(account, lent.postgres, path.join(lent.native, 'share/postgresql/postgres.bki'))).toBe(
        true,
      )
      const ran = spawnSync(lent.postgres, ['--version'], {
        cwd: '/',
        env: { LD_LIBRARY_PATH: `${path.join(run, 'lib')}:${path.join(lent.native, 'lib')}` },
        encoding: 'utf8',
        ...account,
      })
      expect(ran.stderr + ran.stdout).toMatch(/^postgres \(PostgreSQL\) 18/u)
    },
  )
})
