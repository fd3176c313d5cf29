/**
 * SCORE: the mutants of a catalog judged by a suite that somebody else wrote. Workers take the next mutant each;
 * everything it answers is in the order of the catalog, never of time.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../catalog/structure.ts'
import type { Finding } from '../prove/result.ts'
import { measureSuite, type Baseline } from './baseline.ts'
import type { Journal, Remembered } from './journal.ts'
import { atShutdown } from '../postgres/shutdown.ts'
import { belowFinding, countAll, goneFinding, structureFindings, unsteadyFinding } from './score-findings.ts'
import { remainingWords } from './remaining.ts'
import type { GoneStructure, ScoredMutant, ScoredStructure, ScoreResult } from './score-result.ts'
import { isServerLost, lostJudgement, lostServer } from './server-lost.ts'
import type { Judge, Judgement, Suite } from './suite.ts'

/** A structure with those of its mutants that are asked for. */
export interface ToScore {
  readonly structure: Structure
  readonly mutants: readonly Mutant[]
}

export interface ScoreOptions {
  readonly name: string
  readonly catalog: Catalog
  readonly suite: Suite
  readonly structures: readonly ToScore[]
  readonly workers: number
  /** How many mutants of what is words only are not among them. */
  readonly leftOut?: number
  /** Null: four times what the suite takes, ten seconds at least. */
  readonly limitSeconds: number | null
  /** Percent of the mutants that the suite has to notice; null: it is only told. */
  readonly atLeast: number | null
  /** Opened when the suite has passed. */
  readonly journal: () => Journal
  /** A git ref with what it has and the schema has not: the suite is run without them, though nothing may be left to break. */
  readonly since?: { readonly ref: string; readonly gone: readonly GoneStructure[] } | null
  readonly onProgress?: (stage: string, done: number, of: number) => void
  /** Told once when the process is ended half-way: how many verdicts are kept, and of how many. Must not throw or wait. */
  readonly onInterrupted?: (known: number, of: number) => void
}

interface Progress {
  /** Verdicts that an interrupted run left behind. */
  readonly known: number
  readonly onProgress: NonNullable<ScoreOptions['onProgress']>
  /** How many verdicts there are, those that were known among them. */
  readonly onJudged: (judged: number) => void
  readonly ending: Ending
}

interface Ending {
  /** What comes while the process is being ended never comes: databases go away under suites that run, and they fail of that. */
  unless<T>(work: Promise<T>): Promise<T>
  forget(): void
}

const watchForEnd = (onEnd: () => void): Ending => {
  let isEnding = false
  const end = (): void => {
    if (!isEnding) onEnd()
    isEnding = true
  }
  const gracefully = (): Promise<void> => {
    end()
    return Promise.resolve()
  }
  const never = new Promise<never>(() => undefined)
  return {
    unless: (work) =>
      work.then(
        (value) => (isEnding ? never : value),
        (cause: unknown) => {
          if (isEnding) return never
          throw cause
        },
      ),
    forget: atShutdown({ now: end, gracefully }),
  }
}

