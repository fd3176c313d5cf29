import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothServers } from '../../test/support/both-servers.ts'
import { openRuleLab, type RuleLab } from '../../test/support/integrity-lab.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { architecture } from '../architecture/declare.ts'
import { table } from '../architecture/table.ts'
import { kindOf } from './kinds.ts'

const tables = {
  stays: table('stays', { room: 'integer', guest: 'text', during: 'tstzrange', note: 'text' }, (t) => [
    t.primaryKey('room', { withoutOverlaps: 'during' }),
    t.required('guest'),
    t.unique('guest', { withoutOverlaps: 'during', deferrable: 'deferred' }),
  ]),
  rates: table('odd "rates"', { 'a "kind"': 'text', für: 'daterange', rate: 'numeric' }, (t) => [
    t.required('rate'),
    t.unique('a "kind"', { withoutOverlaps: 'für' }),
  ]),
}

const declared = architecture('periods', { tables }) as unknown as Architecture

/** Plain tables, and the keys as the rules design them. */
const schemaFor = (major: number): string => `
create extension btree_gist;
create table stays (room integer, guest text not null, during tstzrange, note text);
create table "odd ""rates""" ("a ""kind""" text, "für" daterange, rate numeric not null);
${declared.tables
  .flatMap((t) => t.rules)
  .filter((rule) => ['primaryKey', 'unique'].includes(rule.kind))
  .flatMap((rule) => kindOf(rule).design(rule, declared, major))
  .join('\n')}
`

const overlapping = [
  'a row that conflicts in room and during is refused',
  'it is refused at once, even where the transaction would mend it',
]

describe.each(bothServers)('without overlaps on PostgreSQL $major', ({ major, whyNot, start }) => {
  let running: Awaited<ReturnType<typeof start>>
  let lab: RuleLab

  beforeAll(async () => {
    if (whyNot !== '') return
    running = await start()
    lab = await openRuleLab(running.server, declared, schemaFor(major))
  }, 60_000)

  afterAll(async () => {
    await lab?.close()
    await running?.stop()
  })

  test('holds as it is designed', ({ skip }) => {
    skip(whyNot !== '', whyNot)
    expect(lab.faults()).toEqual([])
  })

  test('touching periods are accepted, overlapping ones refused, and since 18 empty ones', ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const titles = lab.titles('stays/primaryKey:room,during')
    expect(titles).toEqual(expect.arrayContaining(overlapping))
    expect(titles).toContain('a period that begins where the other ends, and never ends, is accepted')
    expect(titles.includes('an empty during is refused')).toBe(major >= 18)
  })

  test('is red without its key', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const red = await lab.red()
    const ids = declared.tables
      .flatMap((t) => t.rules)
      .filter((r) => ['primaryKey', 'unique'].includes(r.kind))
    expect(ids.map((rule) => red.get(rule.id)?.proven)).toEqual([true, true, true])
  })

  test('nothing of the keys can be broken unnoticed', async ({ skip }) => {
    skip(whyNot !== '', whyNot)
    const { killed, left } = await lab.left((s) => ['primaryKey', 'unique', 'excludes'].includes(s.kind))
    expect(left).toEqual([])
    expect(killed).toBeGreaterThan(10)
  })
})

test('a plain key over the same columns is no such key', async () => {
  const { server, stop } = await bothServers[0]!.start()
  const plain = schemaFor(18).replaceAll(' without overlaps', '')
  const lab = await openRuleLab(server, declared, plain)
  expect(lab.faults().some((f) => f.startsWith('stays/primaryKey:room,during: a row that conflicts'))).toBe(
    true,
  )
  await lab.close()
  await stop()
})
