/**
 * Work that is done side by side on one workplace: what all of it asks at a time goes to PostgreSQL together, so that
 * trials find the world that they stand on laid for the others. Each gets the outcomes of its own trials.
 */
import type { Trial, TrialOutcome } from './runner.ts'
import type { Workplace } from './workplace.ts'

interface Asked {
  readonly trials: readonly Trial[]
  readonly resolve: (outcomes: readonly TrialOutcome[]) => void
  readonly reject: (cause: unknown) => void
}

/** Experiments of one run; bounds the memory that replies take. */
const mostTogether = 4_000

const sizeOf = ({ trials }: Asked): number =>
  trials.reduce((sum, { experiments }) => sum + experiments.length + 1, 0)

/** In order, as many as may go together; at least one. */
const portionsOf = (all: readonly Asked[]): readonly (readonly Asked[])[] => {
  const portions: Asked[][] = []
  let room = 0
  for (const one of all) {
    const size = sizeOf(one)
    const last = portions.at(-1)
    if (last && size <= room) last.push(one)
    else portions.push([one])
    room = (last && size <= room ? room : mostTogether) - size
  }
  return portions
}

const runTogether = async (workplace: Workplace, all: readonly Asked[]): Promise<void> => {
  try {
    const outcomes = await workplace.run(all.flatMap(({ trials }) => trials))
    let from = 0
    for (const { trials, resolve } of all) resolve(outcomes.slice(from, (from += trials.length)))
  } catch (cause) {
    for (const { reject } of all) reject(cause)
  }
}

/** The workplace for those who ask side by side; nobody asks the workplace itself meanwhile. */
const gathering = (workplace: Workplace): Workplace => {
  let waiting: Asked[] = []
  let running: Promise<void> = Promise.resolve()
  const runWaiting = async (): Promise<void> => {
    const all = waiting
    waiting = []
    for (const portion of portionsOf(all)) await runTogether(workplace, portion)
  }
  return {
    get main() {
      return workplace.main
    },
    run: (trials) =>
      new Promise((resolve, reject) => {
        waiting.push({ trials, resolve, reject })
        // Whoever goes on in this turn of the loop asks before it ends.
        if (waiting.length > 1) return
        setImmediate(() => {
          running = running.then(runWaiting)
        })
      }),
    renew: () => workplace.renew(),
    cleanLarge: () => workplace.cleanLarge(),
    cancelled: () => workplace.cancelled(),
    close: () => workplace.close(),
  }
}

/** Does the work of every item at the same time; the answers come in the order of the items. */
export const sideBySide = async <T, R>(
  workplace: Workplace,
  items: readonly T[],
  work: (workplace: Workplace, item: T) => Promise<R>,
): Promise<R[]> => {
  const together = gathering(workplace)
  const ended = await Promise.allSettled(items.map((item) => work(together, item)))
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