const judgeAll = async (
  judges: readonly Judge[],
  mutants: readonly Mutant[],
  { seconds, limitSeconds }: Baseline,
  journal: Journal,
  { known, onProgress, onJudged, ending }: Progress,
): Promise<ReadonlyMap<Mutant, Remembered>> => {
  const found = new Map<Mutant, Remembered>()
  const all = known + mutants.length
  const from = performance.now()
  let next = 0
  const judgeOne = async (judge: Judge, mutant: Mutant): Promise<Judgement> => {
    try {
      return await ending.unless(judge.judge(mutant.ddl, { limitSeconds }))
    } catch (cause) {
      next = mutants.length
      if (!isServerLost(cause)) throw cause
      journal.record(mutant, lostJudgement)
      throw lostServer(mutant, cause)
    }
  }
  const show = (): void => {
    const left = mutants.length - found.size
    const each = found.size === 0 ? seconds / judges.length : (performance.now() - from) / 1000 / found.size
    onProgress(`mutants, ${remainingWords(each * left)}`, known + found.size, all)
    onJudged(known + found.size)
  }
  show()
  const ends = await Promise.allSettled(
    judges.map(async (judge) => {
      while (next < mutants.length) {
        const mutant = mutants[next++]!
        const judgement = await judgeOne(judge, mutant)
        journal.record(mutant, judgement)
        found.set(mutant, judgement)
        show()
      }
    }),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return found
}

const scored = (
  { structure, mutants }: ToScore,
  catalog: Catalog,
  verdicts: ReadonlyMap<Mutant, Remembered>,
): ScoredStructure => ({
  id: structure.id,
  table: structure.table,
  create: kindOfStructure(structure).create(structure, catalog),
  mutants: mutants.map((mutant): ScoredMutant => {
    const { id, operator, effect, summary, ddl, equivalent, byName } = mutant
    const told = { id, operator, effect, summary, ddl }
    if (equivalent !== undefined) return { ...told, verdict: 'equivalent', why: equivalent }
    const { verdict, why } = verdicts.get(mutant)!
    // A suite may ask for names; one that does not misses nothing.
    if (verdict === 'survived' && byName !== undefined) return { ...told, verdict: 'equivalent', why: byName }
    return { ...told, verdict, why }
  }),
})

/** Whether the suite still passes where nothing is broken; only asked when mutants were run. */
const controlFindings = async (judge: Judge, { limitSeconds }: Baseline): Promise<readonly Finding[]> => {
  const control = await judge.judge([], { limitSeconds })
  return control.verdict === 'survived' ? [] : [unsteadyFinding(control.why)]
}

interface Run {
  readonly baseline: Baseline
  readonly verdicts: ReadonlyMap<Mutant, Remembered>
  readonly control: readonly Finding[]
  readonly workers: number
  readonly resumed: number
  readonly seconds: number
}

const nothingRun: Run = {
  baseline: { seconds: 0, limitSeconds: 0 },
  verdicts: new Map(),
  control: [],
  workers: 0,
  resumed: 0,
  seconds: 0,
}

const runAll = async (all: readonly Mutant[], options: ScoreOptions): Promise<Run> => {
  const { suite, limitSeconds, since } = options
  const { onProgress = () => undefined, onInterrupted = () => undefined } = options
  if (all.length === 0 && (since?.gone ?? []).length === 0) return nothingRun
  const workers = Math.max(1, Math.min(options.workers, all.length))
  const judges: Judge[] = []
  let known = 0
  const ending = watchForEnd(() => onInterrupted(known, all.length))
  try {
    for (let n = 1; n <= workers; n++) judges.push(await suite.open(`score-${n}`))
    onProgress('the suite on the database as it is', 0, 1)
    const baseline = await ending.unless(measureSuite(suite, judges, limitSeconds))
    if (all.length === 0) return { ...nothingRun, baseline, workers }
    const journal = options.journal()
    const recalled = new Map(
      all.flatMap((mutant) => {
        const known = journal.recall(mutant)
        return known ? [[mutant, known] as const] : []
      }),
    )
    const open = all.filter((mutant) => !recalled.has(mutant))
    const from = performance.now()
    const onJudged = (judged: number): void => void (known = judged)
    const progress = { known: recalled.size, onProgress, onJudged, ending }
    const judged = await judgeAll(judges, open, baseline, journal, progress)
    const seconds = Math.round(performance.now() - from) / 1000
    const control = open.length === 0 ? [] : await ending.unless(controlFindings(judges[0]!, baseline))
    journal.remove()
    const verdicts = new Map([...recalled, ...judged])
    return { baseline, verdicts, control, workers, resumed: recalled.size, seconds }
  } finally {
    ending.forget()
    // A server that went away is told by what met it first.
    await Promise.allSettled(judges.map((judge) => judge.close()))
  }
}

/** Throws AssayError when the suite does not pass, twice, on the database as it is. */
export const scoreSuite = async (options: ScoreOptions): Promise<ScoreResult> => {
  const { name, catalog, suite, structures, atLeast, since } = options
  const all = structures.flatMap(({ mutants }) => mutants).filter((m) => m.equivalent === undefined)
  const { baseline, verdicts, control, ...run } = await runAll(all, options)
  const results = structures.map((one) => scored(one, catalog, verdicts))
  const counts = countAll(results)
  return {
    name,
    major: catalog.major,
    suite: { name: suite.name, ...baseline },
    since: since ? { ...since, changed: structures.length } : null,
    structures: results,
    counts,
    leftOut: options.leftOut ?? 0,
    findings: [
      ...(atLeast === null ? [] : belowFinding(counts, atLeast)),
      ...control,
      ...(since?.gone ?? []).map((one) => goneFinding(one, since?.ref ?? '')),
      ...results.flatMap(structureFindings),
    ],
    ...run,
  }
}
