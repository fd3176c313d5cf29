/** The policies of phases are the same on every server but for their role: those alone count in no fingerprint. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runAs } from '../../../test/support/rule-lab.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { ident } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import { structuresOfHistory } from './history-fingerprint.ts'
import { rowsCondition, rowsPolicyName } from './rows-policy.ts'

let server: Server

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

it('a policy that only looks like one of them counts', async () => {
  const database = await server.createDatabase('policies')
  const policy = (name: string, rest: string) => `create policy ${ident(name)} on notes ${rest}`
  const seeing = (condition: string) => `to current_user using (${condition}) with check (${condition})`
  await runAs(
    server,
    database,
    'owner',
    [
      'create table notes (id bigint primary key)',
      policy(rowsPolicyName('notes_txt_to_body'), seeing(rowsCondition(false))),
      policy(rowsPolicyName('notes "id" drawn'), seeing(rowsCondition(true))),
      policy('assay_rows_of_all', 'to current_user using (true) with check (true)'),
      policy(
        'assay_rows_of_everybody',
        `using (${rowsCondition(false)}) with check (${rowsCondition(false)})`,
      ),
      policy('assay_rows_of_reading', `for select to current_user using (${rowsCondition(false)})`),
      policy('assay_rows_of_writing', `to current_user using (${rowsCondition(false)}) with check (true)`),
      policy('assay_rows_of_none', `as restrictive ${seeing(rowsCondition(false))}`),
      policy('assay_reads', 'to current_user using (true)'),
    ].join(';\n'),
  )
  const db = await server.connect(database, 'owner')
  try {
    const structures = structuresOfHistory(await readCatalog(db))
    expect([...structures.values()].filter(({ kind }) => kind === 'policy').map(({ name }) => name)).toEqual([
      'assay_reads',
      'assay_rows_of_all',
      'assay_rows_of_everybody',
      'assay_rows_of_none',
      'assay_rows_of_reading',
      'assay_rows_of_writing',
    ])
  } finally {
    await db.end()
  }
})
