/**
 * Cells in which something else than the policies has a say (a trigger that forbids, a key). Found by trying those that
 * do not come out as expected once more with row-level security off: where that refuses a row that is found, the
 * refusal itself shows that it was found; else they are given without the table's triggers, which are asked before the
 * policies are; what says nothing of policies then either is left out, and so is what breaks before a row is looked at. A rewrite rule that does something instead leaves
 * policies nothing to say: what writes is given without it.
 */
import type { PgFault } from '../../postgres/fault.ts'
import { qualified } from '../../postgres/quote.ts'
import { tryAll, type TrialAnswer } from '../attacks/trial.ts'
import type { Asker, Cause, Expected, World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { quieted, withoutRewrites } from '../quiet.ts'
import { referring } from '../removals.ts'

export interface Case {
  readonly title: string
  readonly as: Asker
  readonly given: readonly string[]
  readonly when: readonly string[]
  readonly then: Expected
}

export interface Trial<C extends Case> {
  readonly case: C
  /** It is promised only where PostgreSQL does so now. */
  readonly isObserved: boolean
}

/** A trigger that may not read what it reads is refused with the SQLSTATE of a policy, too. */
const isCause = ({ sqlstate, routine }: PgFault, by: Cause): boolean =>
  by.sqlstate.includes(sqlstate) && (by.routine === undefined || by.routine === routine)

/** Whether it comes out as expected. */
const holds = ({ fault, ran, affected, rows }: TrialAnswer, { then }: Case): boolean => {
  if (!ran || then.kind === 'plan' || then.kind === 'cost' || then.kind === 'inTurn') return false
  if (then.kind === 'rejected') return fault !== null && isCause(fault, then.by)
  if (fault) return false
  if (then.kind === 'affects') return affected === then.rows
  return then.kind === 'accepted' || JSON.stringify(rows) === JSON.stringify(then.rows)
}

/**
 * Refused although it is expected to go through, or refused by something that is no policy; or done to fewer rows: a
 * trigger may leave a row as it is without a word.
 */
const isStrange = (answered: TrialAnswer, { then }: Case): boolean => {
  if (!answered.ran) return true
  if (!answered.fault) return then.kind === 'affects' && answered.affected < then.rows
  return then.kind !== 'rejected' || !isCause(answered.fault, then.by)
}

/** An update or a deletion of one row: who does not find it is not refused. */
const findsFirst = ({ then, when }: Case): boolean =>
  then.kind === 'affects' && then.rows === 1 && !/^merge\b/u.test(when[0] ?? '')

/**
 * What a policy calls breaks on the asker's settings (`''::bigint`) although no row comes to it: PostgreSQL calls stable
 * functions while it plans, to guess how many rows there will be. Whether it does hangs on the plan, so nothing is promised.
 */
const breaksInPlanning = (withPolicies: TrialAnswer, without: TrialAnswer): boolean =>
  withPolicies.fault?.sqlstate.startsWith('22') === true &&
  withPolicies.fault.sqlstate !== without.fault?.sqlstate

/** A policy's own refusal, and a missing privilege. */
const ofPolicies = '42501'

export const keepPromised = async <C extends Case>(
  context: RuleContext,
  world: World,
  trials: readonly Trial<C>[],
): Promise<readonly C[]> => {
  const { catalog, db, table } = context
  const rewrites = withoutRewrites(context, table, 'instead')
  const isRewritten = ({ when }: Case): boolean => rewrites.length > 0 && !/^select\b/u.test(when[0] ?? '')
  const cases = trials.map(({ case: one }) =>
    isRewritten(one) ? { ...one, given: [...rewrites, ...one.given] } : one,
  )
  const tried = await tryAll(db, world, cases)
  const strange = cases.filter((one, i) => !trials[i]!.isObserved && isStrange(tried[i]!, one))
  const off = ['set constraints all immediate', `alter table ${qualified(table)} disable row level security`]
  const again = await tryAll(
    db,
    world,
    strange.map(({ as, given, when }) => ({ as, given: [...given, ...off], when })),
  )
  // What points here is written along with it; its triggers may forbid every statement, with rows or without.
  const beside = [...referring(catalog, table.id)].flatMap((id) => catalog.tables.get(id) ?? [])
  const [own, others] = [quieted(context, [table]), quieted(context, beside)]
  const found = new Map<number, C>()
  for (const quiet of [own, [...own, ...others]].filter((way, i) => (i === 0 ? way : others).length > 0)) {
    const left = strange.flatMap((one, at) =>
      found.has(at) ? [] : [{ at, silent: { ...one, given: [...quiet, ...one.given] } }],
    )
    const answers = await tryAll(
      db,
      world,
      left.map(({ silent }) => silent),
    )
    for (const [i, { at, silent }] of left.entries()) if (holds(answers[i]!, silent)) found.set(at, silent)
  }
  const withoutTriggers = (at: number): readonly C[] => {
    const silent = found.get(at)
    return silent ? [silent] : []
  }
  return cases.flatMap((one, i): readonly C[] => {
    const at = strange.indexOf(one)
    if (trials[i]!.isObserved) return holds(tried[i]!, one) ? [one] : []
    if (at < 0) return [one]
    const [first, second] = [tried[i]!, again[at]!]
    if (!first.ran || breaksInPlanning(first, second)) return []
    const sqlstate = second.fault?.sqlstate
    if (sqlstate === undefined || sqlstate !== first.fault?.sqlstate) {
      const [alone] = withoutTriggers(at)
      return [alone ?? one]
    }
    if (!findsFirst(one) || sqlstate === ofPolicies) return withoutTriggers(at)
    const title = one.title.replace(/: done$/u, `: found, and then refused by another rule (${sqlstate})`)
    return [{ ...one, title, then: { kind: 'rejected', by: { sqlstate } } }]
  })
}
