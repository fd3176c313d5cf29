/** Servers that refuse: exit 3 with one fault and its mend, and never a password. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { assay } from '../support/command-line.ts'
import { assayJson, expectNoStackTrace } from '../support/envelope.ts'
import { shop, withDirectory, withProject, writeProject } from '../support/project.ts'

let server: Server
let url: URL

beforeAll(async () => {
  server = await startServer({ tcp: true })
  url = new URL(server.ownerUrl(await server.createDatabase('any')))
})

afterAll(async () => {
  await server?.stop()
})

const edited = (change: (url: URL) => void): string => {
  const copy = new URL(url.href)
  change(copy)
  return copy.href
}

interface Refusal {
  readonly what: string
  readonly url: () => string
  readonly exit: 2 | 3
  readonly code: string
  readonly mend: RegExp
}

const secret = 'sEcr3t-w0rd'

const refusals: readonly Refusal[] = [
  {
    what: 'a closed port',
    url: () => `postgres://someone:${secret}@127.0.0.1:1/postgres`,
    exit: 3,
    code: 'server.refused',
    mend: /host and port in --url/u,
  },
  {
    what: 'a wrong password',
    url: () => edited((u) => (u.password = secret)),
    exit: 3,
    code: 'server.password',
    mend: /user and password in --url/u,
  },
  {
    what: 'no password',
    url: () => edited((u) => (u.password = '')),
    exit: 3,
    code: 'server.password',
    mend: /PGPASSWORD and ~\/\.pgpass are not read/u,
  },
  {
    what: 'a database that is not there',
    url: () => edited((u) => (u.pathname = '/nowhere')),
    exit: 3,
    code: 'server.database',
    mend: /postgres/u,
  },
  {
    what: 'a user without the rights',
    url: () => url.href,
    exit: 3,
    code: 'server.privileges',
    mend: /createdb/iu,
  },
  {
    what: 'a URL of another database system',
    url: () => `mysql://someone:${secret}@127.0.0.1/x`,
    exit: 2,
    code: 'server.url',
    mend: /postgres:\/\//u,
  },
  {
    what: 'no URL at all',
    url: () => 'localhost',
    exit: 2,
    code: 'server.url',
    mend: /postgres:\/\//u,
  },
]

describe('a server that refuses', () => {
  test.each(refusals)('$what', async ({ url: urlOf, exit, code, mend }) => {
    await withProject(shop, async (directory) => {
      const args = ['green', directory, '--url', urlOf()]
      const [json, ran] = await Promise.all([assayJson(args), assay(args)])
      expect({ code: json.code, stderr: json.stderr, found: json.findings.map((f) => f.code) }).toEqual({
        code: exit,
        stderr: '',
        found: [code],
      })
      expect(json.findings[0]!.fix).toMatch(mend)
      expect(JSON.stringify(json)).not.toContain(secret)
      expect(ran).toMatchObject({ code: exit, stdout: '' })
      expect(ran.stderr).not.toContain(secret)
      expectNoStackTrace(ran)
    })
  })

  test.each([
    ['migrate up', [], null],
    ['migrate status', [], null],
    ['migrate resolve 0001_products', ['--as', 'applied'], null],
    ['drift', [], null],
    ['migrate backfill', ['--status'], []],
    ['migrate cutover plan', ['--from', `postgres://someone:${secret}@127.0.0.1:1/postgres`], []],
  ] as const)('%s says what is next, without a secret', async (command, more, place) => {
    await withDirectory(async (directory) => {
      writeProject(join(directory, 'data of shop'), shop)
      const words = [...command.split(' '), ...(place ?? ['data of shop']), ...more]
      const said = `npx assay ${words.map((word) => (word.includes(secret) ? '…' : word.replace('data of shop', "'$&'"))).join(' ')}`
      const asked = command.includes('cutover') ? '--to' : '--url'
      const none = await assayJson(words, { cwd: directory })
      expect(none).toMatchObject({
        code: 2,
        findings: [{ code: 'usage.no-url' }],
        next: [`${said} --json ${asked} …`],
      })
      const nowhere = [...words, asked, `postgres://someone:${secret}@127.0.0.1:1/postgres`]
      const wrong = await assayJson(nowhere, { cwd: directory })
      expect(wrong.next).toEqual([`${said} ${asked} … --json`])
      expect(JSON.stringify([none, wrong])).not.toContain(secret)
    })
  })

  test('DATABASE_URL and PG* are never read', async () => {
    await withProject(shop, async (directory) => {
      const nowhere = `postgres://someone:${secret}@127.0.0.1:1/postgres`
      const env = {
        DATABASE_URL: nowhere,
        PGHOST: '127.0.0.1',
        PGPORT: '1',
        PGSERVICE: 'x',
        PGOPTIONS: '-c x=y',
      }
      expect(await assayJson(['green', directory], { env })).toMatchObject({ code: 0, stderr: '' })
    })
  })
})
