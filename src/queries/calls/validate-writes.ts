/**
 * The declared writes, measured for real: on filled tables with every constraint live, with the rows and the writers at
 * once that they declare, each run taken back. One call alone is held against its budget.
 */
import type { WriteRule } from '../../architecture/kinds/write.ts'
import { millisecondsOf } from '../../architecture/query-budget.ts'
import type { BoundRule } from '../../prove/bind.ts'
import { callsToMeasure, fewestMeasured, mostMeasured } from '../../rules/write.ts'
import type { MeasuredWrite, ValidatedWrite } from '../result.ts'
import { validatedRule } from '../validated-rule.ts'
import { brokenFindings, partlyUnseen } from './broken-calls.ts'
import type { CallsWish, ValidatedCalls } from './calls-wish.ts'
import { calibrationsOf, measureRules, type BoundCall, type MeasuredRule } from './measure-rules.ts'
import { filledFor, statementsIn, sumIn, type Measured } from './measured-call.ts'
import { fewerRows, writeFindings } from './write-findings.ts'

export interface ValidatedWrites extends ValidatedCalls {
  readonly writes: readonly ValidatedWrite[]
}

const isWrite = (bound: BoundRule): bound is BoundCall<WriteRule> => bound.rule.kind === 'write'

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

interface Told extends Pick<ValidatedCalls, 'rules' | 'findings'> {
  readonly write: ValidatedWrite
}

const tell = ({ loaded, measured, fewer, unsolved }: MeasuredRule<WriteRule>): Told => {
  const { rule, experiments } = loaded
  const { id, sentence, rows, concurrency, budget } = rule
  const target = budget.p95 === undefined ? null : millisecondsOf(budget.p95)
  const isOwn = ({ result }: Measured): boolean => result.experiment.code === undefined
  const calls = measured.filter(isOwn).map(toldOf)
  const apart = measured.filter((one) => !isOwn(one))
  const filled = filledFor(experiments)
  const write: ValidatedWrite = { id, sentence, rows, concurrency, filled, target, calls, unsolved }
  const times = calls.map(({ title, ...call }) => ({ ...call, call: title, target }))
  const results = measured.map(({ result }) => result)
  return {
    write,
    rules: [validatedRule(loaded, results, { times })],
    findings: [
      ...writeFindings(rule, write),
      ...brokenFindings(rule, apart, 'write.over-budget'),
      ...partlyUnseen(rule, apart),
      ...fewer,
    ],
  }
}

/** Leaves nothing behind. */
export const validateWrites = async (wish: CallsWish): Promise<ValidatedWrites> => {
  const measured = await measureRules(wish, {
    is: isWrite,
    write: (rule) => callsToMeasure(rule, wish, mostMeasured),
    fewer: {
      write: (rule) => callsToMeasure(rule, wish, fewestMeasured(rule)),
      finding: fewerRows,
    },
    isTimed: ({ code }) => code === undefined,
  })
  const told = measured.map(tell)
  return {
    writes: told.map(({ write }) => write),
    rules: told.flatMap(({ rules }) => rules),
    findings: told.flatMap(({ findings }) => findings),
    calibrations: calibrationsOf(measured),
  }
}
