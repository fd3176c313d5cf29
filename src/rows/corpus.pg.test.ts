/** Real schemas of public projects, where they lie beside the checkout: every table gets its rows, every CHECK both outcomes. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Server } from '../postgres/server.ts'
import { startServer } from '../postgres/start.ts'
import { openRowLab } from '../../test/support/row-lab.ts'
import { readFacts } from './read-facts.ts'

const corpus = fileURLToPath(new URL('../../../shared/corpus', import.meta.url))
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
/** What a schema's triggers call and the file does not bring: graphile-worker's queue. */
const prelude: Readonly<Record<string, string>> = {
  'graphile-starter.sql': `create schema graphile_worker;
    create function graphile_worker.add_job(identifier text, payload json default null, queue_name text default null,
      run_at timestamptz default null, max_attempts int default null) returns int language sql as 'select 1';`,
}

/** What is known to be impossible: a table of one row; a CHECK that its neighbours imply. */
const alone = new Set(['nexus_endpoints_partition_status'])
const implied = new Set(['products_price_check'])

describe.skipIf(!existsSync(corpus))('the corpus (skipped where ../shared/corpus is not there)', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer({})
  })
  afterAll(() => server.stop())

  it.each(files)('%s', async (file) => {
    const text = readFileSync(path.join(corpus, file), 'utf8')
    const sql = text.replaceAll(/^\s*(?:(?:create|comment on) extension|\\).*$/gimu, '')
    const lab = await openRowLab(server, `${prelude[file] ?? ''}${sql}`, {
      extensions: extensions[file] ?? [],
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
