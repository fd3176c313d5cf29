/** From a saved file of examples/commerce to the result of what it touches, beside a whole proof in the same run. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { watchProject, type WatchEvent } from '../src/project/watch-project.ts'
import { figure, median, type Bench } from './support/line.ts'

export const title = 'Watch'

const example = fileURLToPath(new URL('../examples/commerce', import.meta.url))
const rounds = 7

interface Edit {
  readonly measure: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const edits: readonly Edit[] = [
  {
    measure: 'a CHECK rule changed',
    file: 'data/tables/products.ts',
    from: `'price >= 0'`,
    to: `'price >= 0.00'`,
  },
  {
    measure: 'a unique rule changed',
    file: 'data/tables/products.ts',
    from: `t.unique('tenant_id', 'slug',`,
    to: `t.unique('slug', 'tenant_id',`,
  },
  {
    measure: 'a comment in a declaration changed',
    file: 'data/tables/products.ts',
    from: `'In the currency of the tenant, without tax'`,
    to: `'In the currency of the tenant,  without tax'`,
  },
  {
    measure: 'a CHECK of the second of seven migrations changed',
    file: 'migrations/0002_catalogue.sql',
    from: 'check (price >= 0)',
    to: 'check (price >= 0.00)',
  },
  {
    measure: 'an index of the fourth migration changed',
    file: 'migrations/0004_user_activity.sql',
    from: 'using gin (metadata jsonb_path_ops)',
    to: 'using gin (metadata jsonb_path_ops) with (fastupdate = off)',
  },
]

export const bench: Bench = async (say) => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-watch-'))
  cpSync(example, directory, { recursive: true })
  let onEvent: (event: WatchEvent) => void = () => undefined
  const next = (): Promise<WatchEvent> => new Promise((resolve) => (onEvent = resolve))
  const first = next()
  const watch = await watchProject({ directory, command: 'prove', only: [] }, (event) => onEvent(event))
  try {
    const whole = await first
    const reference = `${figure(whole.seconds)} s for a whole proof`
    say(`watch: whole ${figure(whole.seconds)} s`)
    const lines = []
    for (const { measure, file, from, to } of edits) {
      const path = join(directory, file)
      const before = readFileSync(path, 'utf8')
      if (!before.includes(from)) throw new Error(`${file} has no ${from}`)
      const taken: number[] = []
      for (let round = 0; round < rounds; round++) {
        const told = next()
        const start = performance.now()
        writeFileSync(path, round % 2 === 0 ? before.replace(from, to) : before)
        const event = await told
        taken.push(performance.now() - start)
        if (event.kind !== 'round') throw new Error(`${measure}: ${String('cause' in event && event.cause)}`)
        const rules = event.parts.flatMap((part) => part.rules)
        say(`watch: ${measure}: ${figure(taken.at(-1)!)} ms, ${rules.length} rules`)
        // The databases of before are put away when a result has been told.
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
      // The first may make a copy of the database before the changed file.
      lines.push({
        measure: `${measure}: ms from save to result, median of ${rounds}`,
        value: `${figure(median(taken))} (first ${figure(taken[0]!)})`,
        reference,
      })
      const told = next()
      writeFileSync(path, before)
      if (readFileSync(path, 'utf8') === before && rounds % 2 === 1) await told
    }
    return lines
  } finally {
    await watch.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
