/** Real schemas of public projects, where they lie beside the checkout: every table gets its rows, every CHECK both outcomes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { corpusExtensions, corpusFiles, isCorpusTested, readWholeCorpus } from '../../test/support/corpus.ts'
import { openRowLab } from '../../test/support/row-lab.ts'
import { readFacts } from './read-facts.ts'

/** What is known to be impossible: a table of one row; a CHECK that its neighbours imply. */
const alone = new Set(['nexus_endpoints_partition_status'])
const implied = new Set(['products_price_check'])

describe.skipIf(!isCorpusTested)('the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  it.each(corpusFiles)('%s', async (file) => {
    const sql = readWholeCorpus(file)
    const lab = await openRowLab(server, sql, {
      extensions: corpusExtensions(file),
    })
    try {
      const missing: string[] = []
      for (const table of lab.catalog.tables.values()) {
        const wanted = alone.has(table.name) ? (['a'] as const) : (['a', 'b', 'c'] as const)
        const world = await lab.rows.worldWith(table, wanted)
        const refusal = world.problem ?? (await lab.refusal(world.statements))
        if (refusal !== null) missing.push(`${table.id}: ${refusal}`)
      }
      expect(missing).toEqual([])

      const onesided: string[] = []
      for (const { table, checks } of (await readFacts(lab.db, lab.catalog, () => [])).values()) {
        for (const { name, expression } of checks) {
          const found = await lab.rows.distinguish(table, expression, [], { ignoreChecks: [name ?? ''] })
          const outcomes = new Set(found.rows.map((r) => r.accepted))
          if (outcomes.size < 2 && !found.impliedByOthers) onesided.push(`${table.id} ${name}`)
          if (found.impliedByOthers && !implied.has(name ?? '')) onesided.push(`${table.id} ${name} implied`)
        }
      }
      expect(onesided).toEqual([])
    } finally {
      await lab.close()
    }
  })
})
