import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, processesIn } from '../../test/support/processes.ts'
import { startServer } from './start.ts'
import { sweepRuns } from './sweep.ts'

const fixture = path.resolve('test/support/hold-server.mjs')
const isRoot = process.getuid?.() === 0
const linux = process.platform === 'linux'

describe('afterwards', () => {
  let directory: string
  const children = new Set<ChildProcess>()

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'assay-life-'))
    chmodSync(directory, 0o755)
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    children.clear()
    await nothingLeft()
    rmSync(directory, { recursive: true })
  })

  const nothingLeft = async (): Promise<void> => {
    await eventually(
      () => processesIn(directory).length === 0 && readdirSync(directory).length === 0,
      `nothing is left in ${directory}`,
    )
  }

  const start = (
    then: string,
    env: NodeJS.ProcessEnv = {},
    account: { uid?: number; gid?: number } = {},
  ): ChildProcess => {
    const child = spawn(process.execPath, [fixture, then], {
      env: { ...process.env, TMPDIR: directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...account,
    })
    children.add(child)
    return child
  }
  const said = (child: ChildProcess, word: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = ''
      let errors = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes(word)) resolve(text)
      })
      child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
      child.once('exit', () =>
        setTimeout(() => reject(new Error(`It ended without "${word}": ${errors}`)), 100),
      )
    })
  const ended = (child: ChildProcess): Promise<number | NodeJS.Signals | null> =>
    new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))

  it.each([
    ['stop', 0],
    ['exit', 5],
    ['throw', 1],
  ])('of %s nothing is left, at once', async (then, code) => {
    const child = start(then)
    expect(await ended(child)).toBe(code)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('of %s nothing is left, at once', async (signal) => {
    const child = start('hold')
    await said(child, 'ready')
    expect(processesIn(directory).length).toBeGreaterThan(2)
    child.kill(signal)
    expect(await ended(child)).toBe(signal)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.each([
    ['INT', '130'],
    ['TERM', '143'],
  ])('of SIG%s a shell sees %s', async (signal, code) => {
    const script = `"$0" "$1" hold & pid=$!; while ! ls "$TMPDIR"/assay-run-*/pg/s/.s.PGSQL.5432 >/dev/null 2>&1; do sleep 0.1; done; kill -${signal} $pid; wait $pid; echo $?`
    const shell = spawnSync('bash', ['-c', `set -m; ${script}`, process.execPath, fixture], {
      env: { ...process.env, TMPDIR: directory },
      encoding: 'utf8',
    })
    expect(shell.stdout.trim().split('\n').at(-1)).toBe(code)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it('of a signal while a statement runs nothing is left', async () => {
    const child = start('busy')
    await said(child, 'ready')
    child.kill('SIGINT')
    expect(await ended(child)).toBe('SIGINT')
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it('of a signal while it is being set up nothing is left', async () => {
    const child = start('hold')
    await said(child, 'starting')
    await eventually(() => processesIn(directory).length > 0, 'initdb runs')
    child.kill('SIGTERM')
    expect(await ended(child)).toBe('SIGTERM')
    await nothingLeft()
  })

  it('of kill -9 the watchdog leaves nothing', async () => {
    const child = start('hold')
    await said(child, 'ready')
    expect(processesIn(directory).length).toBeGreaterThan(2)
    child.kill('SIGKILL')
    await ended(child)
    await nothingLeft()
  })

  const killAllButServer = async (): Promise<number> => {
    const child = start('hold')
    await said(child, 'ready')
    const [run = ''] = readdirSync(directory)
    const postmaster = Number(
      readFileSync(path.join(directory, run, 'pg/data/postmaster.pid'), 'utf8').split('\n')[0],
    )
    const watchdogs = processesIn(directory).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('assay-watchdog'),
    )
    for (const pid of watchdogs) process.kill(pid, 'SIGKILL')
    child.kill('SIGKILL')
    await ended(child)
    return postmaster
  }

  it.runIf(linux)('of kill -9 of everything but the server, the next start leaves nothing', async () => {
    await killAllButServer()
    expect(processesIn(directory).length).toBeGreaterThan(2)
    expect(await ended(start('stop'))).toBe(0)
    expect([readdirSync(directory), processesIn(directory)]).toEqual([[], []])
  })

  it.runIf(linux)(
    'of kill -9 of everything, the next start leaves nothing, nor a segment of shared memory',
    async () => {
      const segments = (): string[] =>
        readFileSync('/proc/sysvipc/shm', 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/u)[1] ?? '')
      const before = segments()
      const postmaster = await killAllButServer()
      process.kill(postmaster, 'SIGKILL')
      await eventually(() => processesIn(directory).length === 0, 'the server is gone')
      expect(readdirSync(directory).length).toBe(1)
      const [run = ''] = readdirSync(directory)
      const segment = readFileSync(path.join(directory, run, 'pg/data/postmaster.pid'), 'utf8')
        .split('\n')[6]
        ?.trim()
        .split(/\s+/u)[1]
      expect(segments()).toContain(segment)
      expect(await ended(start('stop'))).toBe(0)
      expect(readdirSync(directory)).toEqual([])
      expect(before).not.toContain(segment)
      expect(segments()).not.toContain(segment)
    },
  )

  it('living runs and runs of other process spaces are not swept', async () => {
    const living = start('hold')
    await said(living, 'ready')
    const [run] = readdirSync(directory)
    const foreign = path.join(directory, 'assay-run-999999999-abc')
    mkdirSync(foreign)
    writeFileSync(path.join(foreign, 'owner.json'), '{"pid":999999999,"started":"1","space":"pid:[1]"}')
    expect(await ended(start('stop'))).toBe(0)
    expect(readdirSync(directory).sort()).toEqual([run ?? '', 'assay-run-999999999-abc'].toSorted())
    expect(processesIn(path.join(directory, run ?? '')).length).toBeGreaterThan(2)
    living.kill('SIGINT')
    await ended(living)
    rmSync(foreign, { recursive: true })
  })

  it('a run whose process id is another process’s by now is swept', () => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = directory
    const reused = path.join(directory, `assay-run-${process.pid}-abc`)
    mkdirSync(path.join(reused, 'pg/data'), { recursive: true })
    const space = linux
      ? JSON.stringify(spawnSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).stdout.trim())
      : 'null'
    writeFileSync(path.join(reused, 'owner.json'), `{"pid":${process.pid},"started":"1","space":${space}}`)
    // A postmaster.pid that names us: it is not a server of that directory, so nobody is killed.
    writeFileSync(path.join(reused, 'pg/data/postmaster.pid'), `${process.pid}\n`)
    sweepRuns(null)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    expect(readdirSync(directory)).toEqual([])
  })

  it('two at once do not disturb each other', async () => {
    const [one, two] = [start('hold'), start('hold')]
    await Promise.all([said(one, 'ready'), said(two, 'ready')])
    expect(readdirSync(directory).length).toBe(2)
    one.kill('SIGTERM')
    await ended(one)
    expect(readdirSync(directory).length).toBe(1)
    expect(processesIn(directory).length).toBeGreaterThan(2)
    two.kill('SIGTERM')
    await ended(two)
  })

  it.runIf(isRoot)('also as somebody who is not root', async () => {
    chmodSync(directory, 0o777)
    const child = start('stop', { HOME: '/nowhere', XDG_CACHE_HOME: '' }, { uid: 1, gid: 1 })
    expect(await said(child, 'ready')).toContain(directory)
    expect(await ended(child)).toBe(0)
  })

  it.runIf(isRoot && linux)('a user id without a name is a clear fault', async () => {
    chmodSync(directory, 0o777)
    const child = start('stop', { HOME: '/nowhere', XDG_CACHE_HOME: '' }, { uid: 51_234, gid: 51_234 })
    await expect(said(child, 'ready')).rejects.toThrow(/server\.nameless-user[\s\S]*etc\/passwd/u)
  })

  it.runIf(isRoot)('also in a directory that only root can enter', async () => {
    chmodSync(directory, 0o700)
    const child = start('stop')
    expect(await said(child, 'ready')).toContain('/tmp/assay-run-')
    expect(await ended(child)).toBe(0)
  })

  it('a path that is too long for a socket is left for a shorter one', async () => {
    const long = path.join(directory, 'x'.repeat(80))
    mkdirSync(long)
    const child = start('stop', { TMPDIR: long })
    expect(await said(child, 'ready')).toContain('/tmp/assay-run-')
    expect(await ended(child)).toBe(0)
    rmSync(long, { recursive: true })
  })

  it.each([
    ['does not exist', '/nowhere/at/all', /no such directory/u],
    ['cannot be written to', '/proc', /no such directory|cannot be written to/u],
  ])('a temporary directory that %s is a clear fault', async (_, place, found) => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = place
    const error = await startServer().catch((cause: unknown) => cause)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    expect(error).toMatchObject({
      name: 'AssayError',
      exit: 3,
      code: 'server.directory',
      found: expect.stringMatching(found),
    })
  })

  const small = (): boolean =>
    isRoot &&
    linux &&
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'assay-small', directory]).status === 0
  it('a full disk is a clear fault', async ({ skip }) => {
    if (!small()) skip('a small file system cannot be mounted here')
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = directory
    const error = await startServer().catch((cause: unknown) => cause)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    const left = readdirSync(directory)
    spawnSync('umount', [directory])
    expect(error).toMatchObject({ name: 'AssayError', exit: 3, code: 'server.disk-full' })
    expect(left).toEqual([])
  })
})
