/** `assay audit verify` as a user runs it: a whole log, a tampered one, anchors, and what it cannot read. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Architecture } from '../../src/architecture/architecture.ts'
import { auditLog } from '../../src/architecture/audit-log.ts'
import { architecture } from '../../src/architecture/declare.ts'
import { table } from '../../src/architecture/table.ts'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { designedMigration } from '../support/audit-lab.ts'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { withDirectory } from '../support/project.ts'

const declared = architecture('shop', {
  tables: {
    products: table('products', { id: 'integer', price: 'integer' }, (t) => [
      t.primaryKey('id'),
      t.audited(),
    ]),
    ...auditLog('audit_log').tables,
  },
  identity: { role: 'app', settings: (who: { user: string }) => ({ 'app.user': who.user }) },
}) as unknown as Architecture

let server: Server
let url: string

const run = async (sql: string): Promise<void> => {
  const owner = await server.connect(new URL(url).pathname.slice(1), 'owner')
  try {
    await owner.query(sql)
  } finally {
    await owner.end()
  }
}

beforeAll(async () => {
  server = await startServer({})
  url = server.ownerUrl(await server.createDatabase('shop'))
  await run(designedMigration(declared))
  await run('insert into products select i, i from generate_series(1, 10) i')
})

afterAll(async () => {
  await server?.stop()
})

describe('assay audit verify', () => {
  test('says that a whole log is whole, and where its chains end', async () => {
    const { code, stdout, stderr } = await assay(['audit', 'verify', '--url', url])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^audit_log is whole: 10 entries of 1 statements in 1 chain\.\n {2}head lane 0, statement 1: [0-9a-f]{64}\n/u,
    )
  })

  test('compares with an anchor, and writes the next one', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'anchor.json')
      const first = await assayJson(['audit', 'verify', '--url', url, '--write-anchor', file])
      expect(first).toMatchObject({ code: 0, findings: [] })
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ log: 'audit_log', heads: [{ lane: 0 }] })
      expect(await assayJson(['audit', 'verify', '--url', url, '--anchor', file])).toMatchObject({ code: 0 })
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"number": \d+/u, '"number": 99'))
      const { code, findings } = await assayJson(['audit', 'verify', '--url', url, '--anchor', file])
      expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 1, found: ['audit.cut-off'] })
      writeFileSync(file, '{}')
      const broken = await assayJson(['audit', 'verify', '--url', url, '--anchor', file])
      expect({ code: broken.code, found: broken.findings.map((f) => f.code) }).toEqual({
        code: 2,
        found: ['audit.anchor'],
      })
    })
  })

  test('names what was changed: exit 1, and no anchor is written', async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, 'anchor.json')
      await run(
        `alter table audit_log_rows disable trigger user; update audit_log_rows set new = '{"id": [1]}'; alter table audit_log_rows enable trigger user`,
      )
      const { code, findings, artifacts } = await assayJson([
        'audit',
        'verify',
        '--url',
        url,
        '--write-anchor',
        file,
      ])
      expect({ code, artifacts, found: findings.map((f) => [f.code, f.summary]) }).toEqual({
        code: 1,
        artifacts: [],
        found: [
          [
            'audit.entries-changed',
            'audit_log: entries 1 to 10 of statement 1 of lane 0 changed: the digest is another',
          ],
        ],
      })
      expect(() => readFileSync(file)).toThrow('ENOENT')
    })
  })

  test.each([
    ['no database', ['audit', 'verify'], 2, 'usage.no-url'],
    ['no such log', ['audit', 'verify', '--url', '', '--log', 'nowhere'], 2, 'audit.no-log'],
    ['no word after audit', ['audit'], 2, null],
  ])('%s', async (_, args, code, fault) => {
    const words = args.map((word) => (word === '' ? url : word))
    if (fault === null) {
      expect((await assay(words)).code).toBe(code)
      return
    }
    const answered = await assayJson(words)
    expect({ code: answered.code, found: answered.findings.map((f) => f.code) }).toEqual({
      code,
      found: [fault],
    })
  })

  test('a role that may not read all of it is told which right it lacks: exit 3', async () => {
    await run(
      `create role half login password 'half'; grant select on audit_log_statements, audit_log_rows to half`,
    )
    const own = new URL(url)
    own.username = 'half'
    own.password = 'half'
    const { code, findings } = await assayJson(['audit', 'verify', '--url', own.href])
    expect({ code, found: findings.map((f) => f.code) }).toEqual({ code: 3, found: ['audit.no-right'] })
    expect(findings[0]!.fix).toContain('grant select on "public"."audit_log_statements"')
  })
})
