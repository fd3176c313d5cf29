/** Whether an experiment holds, and whether two observations of it differ in what counts. */
import type { PgFault } from '../postgres/fault.ts'
import type { CallLimits, Cause, Experiment } from '../rules/experiment.ts'
import { beyondLimits, workIn } from './call-work.ts'
import { crowdDifference } from './crowd-difference.ts'
import { judgePlan, planShapeOf } from './plan.ts'
import type { Observation } from './result.ts'

const describeFault = (fault: PgFault): string => {
  const by = fault.constraint ?? fault.column
  return `refused with ${fault.sqlstate}${by === null ? '' : ` by ${by}`}: ${fault.message}`
}

const describeCause = (cause: Cause): string => {
  const states = typeof cause.sqlstate === 'string' ? cause.sqlstate : cause.sqlstate.join(' or ')
  const by = cause.constraint ?? cause.column ?? cause.dataType
  return `refused with ${states}${by === undefined ? '' : ` by ${by}`}`
}

/** Whether PostgreSQL's refusal has exactly the expected cause. */
export const isCausedBy = (fault: PgFault, cause: Cause): boolean =>
  (typeof cause.sqlstate === 'string' ? [cause.sqlstate] : cause.sqlstate).includes(fault.sqlstate) &&
  (cause.constraint === undefined || cause.constraint === fault.constraint) &&
  (cause.column === undefined || cause.column === fault.column) &&
  (cause.table === undefined || cause.table === fault.table) &&
  (cause.dataType === undefined || cause.dataType === fault.dataType) &&
  (cause.routine === undefined || cause.routine === fault.routine)

const shown = (rows: Observation['rows']): string => {
  const text = rows.map((row) => `(${row.map((v) => v ?? 'null').join(', ')})`).join(' ')
  return text === '' ? 'no rows' : text.length > 120 ? `${text.slice(0, 117)}…` : text
}

const sameRows = (a: Observation['rows'], b: Observation['rows']): boolean =>
  a.length === b.length &&
  a.every((row, i) => row.length === b[i]!.length && row.every((value, j) => value === b[i]![j]))

/** One readable line of why it does not hold, or null when it does. */
export const differenceFrom = (experiment: Experiment, observed: Observation): string | null => {
  const { then } = experiment
  if (observed.stage !== 'when' && observed.fault) {
    return `what it stands on failed (${observed.stage}): ${describeFault(observed.fault)}`
  }
  if (then.kind === 'rejected') {
    if (!observed.fault) return `expected it to be ${describeCause(then.by)}, but it was accepted`
    if (isCausedBy(observed.fault, then.by)) return null
    return `expected it to be ${describeCause(then.by)}, but it was ${describeFault(observed.fault)}`
  }
  if (observed.fault) return `expected it to be accepted, but it was ${describeFault(observed.fault)}`
  if (then.kind === 'accepted') return null
  if (then.kind === 'affects') {
    return observed.affected === then.rows
      ? null
      : `expected ${then.rows} row${then.rows === 1 ? '' : 's'}, found ${observed.affected}`
  }
  if (then.kind === 'rows') {
    return sameRows(then.rows, observed.rows)
      ? null
      : `expected ${shown(then.rows)}, found ${shown(observed.rows)}`
  }
  if (then.kind === 'cost') return judgeCost(then.within, observed.rows)
  if (then.kind === 'inTurn') return crowdDifference(observed.rows)
  return judgePlan(then, observed.rows)
}

/** Why a call is not within its limits; null: it is. */
const judgeCost = (within: CallLimits, rows: Observation['rows'], measured = true): string | null => {
  const work = workIn(rows)
  if (work === null) return 'what the call did was not counted'
  const faults = beyondLimits(within, work, measured)
  return faults.length === 0 ? null : faults.join('; ')
}

/**
 * Refusals that say nothing about the structure: time-outs, cancelled, locks, resources, a broken connection, broken
 * files. XX000 is no such thing: functions of PostgreSQL's own refuse with it what they are not made for.
 */
export const isInconclusive = (fault: PgFault | null): boolean =>
  fault !== null && /^(?:57|53|55P03|08|XX00[12]|40)/u.test(fault.sqlstate)

/**
 * What changed between two observations of one experiment, if it counts: acceptance, rows, privileges, a plan. `isGone`:
 * a structure was taken away, which says something only where a budget breaks: another plan may be as good.
 */
export const changeBetween = (
  experiment: Experiment,
  before: Observation,
  after: Observation,
  isGone = false,
): string | null => {
  if (experiment.shadow || isInconclusive(after.fault)) return null
  // What the filled rows do not let be made says nothing of the call.
  if (experiment.call && after.fault !== null && after.stage !== 'when') return null
  if ((before.fault === null) !== (after.fault === null)) {
    return after.fault ? describeFault(after.fault) : 'accepted'
  }
  const { then } = experiment
  if (after.fault) {
    const isExact = then.kind === 'rejected' && then.exactly === true
    return isExact && after.fault.sqlstate !== before.fault?.sqlstate ? describeFault(after.fault) : null
  }
  if (then.kind === 'affects' && before.affected !== after.affected) return `${after.affected} rows`
  if (then.kind === 'rows' && !sameRows(before.rows, after.rows)) return shown(after.rows)
  if (then.kind === 'cost') {
    const shape = workIn(after.rows)?.shape ?? null
    const isOther = !isGone && shape !== null && shape !== workIn(before.rows)?.shape
    return judgeCost(then.within, after.rows, false) ?? (isOther ? `the plan becomes\n${shape}` : null)
  }
  if (then.kind === 'inTurn') return crowdDifference(after.rows, false)
  const broken = then.kind === 'plan' && then.within ? judgePlan(then, after.rows, false) : null
  if (broken !== null || (then.kind === 'plan' && then.within && isGone)) return broken
  if (then.kind === 'plan') {
    const shape = planShapeOf(after.rows)
    if (shape !== planShapeOf(before.rows)) return `the plan becomes\n${shape}`
  }
  return null
}
