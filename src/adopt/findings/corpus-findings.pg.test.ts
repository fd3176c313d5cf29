/** Real schemas of public projects: what is told of each was judged by hand, and every mend does away with its finding. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

const corpus = fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
const isThere = existsSync(corpus) || process.env['ASSAY_TEST_ALL'] === '1'

interface Expected {
  readonly file: string
  readonly extensions?: readonly string[]
  readonly prelude?: string
  readonly counts: Readonly<Record<string, number>>
}

const schemas: readonly Expected[] = [
  {
    file: 'northwind.sql',
    counts: { 'foreign-key-unindexed': 10, 'float-money': 2, 'personal-data': 5 },
  },
  {
    file: 'pagila.sql',
    counts: {
      'definer-search-path': 1,
      'definer-public': 1,
      'foreign-key-unindexed': 13,
      'index-duplicate': 6,
      'personal-data': 4,
    },
  },
  {
    file: 'adventureworks.sql',
    extensions: ['uuid-ossp', 'tablefunc'],
    counts: {
      // Nothing may cost 0.00, and that is what the two columns are when nobody says.
      'default-refused': 2,
      'foreign-key-type': 5,
      'foreign-key-unindexed': 61,
      'timestamp-without-zone': 68,
      'personal-data': 9,
    },
  },
  {
    file: 'graphile-starter.sql',
    extensions: ['citext', 'pgcrypto', 'uuid-ossp'],
    // graphile-worker's queue, which the file does not bring.
    prelude: `create schema graphile_worker;
      create function graphile_worker.add_job(identifier text, payload json default null, queue_name text default null,
        run_at timestamptz default null, max_attempts int default null) returns int language sql as 'select 1';`,
    counts: { 'policy-per-row': 6, 'index-redundant': 1, 'timestamp-without-zone': 1, 'personal-data': 4 },
  },
  {
    file: 'schemaanalyst/Products.sql',
    counts: { 'foreign-key-unindexed': 1, 'check-implied': 1, 'personal-data': 1 },
  },
]

describe.skipIf(!isThere)('the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server?.stop())

  it.each(schemas)('$file', async ({ file, extensions = [], prelude = '', counts }) => {
    const text = readFileSync(path.join(corpus, file), 'utf8')
    const sql = text.replaceAll(/^\s*(?:(?:create|comment on) extension|\\).*$/gimu, '')
    const lab = await openFindingLab(server, `${prelude}${sql}`, { extensions })
    const found = await lab.find()
    const told: Record<string, number> = {}
    for (const { code } of found) told[code] = (told[code] ?? 0) + 1
    expect(told).toEqual(Object.fromEntries(Object.entries(counts).map(([code, n]) => [`adopt.${code}`, n])))
    for (const finding of found) await lab.run(mendOf(finding))
    expect(await lab.find()).toEqual([])
    await lab.close()
  })
})
