/**
 * The declared writes, measured for real: on filled tables with every constraint live, with the rows and the writers at
 * once that they declare, each run taken back. One call alone is held against its budget.
 */
import type { WriteRule } from '../../architecture/kinds/write.ts'
import { millisecondsOf } from '../../architecture/query-budget.ts'
import { PgError } from '../../postgres/fault.ts'
import { isAskedFor } from '../../prove/asked.ts'
import type { BoundRule } from '../../prove/bind.ts'
import { openFilledClones, type FilledClones } from '../../prove/filled-clones.ts'
import type { ExperimentResult, Finding, RuleResult } from '../../prove/result.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import { callsToMeasure, fewestMeasured, mostMeasured } from '../../rules/write.ts'
import type { MeasuredWrite, ValidatedWrite } from '../result.ts'
import { validatedRule } from '../validated-rule.ts'
import type { CallsWish, ValidatedCalls } from './calls-wish.ts'
import {
  filledFor,
  isCallable,
  measureOn,
  statementsIn,
  sumIn,
  widenAll,
  type Measured,
} from './measured-call.ts'
import { fewerRows, writeFindings } from './write-findings.ts'

export interface ValidatedWrites extends ValidatedCalls {
  readonly writes: readonly ValidatedWrite[]
}

type BoundWrite = BoundRule & { readonly rule: WriteRule }
type LoadedWrite = TestedRule & { readonly rule: WriteRule }

const isWrite = (bound: BoundRule): bound is BoundWrite => bound.rule.kind === 'write'

const experimentsOf = async (bound: BoundWrite, wish: CallsWish, limit: number): Promise<LoadedWrite> => {
  if (bound.missing !== null) return { ...bound, experiments: [], unsolved: [] }
  const { architecture, catalog, sizes } = wish
  const written = await callsToMeasure(bound.rule, { architecture, catalog }, limit)
  return { ...bound, ...written, experiments: widenAll(written.experiments, sizes) }
}

const toldOf = ({ work, result: { experiment }, times, broken }: Measured): MeasuredWrite => {
  const { calibration: _, ...measured } = times
  return {
    title: experiment.title,
    writers: experiment.call?.writers ?? 1,
    ...measured,
    statements: statementsIn(work),
    buffers: work?.buffers ?? 0,
    rowsRead: sumIn(work, 'read'),
    rowsWritten: sumIn(work, 'written'),
    indexEntries: sumIn(work, 'indexEntries'),
    wal: work?.wal ?? null,
    triggerCalls: work?.triggerCalls ?? null,
    broken,
  }
}

interface Filled {
  readonly loaded: LoadedWrite
  /** Why fewer rows are given to writers at once than are declared. */
  readonly fewer: readonly Finding[]
}

const fill = async (clones: FilledClones, bound: BoundWrite, wish: CallsWish): Promise<Filled> => {
  const { rule } = bound
  const volumes = wish.architecture.volumes ?? {}
  const fillFor = async (limit: number): Promise<LoadedWrite> => {
    const [filled] = await clones.fill([await experimentsOf(bound, wish, limit)], volumes)
    return { ...filled!, rule }
  }
  try {
    return { loaded: await fillFor(mostMeasured), fewer: [] }
  } catch (cause) {
    if (!(cause instanceof PgError) || wish.sizes !== null) throw cause
    const fewer = fewerRows(rule, cause.fault)
    const loaded = await fillFor(fewestMeasured(rule)).catch((again: unknown): LoadedWrite => {
      if (!(again instanceof PgError)) throw again
      const summary = `its tables could not be filled: ${again.message}`
      return { ...bound, experiments: [], unsolved: [{ rule: rule.id, summary, tried: 'rows by COPY' }] }
    })
    return { loaded, fewer: [fewer] }
  }
}

/** Leaves nothing behind. */
export const validateWrites = async (wish: CallsWish): Promise<ValidatedWrites> => {
  const { server, template, catalog, binding, only, onProgress } = wish
  const asked = binding.rules.filter(isWrite).filter(({ rule }) => isAskedFor(rule.id, rule.table, only))
  const writes: ValidatedWrite[] = []
  const rules: RuleResult[] = []
  const findings: Finding[] = []
  const calibrations: number[] = []
  const clones = openFilledClones(server, template)
  clones.use(catalog)
  try {
    for (const [done, bound] of asked.entries()) {
      const { sentence, id, rows, concurrency, budget } = bound.rule
      onProgress?.(`filling tables for "${sentence}"`, done, asked.length)
      const { loaded, fewer } = await fill(clones, bound, wish)
      const { experiments, unsolved } = loaded
      const calls: MeasuredWrite[] = []
      const results: ExperimentResult[] = []
      for (const experiment of unsolved.length > 0 ? [] : experiments.filter(isCallable)) {
        onProgress?.(`measuring "${sentence}"`, done, asked.length)
        const measured = await measureOn(server, clones.of(experiment.call)!.database, experiment)
        calls.push(toldOf(measured))
        results.push(measured.result)
        if (measured.times.calibration > 0) calibrations.push(measured.times.calibration)
      }
      const target = budget.p95 === undefined ? null : millisecondsOf(budget.p95)
      const missing = bound.missing === null ? [] : [bound.missing]
      const validated: ValidatedWrite = {
        id,
        sentence,
        rows,
        concurrency,
        filled: filledFor(experiments),
        target,
        calls,
        unsolved: [...missing, ...unsolved.map(({ summary }) => summary)],
      }
      writes.push(validated)
      const times = calls.map(({ title, ...call }) => ({ ...call, call: title, target }))
      rules.push(validatedRule(loaded, results, { times }))
      findings.push(...writeFindings(bound.rule, validated), ...fewer)
    }
  } finally {
    await clones.close()
  }
  return { writes, rules, findings, calibrations }
}
