/** A hundred thousand mutants in a row on one workplace: rolled-back DDL must not slow the later ones down. */
import { readCatalog } from '../src/catalog/read-catalog.ts'
import { startServer } from '../src/postgres/start.ts'
import { runTrials } from '../src/prove/runner.ts'
import { openWorkplace } from '../src/prove/workplace.ts'
import { figure, timed, type Bench } from './support/line.ts'
import { shopExperiments, shopMutants, shopSchema } from './support/shop.ts'

export const title = '100,000 mutants in a row'

const mutants = 100_000
/** Mutants are timed in blocks of this size. */
const block = 10_000
/** Trials of one write, as MUTATE sends them. */
const perWrite = 238

const trialsFrom = (start: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ddl: shopMutants[(start + n) % shopMutants.length]!,
    experiments: shopExperiments,
  }))

export const bench: Bench = async (say) => {
  const server = await startServer({})
  try {
    const template = await server.createDatabase('shop')
    const owner = await server.connect(template, 'owner')
    await owner.query(shopSchema)
    await owner.end()
    await server.admitRoles()

    /** Mutants per second of each block. */
    const measure = async (
      label: string,
      run: (from: number, count: number) => Promise<unknown>,
      total: number,
    ) => {
      const rates: number[] = []
      for (let from = 0; from < total; from += block) {
        const milliseconds = await timed(async () => {
          for (let at = 0; at < block; at += perWrite) await run(from + at, Math.min(perWrite, block - at))
        })
        rates.push(block / (milliseconds / 1_000))
        say(`endurance: ${label}, ${from + block} mutants, ${figure(rates.at(-1)!)}/s`)
      }
      return rates
    }

    const reader = await server.connect(template, 'prover')
    const catalog = await readCatalog(reader)
    await reader.end()
    const place = await openWorkplace({
      server,
      template,
      label: 'endurance',
      loaded: () => null,
      catalog,
      rows: () => undefined as never,
    })
    const kept = await measure('vacuumed', (from, count) => place.run(trialsFrom(from, count)), mutants)
    await place.close()

    const bare = await server.clone(template, 'bare')
    const session = await server.connect(bare, 'prover')
    const left = await measure(
      'never vacuumed',
      (from, count) => runTrials(session, server.owner, trialsFrom(from, count)),
      mutants / 2,
    )
    await session.end()

    return [
      { measure: 'mutants/s, first 10,000', value: figure(kept[0]!) },
      {
        measure: 'mutants/s, last 10,000',
        value: figure(kept.at(-1)!),
        reference: `${figure(left.at(-1)!)}/s after ${mutants / 2} without vacuum`,
      },
      {
        measure: 'last against first',
        value: figure(kept.at(-1)! / kept[0]!),
        reference: `${figure(left.at(-1)! / left[0]!)} without vacuum`,
      },
    ]
  } finally {
    await server.stop()
  }
}
