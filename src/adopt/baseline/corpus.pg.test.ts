/** The baseline of real schemas, applied to an empty database, gives the same catalog, and on PostgreSQL 15 the same dump. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { copyOf, dumpOf, everything } from '../../../test/support/baseline-lab.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'

const corpus = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
const isThere = existsSync(corpus) || process.env['ASSAY_TEST_ALL'] === '1'
const small = existsSync(path.join(corpus, 'schemaanalyst'))
  ? readdirSync(path.join(corpus, 'schemaanalyst')).map((file) => `schemaanalyst/${file}`)
  : []
const files = [
  'chinook.sql',
  'northwind.sql',
  'pagila.sql',
  'adventureworks.sql',
  'panoptes.sql',
  'temporal.sql',
  'graphile-starter.sql',
  ...small,
]
const extensions: Readonly<Record<string, readonly string[]>> = {
  'adventureworks.sql': ['uuid-ossp', 'tablefunc'],
  'panoptes.sql': ['intarray', 'pg_stat_statements', 'pg_trgm'],
  'graphile-starter.sql': ['citext', 'pgcrypto', 'uuid-ossp'],
}

const readSchema = (file: string): string =>
  readFileSync(path.join(corpus, file), 'utf8').replaceAll(
    /^\s*(?:(?:create|comment on) extension|\\).*$/gimu,
    '',
  )

describe.skipIf(!isThere)('the baseline of the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  it.each(files)('%s', async (file) => {
    const sql = readSchema(file)
    const { baseline, original, copy } = await copyOf(server, sql, { extensions: extensions[file] ?? [] })
    expect(baseline.findings).toEqual([])
    expect(everything(copy)).toEqual(everything(original))
    expect(copy.objects).toEqual(original.objects)
  })
})

const reason = isThere ? whyNoPostgres15 : '../shared/corpus is not there'
describe.skipIf(reason !== '')(
  `the dump of its copy on PostgreSQL 15${reason === '' ? '' : ` (skipped: ${reason})`}`,
  () => {
    let debian: TestServer
    let server: Server
    beforeAll(async () => {
      debian = await startPostgres15()
      server = await startServer({ url: debian.url })
    })
    afterAll(async () => {
      await server?.stop()
      await debian?.stop()
    })

    // pagila.sql is written for PostgreSQL 18.
    it.each(files.filter((file) => file !== 'pagila.sql'))('%s', async (file) => {
      // One of the schemas names the role that applies it, and hands things over to a role of its own.
      const sql = readSchema(file)
        .replace('ON SCHEMA public FROM postgres', 'ON SCHEMA public FROM current_user')
        .replace(/^DO .* ROLE graphile_starter; .*$/mu, '$&\ngrant graphile_starter to current_user;')
      const { original, copy } = await copyOf(server, sql, {
        extensions: extensions[file] ?? [],
      })
      expect(dumpOf(debian, copy.database)).toEqual(dumpOf(debian, original.database))
    })
  },
)
