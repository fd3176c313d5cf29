/** Real schemas of public projects: what is told of each was judged by hand, and every mend does away with its finding. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corpusExtensions, isCorpusTested, readWholeCorpus } from '../../../test/support/corpus.ts'
import { mendOf, openFindingLab } from '../../../test/support/finding-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'

interface Expected {
  readonly file: string
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
    counts: { 'policy-per-row': 6, 'index-redundant': 1, 'timestamp-without-zone': 1, 'personal-data': 4 },
  },
  {
    file: 'schemaanalyst/Products.sql',
    counts: { 'foreign-key-unindexed': 1, 'check-implied': 1, 'personal-data': 1 },
  },
]

describe.skipIf(!isCorpusTested)('the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server?.stop())

  it.each(schemas)('$file', async ({ file, counts }) => {
    const lab = await openFindingLab(server, readWholeCorpus(file), { extensions: corpusExtensions(file) })
    const found = await lab.find()
    const told: Record<string, number> = {}
    for (const { code } of found) told[code] = (told[code] ?? 0) + 1
    expect(told).toEqual(Object.fromEntries(Object.entries(counts).map(([code, n]) => [`adopt.${code}`, n])))
    for (const finding of found) await lab.run(mendOf(finding))
    expect(await lab.find()).toEqual([])
    await lab.close()
  })
})
