/**
 * Advice beside an exhaustive search: the same candidates, every set of them, on a schema like TPC-H's with ten queries and
 * on a shop; once with no limits, and once with half of the room that this takes. BENCH_CANDIDATES=12 says how many of the
 * best are searched through.
 */
import { startServer } from '../src/postgres/start.ts'
import type { Server } from '../src/postgres/server.ts'
import { loadParser } from '../src/postgres/parse.ts'
import type { Candidate } from '../src/queries/advise/candidate.ts'
import { chooseSet, setsOf } from '../src/queries/advise/choose.ts'
import type { Total } from '../src/queries/advise/judged.ts'
import { makeLoadedMeter } from '../src/queries/advise/loaded-meter.ts'
import { remembering } from '../src/queries/advise/meter.ts'
import { readAll, totalOf, type Objective } from '../src/queries/advise/objective.ts'
import { proposeAll, readGround } from '../src/queries/advise/propose.ts'
import { screen } from '../src/queries/advise/screen.ts'
import { shapesOf } from '../src/queries/advise/statement-shape.ts'
import { loadQueries } from '../src/queries/load-queries.ts'
import { adviceCases, type AdviceCase } from './support/advice-cases.ts'
import { figure, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Advice'

const searched = Number(process.env['BENCH_CANDIDATES'] ?? '12')

const linesOf = async (
  server: Server,
  { name, schema, architecture }: AdviceCase,
  say: (text: string) => void,
): Promise<readonly BenchLine[]> => {
  const template = await server.createDatabase('advice')
  const owner = await server.connect(template, 'owner')
  await owner.query(schema)
  await owner.end()
  const { database, catalog, queries } = await loadQueries({ architecture, server, template, only: [] })
  for (const { rule, unsolved } of queries) for (const { summary } of unsolved) say(`${rule.id}: ${summary}`)
  const db = await server.connect(database!, 'prover')
  const shapes = queries.flatMap(({ rule }) =>
    rule.forms.flatMap(({ sql }) => shapesOf({ of: rule.id, sql, isGuarded: false }, catalog)),
  )
  const calls = queries.flatMap(({ rule, experiments }) =>
    experiments.map((experiment) => ({
      of: rule.id,
      title: experiment.title,
      weight: 1 / experiments.length,
      reads: new Set(rule.reads),
      experiment,
    })),
  )
  const meter = makeLoadedMeter(db, server.owner, calls)
  const before = await readAll(meter, [])
  const objective: Objective = { before, isTarget: () => true }
  const proposed = proposeAll(
    shapes,
    new Set(queries.map(({ rule }) => rule.id)),
    catalog,
    await readGround(db),
  )
  const { kept, bytes } = await screen(meter, proposed, objective)
  const candidates = kept.slice(0, searched)
  say(
    `${name}: ${queries.length} queries, ${proposed.length} candidates, ${kept.length} help, ${candidates.length} searched`,
  )
  await meter.stand(candidates)
  const remembered = remembering(meter)
  const total = async (set: readonly Candidate[]): Promise<Total> =>
    totalOf(remembered, objective, await readAll(remembered, set))
  const used = new Set((await readAll(remembered, candidates)).flatMap(({ uses }) => uses))
  const roomOf = (set: readonly Candidate[]): number =>
    set.reduce((sum, one) => sum + (bytes.get(one) ?? 0), 0)
  const choose = (most: number): ReturnType<typeof chooseSet<Candidate>> =>
    chooseSet<Candidate>({
      candidates,
      starts: [candidates.filter((one) => one.informs || used.has(one.name))],
      total,
      fits: (set) => roomOf(set) <= most,
      holds: () => Promise.resolve(true),
      isLimited: most < Infinity,
      bytes: (one) => bytes.get(one) ?? 0,
    })
  const free = await choose(Infinity)
  const half = roomOf(free.set) / 2
  const limited = await choose(half)
  const sets: { readonly total: Total; readonly room: number }[] = []
  for (const set of setsOf(candidates)) sets.push({ total: await total(set), room: roomOf(set) })
  const least = calls.reduce((sum, { weight }, at) => sum + weight * remembered.leastOf(at), 0)
  await db.end()
  await server.dropDatabase(database!)
  const all = before.reduce((sum, { cost }, at) => sum + calls[at]!.weight * cost, 0)
  const line = async (
    { set, isBest }: Awaited<ReturnType<typeof choose>>,
    most: number,
    words: string,
  ): Promise<BenchLine> => {
    const found = await total(set)
    const [best] = sets
      .filter(({ room }) => room <= most)
      .map((one) => one.total)
      .toSorted((a, b) => a.broken - b.broken || a.cost - b.cost)
    return {
      measure: `${name}, ${queries.length} queries, ${words}: cost with the advice, of what the best of ${2 ** candidates.length} sets costs`,
      value: `${figure(found.cost / best!.cost)} times`,
      reference: `at most 1.05; ${figure(all)} pages before, ${figure(found.cost)} with it, at least ${figure(least)}, ${set.length} structures; budgets that break: ${found.broken}, at best ${best!.broken}; said to be the best: ${isBest ? 'yes' : 'no'}`,
    }
  }
  return [
    await line(free, Infinity, 'no limits'),
    await line(limited, half, `within ${figure(half / 1_000)} kB`),
  ]
}

export const bench: Bench = async (say) => {
  await loadParser()
  const server = await startServer({})
  try {
    const lines: BenchLine[] = []
    for (const one of adviceCases()) lines.push(...(await linesOf(server, one, say)))
    return lines
  } finally {
    await server.stop()
  }
}
