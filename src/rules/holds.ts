/**
 * holds: a rule over many rows. What violates it is found by writing with its guards taken away; the same writes
 * must then be refused (or leave no violation), one after the other and from two sessions at once.
 */
import type { HoldsRule } from '../architecture/kinds/holds.ts'
import { kindOfStructure } from '../catalog/kind-of.ts'
import { qualified } from '../postgres/quote.ts'
import { structuresBehind } from './example-case.ts'
import type { Expected, Experiment } from './experiment.ts'
import { press, runThrough, type Press } from './holds/press.ts'
import { overlaps } from './holds/sessions.ts'
import { mostWrites, pressuresOf, type Pressure } from './holds/writes.ts'
import type { RuleContext, RuleKind, Written } from './rule-kind.ts'

/** The select without a semicolon at its end, so that it can stand in a message. */
const questionOf = (rule: HoldsRule): string => rule.violations.trim().replace(/;\s*$/u, '')

/** Ways to take the guards away: what the rule claims, then every trigger of the table with it. */
const unguardings = (context: RuleContext): readonly (readonly string[])[] => {
  const { catalog, claims, table } = context
  const structures = claims.flatMap((id) => catalog.structures.get(id) ?? [])
  // What others depend on goes last.
  const inOrder = structures.toSorted(
    (a, b) =>
      catalog.dependents(a.id).filter((d) => claims.includes(d.id)).length -
      catalog.dependents(b.id).filter((d) => claims.includes(d.id)).length,
  )
  const drops = inOrder.flatMap((s) => kindOfStructure(s).drop(s, catalog))
  return [drops, [...drops, `alter table ${qualified(table)} disable trigger user`]]
}

interface Breach {
  readonly pressure: Pressure
  readonly unguarded: readonly string[]
  readonly pressed: Press
  /** The number of writes after which the first violation is there. */
  readonly at: number
}

/** The first way of pressing that breaks the unguarded rule, or what was tried. */
const findBreach = async (
  rule: HoldsRule,
  context: RuleContext,
  pressures: readonly Pressure[],
): Promise<Breach | { readonly tried: string }> => {
  const tried: string[] = []
  for (const unguarded of unguardings(context)) {
    for (const pressure of pressures) {
      const { world, writes } = pressure
      const pressed = await press(context.db, {
        before: [...unguarded, ...world.statements],
        writes,
        violations: questionOf(rule),
      })
      const at = pressed.violations.findIndex((rows) => rows > 0)
      if (at > 0) return { pressure, unguarded, pressed, at }
      const fault = pressed.unready ?? pressed.ended
      const accepted = Math.max(0, pressed.violations.length - 1)
      const said =
        at === 0
          ? 'the violation is there before anything is written'
          : `${accepted} writes were accepted without a violation${fault ? `, then: ${fault.message} (SQLSTATE ${fault.sqlstate})` : ''}`
      if (!tried.includes(said)) tried.push(said)
    }
  }
  return { tried: tried.join('; ') }
}

/** What the guarded database must answer to the writes that break the unguarded one. */
const expectedOf = async (rule: HoldsRule, context: RuleContext, breach: Breach): Promise<Expected> => {
  const { world, writes } = breach.pressure
  const { fault } = await runThrough(context.db, {
    before: world.statements,
    writes: writes.slice(0, breach.at),
    violations: questionOf(rule),
  })
  if (fault === null) return { kind: 'rows', rows: [] }
  const { sqlstate, constraint } = fault
  return { kind: 'rejected', by: { sqlstate, ...(constraint === null ? {} : { constraint }) } }
}

/** The nearest number of writes beyond the breach at which the unguarded rule is true again: both sides booked. */
const balancedAfter = ({ pressed, at }: Breach): number | null => {
  const beyond = pressed.violations.findIndex((rows, n) => n > at && rows === 0)
  return beyond < 0 ? null : beyond
}

