/** Triggers that look at other rows of their own table: so many of one owner, without gaps, balanced, apart in time. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { observedTriggers } from '../../../test/support/observe-lab.ts'
import type { Server } from '../../postgres/server.ts'
import { startServer } from '../../postgres/start.ts'
import type { ObservedTrigger } from './observed-trigger.ts'

const schema = readFileSync(new URL('own-rows.test.sql', import.meta.url), 'utf8')

let server: Server
let seen: ReadonlyMap<string, ObservedTrigger>

beforeAll(async () => {
  server = await startServer({})
  seen = await observedTriggers(server, schema)
})
afterAll(() => server?.stop())

const left = (id: string): readonly string[] => seen.get(id)!.mutants.left.map(({ summary }) => summary)

test.each([
  ['at most three open tickets of one owner', 'tickets/trigger:few_open'],
  ['numbers without gaps', 'invoices/trigger:gapless'],
  ['debits and credits of one entry', 'lines/trigger:balanced'],
  ['stays of one room apart', '"the ""stays"""/trigger:no_overlap'],
  ['no more than the whole', 'shares/trigger:at_most_whole'],
  ['a difference to the row as it was', 'wards/trigger:shrink'],
])('%s: every broken form is noticed', (_, id) => {
  expect(left(id)).toEqual([])
})

test('as many rows of the same owner stand beside the write as the trigger counts to', () => {
  const calls = seen.get('tickets/trigger:few_open')!.calls.map(({ observed }) => observed)
  const crowd = { tickets: Array.from({ length: 3 }, () => expect.objectContaining({ state: `'open'` })) }
  expect(calls).toContainEqual(expect.objectContaining({ beside: crowd, refused: '23514' }))
})

test('a number of rows that is not laid is told', () => {
  const [finding] = seen.get('seats/trigger:at_most_fifty')!.findings
  expect(finding).toMatchObject({ code: 'rule.unsolved', why: expect.stringContaining('its texts name 50') })
})
