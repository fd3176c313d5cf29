/** Ten, a hundred and five hundred generated tables: what one table costs in time and memory must not grow with their number. */
import { startServer } from '../src/postgres/start.ts'
import { prove } from '../src/prove/prove.ts'
import type { ProveResult } from '../src/prove/result.ts'
import { generate } from './support/generate.ts'
import { figure, timed, type Bench, type BenchLine } from './support/line.ts'

export const title = 'Generated tables'

const sizes = [10, 100, 500]
const sampleMilliseconds = 50

/** The highest resident size while the work runs, in MB. */
const peakOf = async (work: () => Promise<unknown>): Promise<number> => {
  let peak = 0
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  const timer = setInterval(sample, sampleMilliseconds)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  sample()
  return peak / 2 ** 20
}

export const bench: Bench = async (say) => {
  const lines: BenchLine[] = []
  const before = process.memoryUsage().rss / 2 ** 20
  for (const size of sizes) {
    const server = await startServer({})
    try {
      const { migration, architecture } = generate(size)
      const template = await server.createDatabase('tables')
      const owner = await server.connect(template, 'owner')
      await owner.query(migration)
      await owner.end()
      await server.admitRoles()
      let result: ProveResult | undefined
      let milliseconds = 0
      const cpuBefore = process.cpuUsage()
      const peak = await peakOf(async () => {
        milliseconds = await timed(async () => {
          result = await prove({
            architecture,
            server,
            template,
            steps: ['red', 'green', 'mutate'],
            only: [],
            startSeconds: 0,
          })
        })
      })
      const cpu = process.cpuUsage(cpuBefore)
      const { mutants, experiments, seconds } = result!.summary
      say(`tables: ${size} took ${figure(milliseconds / 1_000)} s ${JSON.stringify(seconds)}`)
      lines.push(
        { measure: `${size} tables: ms per table`, value: figure(milliseconds / size) },
        {
          measure: `${size} tables: CPU ms of Node per table`,
          value: figure((cpu.user + cpu.system) / 1_000 / size),
        },
        { measure: `${size} tables: mutants/s in MUTATE`, value: figure(mutants.made / seconds.mutate) },
        {
          measure: `${size} tables: peak memory`,
          value: `${figure(peak)} MB`,
          reference: `${figure(before)} MB before the first`,
        },
        { measure: `${size} tables: experiments, mutants`, value: `${experiments}, ${mutants.made}` },
      )
    } finally {
      await server.stop()
    }
  }
  return lines
}
