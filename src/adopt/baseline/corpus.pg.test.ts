/** The baseline of real schemas, applied to an empty database, gives the same catalog, and on PostgreSQL 15 the same dump. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { copyOf, dumpOf, everything } from '../../../test/support/baseline-lab.ts'
import { corpusExtensions, corpusFiles, isCorpusTested, readCorpus } from '../../../test/support/corpus.ts'
import { startPostgres15, whyNoPostgres15, type TestServer } from '../../../test/support/postgres15.ts'

describe.skipIf(!isCorpusTested)(
  'the baseline of the corpus (skipped where ../shared/corpus is not there)',
  () => {
    let server: Server
    beforeAll(async () => {
      server = await startServer({})
    })
    afterAll(() => server.stop())

    it.each(corpusFiles)('%s', async (file) => {
      const sql = readCorpus(file)
      const { baseline, original, copy } = await copyOf(server, sql, { extensions: corpusExtensions(file) })
      expect(baseline.findings).toEqual([])
      expect(everything(copy)).toEqual(everything(original))
      expect(copy.objects).toEqual(original.objects)
    })
  },
)

const reason = isCorpusTested ? whyNoPostgres15 : '../shared/corpus is not there'
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
    it.each(corpusFiles.filter((file) => file !== 'pagila.sql'))('%s', async (file) => {
      // One of the schemas names the role that applies it, and hands things over to a role of its own.
      const sql = readCorpus(file)
        .replace('ON SCHEMA public FROM postgres', 'ON SCHEMA public FROM current_user')
        .replace(/^DO .* ROLE graphile_starter; .*$/mu, '$&\ngrant graphile_starter to current_user;')
      const { original, copy } = await copyOf(server, sql, {
        extensions: corpusExtensions(file),
      })
      expect(dumpOf(debian, copy.database)).toEqual(dumpOf(debian, original.database))
    })
  },
)
