/** assay doctor: each thing that can be wrong is found, told with its mend, and answered by the exit code. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer } from '../../src/postgres/start.ts'
import type { Server } from '../../src/postgres/server.ts'
import { examineNode } from '../../src/project/examine-machine.ts'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace, type Answered } from '../support/envelope.ts'
import { changed, shop, withDirectory, withProject, type ProjectFiles } from '../support/project.ts'

const doctor = (directory: string, env: Record<string, string> = {}): Promise<Answered> =>
  assayJson(['doctor', directory], { env })

const codes = ({ findings }: Answered, severity: string): readonly string[] =>
  findings.filter((finding) => finding.severity === severity).map(({ code }) => code)

const rightOf = ({ summary }: Answered): readonly string[] =>
  (summary as unknown as { readonly right: readonly { readonly code: string }[] }).right.map(
    ({ code }) => code,
  )

const withExtension = (name: string): ProjectFiles =>
  changed(shop, {
    'assay.config.ts': [[`migrations: 'migrations'`, `migrations: 'migrations', extensions: ['${name}']`]],
  })

test('all is well: every check says so, and what comes next is told', async () => {
  await withProject(shop, async (directory) => {
    const { code, stdout, stderr } = await assay(['doctor', directory])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('✓ Node ')
    expect(stdout).toMatch(/✓ The embedded PostgreSQL 18\.\d+ starts/u)
    expect(stdout).toContain(`next npx assay prove ${directory}`)

    const answered = await doctor(directory)
    expect(answered).toMatchObject({ code: 0, ok: true, next: [`npx assay prove ${directory}`] })
    expect(rightOf(answered)).toEqual(
      expect.arrayContaining(['doctor.node', 'doctor.binaries', 'doctor.config', 'doctor.server']),
    )
    expect(codes(answered, 'note')).toEqual(['doctor.ledger'])
  })
})

test('nothing of it stays: no process, no directory', async () => {
  await withDirectory(async (temporary) => {
    chmodSync(temporary, 0o711)
    await withProject(shop, async (directory) => {
      expect(await doctor(directory, { TMPDIR: temporary })).toMatchObject({ code: 0 })
    })
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('the project: exit 1', () => {
  const slips: readonly (readonly [string, ProjectFiles, string])[] = [
    [
      'a config with a slip',
      changed(shop, { 'assay.config.ts': [['architecture(', 'architecture((']] }),
      'config.syntax',
    ],
    [
      'no migrations directory',
      changed(shop, { 'assay.config.ts': [[`'migrations'`, `'migration'`]] }),
      'schema.migrations',
    ],
    [
      'an extension that the owner may not create',
      changed(shop, {
        'migrations/0001_products.sql': [['create table', 'create extension dblink;\ncreate table']],
      }),
      'doctor.extension-unlisted',
    ],
    [
      'a ledger with conflict markers',
      {
        ...shop,
        'ledger/tables/products.txt': '<<<<<<< ours\n=======\n>>>>>>> theirs\n',
        'ledger/head.txt': '',
      },
      'ledger.malformed',
    ],
  ]

  test.each(slips)('%s', async (_, files, code) => {
    await withProject(files, async (directory) => {
      const answered = await doctor(directory)
      expect(codes(answered, 'error')).toContain(code)
      expect(answered.findings.filter((f) => f.severity === 'error' && f.code.startsWith('server.'))).toEqual(
        [],
      )
      expect(answered).toMatchObject({ code: 1, ok: false })
      // The server is looked at in any case.
      expect(rightOf(answered)).toContain('doctor.server')
    })
  })

  test('there is no config', async () => {
    await withDirectory(async (directory) => {
      const ran = await assay(['doctor', directory])
      expect(ran.code).toBe(1)
      expect(ran.stdout).toContain('✗ There is no assay.config.ts')
      expectNoStackTrace(ran)
    })
  })

  test('what git says of the ledger', async () => {
    await withProject(shop, async (directory) => {
      const git = (...args: readonly string[]): void =>
        void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x', ...args], { cwd: directory })
      expect(await assayJson(['prove', directory])).toMatchObject({ code: 0 })
      expect(codes(await doctor(directory), 'note')).toEqual(['doctor.git'])
      git('init', '--quiet')
      expect(codes(await doctor(directory), 'note')).toEqual(['doctor.ledger-committed'])
      git('add', '.')
      git('commit', '--quiet', '-m', 'x')
      const committed = await doctor(directory)
      expect(codes(committed, 'note')).toEqual([])
      expect(rightOf(committed)).toContain('doctor.ledger-committed')
      writeFileSync(join(directory, '.gitignore'), 'ledger/\n')
      git('rm', '-r', '--quiet', '--cached', 'ledger')
      expect(codes(await doctor(directory), 'error')).toEqual(['doctor.ledger-ignored'])
    })
  })
})

describe('the environment: exit 3', () => {
  test('an extension that the embedded server does not have, with the way out', async () => {
    await withProject(withExtension('postgis'), async (directory) => {
      const answered = await doctor(directory)
      const { findings } = answered
      expect(answered.code).toBe(3)
      expect(codes(answered, 'error')).toEqual(['schema.extension'])
      expect(findings.find((f) => f.code === 'schema.extension')).toMatchObject({
        summary: expect.stringContaining('postgis') as string,
        fix: expect.stringContaining('--url') as string,
      })
    })
  })

  test('an extension that a migration names: with file and line, and not when it is a comment', async () => {
    const files = changed(shop, {
      'migrations/0001_products.sql': [
        [
          'create table',
          '-- create extension pg_cron;\n\nCREATE EXTENSION IF NOT EXISTS "vector";\ncreate table',
        ],
      ],
    })
    await withProject(files, async (directory) => {
      const { code, findings } = await doctor(directory)
      expect(code).toBe(3)
      const file = join(directory, 'migrations/0001_products.sql')
      const errors = findings.filter((f) => f.severity === 'error')
      expect(errors.map((f) => [f.code, f.where])).toEqual([['schema.extension', { file, line: 3 }]])
    })
  })

  test('extensions that it has are right', async () => {
    await withProject(withExtension('citext'), async (directory) => {
      expect(rightOf(await doctor(directory))).toContain('doctor.extensions')
    })
  })

  test('no temporary directory', async () => {
    await withProject(shop, async (directory) => {
      const answered = await doctor(directory, { TMPDIR: join(directory, 'no-such') })
      expect(answered.code).toBe(3)
      expect(codes(answered, 'error')).toEqual(['server.directory'])
    })
  })

  test('nobody answers at --url', async () => {
    await withProject(shop, async (directory) => {
      const answered = await assayJson(['doctor', directory, '--url', 'postgres://x@127.0.0.1:1/x'])
      expect(answered.code).toBe(3)
      expect(codes(answered, 'error')).toHaveLength(1)
      expect(rightOf(answered)).not.toContain('doctor.binaries')
    })
  })

  test('an old Node', () => {
    expect(examineNode('20.19.0').state).toBe('right')
    expect(examineNode('22.0.0').state).toBe('right')
    expect(examineNode('20.18.3')).toMatchObject({ state: 'wrong', exit: 3 })
    expect(examineNode('18.20.0')).toMatchObject({ state: 'wrong', exit: 3 })
  })
})

describe('to know, without being wrong', () => {
  test('what a killed run left, and a TMPDIR that is too long for a socket', async () => {
    await withDirectory(async (temporary) => {
      chmodSync(temporary, 0o711)
      const long = join(temporary, 'long'.repeat(25))
      mkdirSync(join(temporary, 'assay-run-999999999-abcdef'))
      mkdirSync(long)
      await withProject(shop, async (directory) => {
        const stale = await doctor(directory, { TMPDIR: temporary })
        expect(stale.code).toBe(0)
        expect(codes(stale, 'note')).toContain('doctor.stale-runs')
        const longer = await doctor(directory, { TMPDIR: long })
        expect(longer.code).toBe(0)
        expect(codes(longer, 'note')).toContain('doctor.socket')
      })
    })
  })
})

describe('a server by --url', () => {
  let server: Server
  let database: string

  beforeAll(async () => {
    server = await startServer({ tcp: true })
    database = await server.createDatabase('home')
  })
  afterAll(() => server.stop())

  test('whose role may not do what is needed', async () => {
    await withProject(shop, async (directory) => {
      const answered = await assayJson(['doctor', directory, '--url', server.ownerUrl(database)])
      expect(answered.code).toBe(3)
      expect(codes(answered, 'error')).toEqual(['server.privileges'])
      const wrong = answered.findings.find((finding) => finding.severity === 'error')
      expect(wrong?.fix).toContain('ALTER ROLE')
    })
  })
})
