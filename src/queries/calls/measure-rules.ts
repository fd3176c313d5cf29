/** Declared calls, each measured on tables that are filled for it: asked for, filled, run, and nothing left behind. */
import type { DeclaredRule } from '../../architecture/rule.ts'
import { PgError, type PgFault } from '../../postgres/fault.ts'
import { isAskedFor } from '../../prove/asked.ts'
import type { BoundRule } from '../../prove/bind.ts'
import { openFilledClones, type FilledClones } from '../../prove/filled-clones.ts'
import type { Finding } from '../../prove/result.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import type { Written } from '../../rules/rule-kind.ts'
import type { CallsWish } from './calls-wish.ts'
import { isCallable, measureOn, widenAll, type Callable, type Measured } from './measured-call.ts'

/** A query or a write. */
interface SaidRule extends DeclaredRule {
  readonly sentence: string
}

export type BoundCall<R extends SaidRule> = BoundRule & { readonly rule: R }

export interface CallsOf<R extends SaidRule> {
  readonly is: (bound: BoundRule) => bound is BoundCall<R>
  readonly write: (rule: R) => Promise<Written>
  /** With as few rows as the rule can be measured with, where PostgreSQL refuses the others. */
  readonly fewer?: {
    readonly write: (rule: R) => Promise<Written>
    readonly finding: (rule: R, fault: PgFault) => Finding
  }
  /** False: it is counted alone. */
  readonly isTimed: (experiment: Callable) => boolean
}

export interface MeasuredRule<R extends SaidRule> {
  readonly loaded: TestedRule & { readonly rule: R }
  readonly measured: readonly Measured[]
  /** Why it was measured with fewer rows. */
  readonly fewer: readonly Finding[]
  /** Why it could not be run. */
  readonly unsolved: readonly string[]
}

type Filled<R extends SaidRule> = Pick<MeasuredRule<R>, 'loaded' | 'fewer'>

const fill = async <R extends SaidRule>(
  clones: FilledClones,
  bound: BoundCall<R>,
  calls: CallsOf<R>,
  { architecture, sizes }: CallsWish,
): Promise<Filled<R>> => {
  const { rule } = bound
  const fillFor = async (write: CallsOf<R>['write']): Promise<Filled<R>['loaded']> => {
    const written = bound.missing === null ? await write(rule) : { experiments: [], unsolved: [] }
    const tested = { ...bound, ...written, experiments: widenAll(written.experiments, sizes) }
    const [filled] = await clones.fill([tested], architecture.volumes ?? {})
    return { ...filled!, rule }
  }
  const unfilled = (cause: unknown): Filled<R>['loaded'] => {
    if (!(cause instanceof PgError)) throw cause
    const summary = `its tables could not be filled: ${cause.message}`
    return { ...bound, experiments: [], unsolved: [{ rule: rule.id, summary, tried: 'rows by COPY' }] }
  }
  try {
    return { loaded: await fillFor(calls.write), fewer: [] }
  } catch (cause) {
    if (!(cause instanceof PgError) || sizes !== null) throw cause
    if (!calls.fewer) return { loaded: unfilled(cause), fewer: [] }
    const fewer = [calls.fewer.finding(rule, cause.fault)]
    return { loaded: await fillFor(calls.fewer.write).catch(unfilled), fewer }
  }
}

/** Leaves nothing behind. */
export const measureRules = async <R extends SaidRule>(
  wish: CallsWish,
  calls: CallsOf<R>,
): Promise<readonly MeasuredRule<R>[]> => {
  const { server, template, catalog, binding, only, onProgress } = wish
  const asked = binding.rules.filter(calls.is).filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
  const found: MeasuredRule<R>[] = []
  const clones = openFilledClones(server, template)
  clones.use(catalog)
  try {
    for (const [done, bound] of asked.entries()) {
      const words = `"${bound.rule.sentence}"`
      onProgress?.(`filling tables for ${words}`, done, asked.length)
      const { loaded, fewer } = await fill(clones, bound, calls, wish)
      const { experiments, unsolved } = loaded
      const measured: Measured[] = []
      for (const experiment of unsolved.length > 0 ? [] : experiments.filter(isCallable)) {
        onProgress?.(`measuring ${words}`, done, asked.length)
        const { database } = clones.of(experiment.call)!
        measured.push(await measureOn(server, database, experiment, { isTimed: calls.isTimed(experiment) }))
      }
      const missing = bound.missing === null ? [] : [bound.missing]
      found.push({
        loaded,
        measured,
        fewer,
        unsolved: [...missing, ...unsolved.map(({ summary }) => summary)],
      })
    }
  } finally {
    await clones.close()
  }
  return found
}

/** Milliseconds of the calibration query, one for each call that was timed. */
export const calibrationsOf = (
  rules: readonly { readonly measured: readonly Measured[] }[],
): readonly number[] =>
  rules.flatMap(({ measured }) =>
    measured.flatMap(({ times }) => (times.calibration > 0 ? [times.calibration] : [])),
  )