/** Whether the second session alone, without the first one's write, stays within the rule. */
const isFineAlone = async (rule: HoldsRule, context: RuleContext, breach: Breach): Promise<boolean> => {
  const { pressure, unguarded, at } = breach
  const writes = [...pressure.writes.slice(0, at - 2), pressure.writes[at - 1]!]
  const alone = await press(context.db, {
    before: [...unguarded, ...pressure.world.statements],
    writes,
    violations: questionOf(rule),
  })
  return alone.violations.length === writes.length + 1 && alone.violations.at(-1) === 0
}

const lockMend = (rule: HoldsRule, context: RuleContext): string =>
  `take a lock before counting, in the trigger that guards it: lock table ${qualified(context.table)} in share row exclusive mode, or pg_advisory_xact_lock(…) on what ${rule.table} is counted by`

const guardMend = `guard it with a constraint or a trigger, and name that with { by: 'trigger:…' }`

type Case = Omit<Experiment, 'id' | 'rule' | 'world'>

const casesOf = async (rule: HoldsRule, context: RuleContext, breach: Breach): Promise<readonly Case[]> => {
  const { pressure, pressed, at } = breach
  const { writes } = pressure
  const violations = questionOf(rule)
  const cases: Case[] = [
    {
      title:
        at === 1
          ? 'a write that breaks it does not get through'
          : `write ${at}, which breaks it, does not get through`,
      given: [],
      when: [...writes.slice(0, at), violations],
      then: await expectedOf(rule, context, breach),
      mend: guardMend,
    },
  ]
  if (at > 1) {
    cases.push({
      title: `${at - 1} ${at === 2 ? 'write is' : 'writes are'} accepted`,
      given: [],
      when: writes.slice(0, at - 1),
      then: { kind: 'affects', rows: pressed.affected[at - 2]! },
    })
  }
  const balanced = balancedAfter(breach)
  if (balanced !== null) {
    const through = await runThrough(context.db, {
      before: pressure.world.statements,
      writes: writes.slice(0, balanced),
      violations,
    })
    // A guard that looks after every statement may refuse the way there, which is no fault of the rule.
    if (through.fault === null) {
      cases.push({
        title: `${balanced} writes that keep it together are accepted`,
        given: [],
        when: [...writes.slice(0, balanced), violations],
        then: { kind: 'rows', rows: [] },
      })
    }
  }
  if (at > 1 && (await isFineAlone(rule, context, breach))) {
    const pair = [writes[at - 2]!, writes[at - 1]!] as const
    for (const { title, interleaving } of overlaps(pair, violations)) {
      cases.push({
        title,
        given: writes.slice(0, at - 2),
        when: [],
        then: { kind: 'rows', rows: [] },
        interleaving,
        mend: lockMend(rule, context),
      })
    }
  }
  return cases
}

const experiments = async (rule: HoldsRule, context: RuleContext): Promise<Written> => {
  const pressures = await pressuresOf(rule, context)
  const none = (summary: string, tried: string): Written => ({
    experiments: [],
    unsolved: [{ rule: rule.id, summary, tried }],
  })
  if ('problem' in pressures) return none(`no rows were found that press against it`, pressures.problem)
  const breach = await findBreach(rule, context, pressures)
  if ('tried' in breach) {
    return none(
      `no violation could be brought about, even unguarded; give { writes: [ … ] } that press harder`,
      `${rule.writes.length > 0 ? 'the declared writes' : `inserts of rows of ${rule.table}`}, up to ${mostWrites}: ${breach.tried}`,
    )
  }
  const cases = await casesOf(rule, context, breach)
  const { world } = breach.pressure
  return {
    experiments: cases.map((one, n) => ({ id: `${rule.id}#${n + 1}`, rule: rule.id, world, ...one })),
    unsolved: [],
  }
}

export const holds: RuleKind<HoldsRule> = {
  kind: 'holds',
  heedsTriggers: true,
  sentence: (rule) => rule.sentence,
  experiments,
  design: () => [],
  claims: (rule, { catalog }) => structuresBehind(rule, catalog),
}
