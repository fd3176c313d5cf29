/** Real schemas of public projects, where they lie beside the checkout: what is printed loads, claims what it says, and is formatted. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../test/support/compile.ts'
import { named, printLab, unformatted } from '../../../test/support/printed-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

const corpus = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
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

const isThere = existsSync(corpus)

describe.skipIf(!isThere && process.env['ASSAY_TEST_ALL'] !== '1')(
  'the corpus (skipped where ../shared/corpus is not there)',
  () => {
    let server: Server
    const all: Record<string, string> = {}
    beforeAll(async () => {
      server = await startServer({})
    })
    afterAll(() => server.stop())

    it.each(files)('%s', async (file) => {
      const text = readFileSync(path.join(corpus, file), 'utf8')
      const sql = text.replaceAll(/^\s*(?:(?:create|comment on) extension|\\).*$/gimu, '')
      const lab = await printLab(server, sql, { extensions: extensions[file] ?? [] })
      expect(lab.groundless).toEqual([])
      expect(new Set(lab.unclaimed)).toEqual(named(lab))
      expect(await unformatted(lab.printed)).toEqual([])
      expect(lab.printed.files.filter((f) => f.text.split('\n').length > 500)).toEqual([])
      for (const one of lab.printed.files) all[`${file.replaceAll(/\W/gu, '_')}/${one.path}`] = one.text
    })

    it('compiles', async () => {
      const { errors, seconds } = await compile(all)
      expect(errors).toEqual([])
      expect(seconds).toBeGreaterThan(0)
    })
  },
)
