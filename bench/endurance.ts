/** A hundred thousand mutants in a row on one workplace: rolled-back DDL must not slow the later ones down. */
import { readCatalog } from '../src/catalog/read-catalog.ts'
import { startServer } from '../src/postgres/start.ts'
import { runTrials, type Trial } from '../src/prove/runner.ts'
import { openWorkplace } from '../src/prove/workplace.ts'
import { figure, median, timed, type Bench } from './support/line.ts'
import { shopExperiments, shopMutants, shopSchema } from './support/shop.ts'

export const title = '100,000 mutants in a row'

const mutants = 100_000
/** Enough to see what is left to itself slow down. */
const mutantsWithoutVacuum = 30_000
/** Trials of one write, as MUTATE sends them. */
const perWrite = 14 * 15
const comparisons = 15

const trials: readonly Trial[] = Array.from({ length: perWrite }, (_, n) => ({
  ddl: shopMutants[n % shopMutants.length]!,
  experiments: shopExperiments,
}))

const noProofs = (): never => {
  throw new Error('no trial here is a proof')
}

type Run = (trials: readonly Trial[]) => Promise<unknown>

export const bench: Bench = async (say) => {
  const server = await startServer({})
  try {
    const template = await server.createDatabase('shop')
    const owner = await server.connect(template, 'owner')
    await owner.query(shopSchema)
    await owner.end()
    await server.admitRoles()
    const reader = await server.connect(template, 'prover')
    const catalog = await readCatalog(reader)
    await reader.end()

    const open = (label: string) =>
      openWorkplace({ server, template, label, loaded: () => null, catalog, rows: noProofs })
    const wearOut = async (label: string, run: Run, total: number): Promise<void> => {
      for (let done = 0; done < total; done += perWrite) {
        await run(trials)
        if (Math.floor(done / 5_000) < Math.floor((done + perWrite) / 5_000)) {
          say(`endurance: ${label}, ${done + perWrite} mutants`)
        }
      }
    }
    /** Taken in turn, so that what else the machine does meets both alike. */
    const againstFresh = async (worn: Run): Promise<{ readonly rate: number; readonly ratio: number }> => {
      const place = await open('fresh')
      await place.run(trials)
      const [old, fresh]: [number[], number[]] = [[], []]
      for (let n = 0; n < comparisons; n++) {
        old.push(await timed(() => worn(trials)))
        fresh.push(await timed(() => place.run(trials)))
      }
      await place.close()
      return { rate: (perWrite / median(old)) * 1_000, ratio: median(fresh) / median(old) }
    }

    const place = await open('worn')
    await wearOut('vacuumed', (some) => place.run(some), mutants)
    const kept = await againstFresh((some) => place.run(some))
    await place.close()

    const session = await server.connect(await server.clone(template, 'bare'), 'prover')
    const run: Run = (some) => runTrials(session, server.owner, some)
    await wearOut('never vacuumed', run, mutantsWithoutVacuum)
    const left = await againstFresh(run)
    await session.end()

    return [
      { measure: 'mutants/s after 100,000', value: figure(kept.rate) },
      {
        measure: 'speed after 100,000 against a fresh clone',
        value: `${figure(kept.ratio)} times`,
        reference: `${figure(left.ratio)} times after ${mutantsWithoutVacuum} without vacuum`,
      },
    ]
  } finally {
    await server.stop()
  }
}
