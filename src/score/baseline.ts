/** The suite on the database as it is: it has to pass twice, and how long it takes decides when a run hangs. */
import { AssayError } from '../ground/errors.ts'
import type { Judge, Judgement, Suite } from './suite.ts'

export interface Baseline {
  /** The slowest of the runs. */
  readonly seconds: number
  readonly limitSeconds: number
}

/** Before it is known how long the suite takes. */
const firstLimitSeconds = 900
/** A broken database may make a suite slower; much slower is a hang. */
const timesNormal = 4
const leastLimitSeconds = 10

const shownLines = 15

const lastWords = ({ why, output }: Judgement): string => {
  const lines = output.trimEnd().split('\n').slice(-shownLines).join('\n')
  return lines === '' || lines === why ? why : `${why}; its last lines:\n${lines}`
}

const fails = (suite: Suite, judgement: Judgement): AssayError =>
  new AssayError('The suite does not pass on the database as it is.', {
    code: judgement.verdict === 'timeout' ? 'score.suite-hangs' : 'score.suite-fails',
    exit: 1,
    asked: suite.name,
    found: lastWords(judgement),
    why: 'a suite that fails already would seem to notice every mutant',
    mend: judgement.isUnknown === true ? (suite.startMend ?? suite.mend) : suite.mend,
  })

const flaky = (suite: Suite, judgement: Judgement): AssayError =>
  new AssayError('The suite passed once and failed once on the same database: it is flaky.', {
    code: 'score.suite-flaky',
    exit: 1,
    asked: suite.name,
    found: lastWords(judgement),
    why: 'what fails by chance would seem to notice mutants; each run had a fresh copy of the database, but a role, a file or a port may be left from the run before',
    mend: 'Make it pass each time: let it make only what it takes away again, and wait for nothing that depends on the clock.',
  })

const notSideBySide = (suite: Suite, workers: number, judgement: Judgement): AssayError =>
  new AssayError(`The suite fails when ${workers} of it run at once.`, {
    code: 'score.suite-not-parallel',
    exit: 1,
    asked: suite.name,
    found: lastWords(judgement),
    why: 'each run has a database of its own, and still shares roles, files and ports with the others',
    mend: 'Run one at a time: assay score … --workers 1',
  })

const passed = ({ verdict }: Judgement): boolean => verdict === 'survived'

/** Throws AssayError (exit 1) when it does not pass, or does not pass each time. */
export const measureSuite = async (
  suite: Suite,
  judges: readonly Judge[],
  wantedLimit: number | null,
): Promise<Baseline> => {
  const settings = { limitSeconds: wantedLimit ?? firstLimitSeconds }
  const alone = await judges[0]!.judge([], settings)
  if (!passed(alone)) throw fails(suite, alone)
  const together = await Promise.all(judges.map((judge) => judge.judge([], settings)))
  const failed = together.find((judgement) => !passed(judgement))
  if (failed) {
    const again = judges.length > 1 ? await judges[0]!.judge([], settings) : failed
    throw passed(again) ? notSideBySide(suite, judges.length, failed) : flaky(suite, failed)
  }
  const seconds = Math.max(alone.seconds, ...together.map((judgement) => judgement.seconds))
  const limit = wantedLimit ?? Math.max(leastLimitSeconds, Math.ceil(timesNormal * seconds))
  return { seconds, limitSeconds: limit }
}
