/** Mutants of sixteen experiments each: Assay's way on two connections against a template clone and round trips per mutant. */
import type { Session } from '../src/postgres/session.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { runTrials } from '../src/prove/runner.ts'
import { becoming } from '../src/rules/becoming.ts'
import { figure, median, timed, type Bench } from './support/line.ts'
import { shopExperiments, shopMutants, shopSchema } from './support/shop.ts'

export const title = 'Mutants of 16 experiments'

const repetitions = 7
/** Each repetition runs the mutants so often per connection: long enough to be measured. */
const roundsPerRepetition = 10

const trials = Array.from({ length: roundsPerRepetition }, () => shopMutants)
  .flat()
  .map((ddl) => ({ ddl, experiments: shopExperiments }))

/** Milliseconds per mutant. A mutant that PostgreSQL refuses would be counted as a very fast one. */
const assayMutants = async (server: Server, sessions: readonly Session[]): Promise<number> => {
  const milliseconds = await timed(async () => {
    const outcomes = await Promise.all(sessions.map((session) => runTrials(session, server.owner, trials)))
    const refused = outcomes.flat().find((outcome) => outcome.ddlFault !== null)
    if (refused) throw new Error(`a mutant was refused: ${refused.ddlFault!.message}`)
  })
  return milliseconds / (trials.length * sessions.length)
}

/** What one would write first: a database per mutant, a transaction per experiment, a round trip per statement. */
const naiveMutant = (server: Server, template: string, ddl: readonly string[]): Promise<number> =>
  timed(async () => {
    const database = await server.clone(template, 'naive')
    const owner = await server.connect(database, 'owner')
    for (const sql of ddl) await owner.query(sql)
    await owner.end()
    const prover = await server.connect(database, 'prover')
    for (const { world, as, given, when } of shopExperiments) {
      await prover.query('begin')
      const statements = [...world.statements, ...given, ...(as ? becoming(as) : []), ...when]
      for (const sql of [...statements, 'set constraints all immediate']) {
        const [reply] = await prover.batch([sql])
        if (reply!.fault) break
      }
      await prover.query('rollback')
    }
    await prover.end()
    await server.dropDatabase(database)
  })

export const bench: Bench = async (say) => {
  const server = await startServer({})
  const sessions: Session[] = []
  try {
    const template = await server.createDatabase('shop')
    const owner = await server.connect(template, 'owner')
    await owner.query(shopSchema)
    await owner.end()
    await server.admitRoles()
    for (const label of ['one', 'two']) {
      const database = await server.clone(template, label)
      sessions.push(await server.connect(database, 'prover'))
    }
    await assayMutants(server, sessions)
    const assay: number[] = []
    const single: number[] = []
    const naive: number[] = []
    for (let n = 0; n < repetitions; n++) {
      say(`mutants: repetition ${n + 1} of ${repetitions}`)
      assay.push(await assayMutants(server, sessions))
      single.push(await assayMutants(server, sessions.slice(0, 1)))
      for (const ddl of shopMutants) naive.push(await naiveMutant(server, template, ddl))
    }
    const [two, one, reference] = [median(assay), median(single), median(naive)]
    return [
      {
        measure: 'mutants/s on two connections',
        value: figure(1_000 / two),
        reference: `${figure(1_000 / reference)}/s with a clone and round trips`,
      },
      {
        measure: 'times faster than the naive way',
        value: figure(reference / two),
        reference: 'at least 50',
      },
      { measure: 'mutants/s on one connection', value: figure(1_000 / one) },
      { measure: 'gain of the second connection', value: `${figure(one / two)} times` },
    ]
  } finally {
    await Promise.all(sessions.map((s) => s.end()))
    await server.stop()
  }
}
