/** A database of half a million rows moves from PostgreSQL 15 to 18 under writers: its copy beside plain COPY, the pause, what is lost. */
import { spawnSync } from 'node:child_process'
import {
  abortCutover,
  copyDatabase,
  finishCutover,
  switchDatabase,
  verifyCutover,
  type CutoverSettings,
} from '../src/project/cutover-databases.ts'
import { rowsOf, run, shop, startWriters } from '../test/support/cutover-lab.ts'
import { startLogicalServer, type LogicalServer } from '../test/support/logical-server.ts'
import { figure, median, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Moving a database to another server'

const rows = 500_000
const repetitions = 3
/** An odd number: the last one ends at the target. */
const switches = 11
const wish = { isOneWay: false, setsIdentity: false, accepts: [] }
const quiet = (): void => undefined

const big = `create table big (id bigint primary key, name text not null, at timestamptz not null, amount numeric(12, 2));
create index on big (at);`
const fill = `insert into big select i, 'Name ' || md5(i::text), '2024-01-01'::timestamptz + i * interval '1 second', i / 100.0
  from generate_series(1, ${rows}) i; analyze`

/** What a person would do without any tool: into a table that has its indexes, as a subscription does. */
const plainCopy = (from: string, to: string): void => {
  const psql = '/usr/lib/postgresql/15/bin/psql'
  const { status, stderr } = spawnSync(
    '/bin/sh',
    [
      '-c',
      '"$0" -X -q -c "copy big to stdout" "$1" | "$0" -X -q -c "copy big from stdin" "$2"',
      psql,
      from,
      to,
    ],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
}

const pairOf = (old: LogicalServer, next: LogicalServer, database: string): CutoverSettings => ({
  from: { url: old.urlOf(database) },
  to: { url: next.urlOf(database) },
})

const makeEmpty = async (servers: readonly LogicalServer[], name: string): Promise<void> => {
  for (const server of servers) await run(server.urlOf('postgres'), `create database ${name}`)
}

const copies = async (
  old: LogicalServer,
  next: LogicalServer,
  say: (text: string) => void,
): Promise<readonly BenchLine[]> => {
  await makeEmpty([old], 'source')
  await run(old.urlOf('source'), big, fill)
  const plain: number[] = []
  const moved: number[] = []
  for (let i = 0; i < repetitions; i += 1) {
    say(`copy ${i + 1} of ${repetitions}`)
    await makeEmpty([next], `plain${i}`)
    await run(next.urlOf(`plain${i}`), big)
    const copyPlain = async (): Promise<void> => {
      plain.push(await timed(async () => plainCopy(old.urlOf('source'), next.urlOf(`plain${i}`))))
    }
    await makeEmpty([next], `copy${i}`)
    const settings = { from: { url: old.urlOf('source') }, to: { url: next.urlOf(`copy${i}`) } }
    const copyAll = async (): Promise<void> => {
      moved.push(await timed(() => copyDatabase(settings, wish, quiet)))
    }
    for (const work of i % 2 === 0 ? [copyPlain, copyAll] : [copyAll, copyPlain]) await work()
    await abortCutover(settings, false)
  }
  return [
    {
      measure: `copy of ${rows.toLocaleString('en')} rows with its schema, statistics and slot, share of the speed of COPY alone`,
      value: `${figure((100 * median(plain)) / median(moved))} %`,
      reference: `COPY from psql to psql: ${figure(median(plain))} ms, assay migrate cutover copy: ${figure(median(moved))} ms`,
    },
  ]
}

const pauses = async (
  old: LogicalServer,
  next: LogicalServer,
  say: (text: string) => void,
): Promise<readonly BenchLine[]> => {
  await makeEmpty([old, next], 'shop')
  await run(old.urlOf('shop'), shop, big, fill)
  const settings = pairOf(old, next, 'shop')
  const writers = startWriters([old.urlOf('shop', 'app', 'app'), next.urlOf('shop', 'app', 'app')], 4)
  await copyDatabase(settings, wish, quiet)
  say('comparing')
  const { verification, findings } = await verifyCutover(settings, true, quiet)
  if (findings.length > 0) throw new Error(findings.map(({ summary }) => summary).join('\n'))
  const found: number[] = []
  for (let i = 0; i < switches; i += 1) {
    say(`switch ${i + 1} of ${switches}`)
    const { moved } = await switchDatabase(settings, i % 2 === 0 ? 'to' : 'from', {
      maxPauseSeconds: 30,
      graceMs: 500,
      sequenceGap: 0,
      acceptsUnverified: true,
      onSwitch: null,
      onStep: quiet,
    })
    found.push(moved.pauseMs ?? Number.NaN)
  }
  const { acknowledged } = await writers.stop()
  const there = await rowsOf<{ mark: string; n: number }>(
    next.urlOf('shop'),
    `select mark, count(*)::int as n from "s p"."Or""ders" where mark not like 'old%' group by mark`,
  )
  const marks = new Map(there.map(({ mark, n }) => [mark, n]))
  await finishCutover(settings)
  return [
    {
      measure: `pause of a switch with 4 writers, median of ${switches}`,
      value: `${figure(median(found))} ms`,
      reference: `the longest: ${figure(Math.max(...found))} ms; up to 500 ms of each go into comparing once more`,
    },
    {
      measure: 'writes held up by the comparison of both sides, at most',
      value: `${figure(verification.longestWait)} ms`,
    },
    {
      measure: `writes that were acknowledged and are lost, after ${switches} switches`,
      value: String(acknowledged.filter((mark) => !marks.has(mark)).length),
      reference: `${acknowledged.length.toLocaleString('en')} were acknowledged; ${there.filter(({ n }) => n > 1).length} are there twice`,
    },
  ]
}

export const bench: Bench = async (say) => {
  const [old, next] = await Promise.all([startLogicalServer(15), startLogicalServer(18)])
  try {
    for (const server of [old, next])
      await run(server.urlOf('postgres'), `create role app login password 'app'`)
    return [...(await copies(old, next, say)), ...(await pauses(old, next, say))]
  } finally {
    await Promise.all([old.stop(), next.stop()])
  }
}
