/**
 * Chosen writes as declarations that hold: each is run as the proof will run it, twice and against the broken forms. What
 * does not hold then, or notices nothing any more, is left out.
 */
import {
  makeObservedRules,
  type ObservedOption,
  type ObservedRule,
} from '../../architecture/kinds/observed.ts'
import type { Mutant } from '../../catalog/structure.ts'
import { changeBetween, differenceFrom } from '../../prove/judge.ts'
import type { Experiment } from '../../rules/experiment.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { observed } from '../../rules/observed.ts'
import type { ChosenWrite } from './choose-writes.ts'
import { byOf } from './observed-findings.ts'
import type { ObservedCall } from './observed-trigger.ts'
import { toOption } from './record.ts'
import { sayObserved } from './say.ts'
import { runInBatches } from './try-writes.ts'
import { inTransaction, type Bench } from './work.ts'
import { agedValues } from './written-values.ts'
import { uniqueSentence } from './unique-sentence.ts'

const toRule = (
  { structure, context }: Bench,
  sentence: string,
  option: ObservedOption<string>,
): ObservedRule =>
  makeObservedRules(
    {
      table: context.table.id,
      tableColumns: context.table.columns.map((c) => c.name),
      at: null,
      refuse: (fault) => {
        throw fault
      },
    },
    sentence,
    option,
    { by: byOf(structure) },
  )[0]!

interface Proven {
  readonly holds: boolean
  /** Mutants that it notices. */
  readonly notices: ReadonlySet<string>
  /** Mutants under which something else refuses what the structure refused. */
  readonly redundant: ReadonlySet<string>
}

/** The declarations as the proof will run them: whether each holds twice, and what it notices. */
const prove = async (
  { work, context }: Bench,
  rules: readonly ObservedRule[],
  mutants: readonly Mutant[],
): Promise<readonly Proven[]> => {
  const written = await inTransaction(work.db, async () => {
    const found: (Experiment | null)[] = []
    for (const rule of rules) found.push((await observed.experiments(rule, context)).experiments[0] ?? null)
    return found
  })
  const experiments = written.filter((one) => one !== null)
  const asItIs = { ddl: [], experiments }
  const [first, second] = await runInBatches(work, [asItIs, asItIs])
  const broken = await runInBatches(
    work,
    mutants.map(({ ddl }) => ({ ddl, experiments })),
    'short',
  )
  return written.map((experiment) => {
    if (experiment === null) return { holds: false, notices: new Set(), redundant: new Set() }
    const i = experiments.indexOf(experiment)
    const before = first!.observations[i]!
    const holds = [first!, second!].every((run) => differenceFrom(experiment, run.observations[i]!) === null)
    const notices = mutants.filter((_, m) => {
      const outcome = broken[m]!
      return !outcome.ddlFault && changeBetween(experiment, before, outcome.observations[i]!) !== null
    })
    const redundant = mutants.filter((_, m) => {
      const after = broken[m]!.observations[i]
      return before.fault !== null && after?.fault != null && after.fault.sqlstate !== before.fault.sqlstate
    })
    const ids = (of: readonly Mutant[]): ReadonlySet<string> => new Set(of.map((mutant) => mutant.id))
    return { holds, notices: ids(notices), redundant: ids(redundant) }
  })
}

/** A message may quote what differs from run to run: only words are kept. */
const messageOf = ({ seen }: ChosenWrite, day: RegExp): string | null => {
  const message = seen.fault?.message ?? null
  return message === null || day.test(message) ? null : message
}

interface Found {
  readonly option: ObservedOption<string>
  readonly notices: ReadonlySet<string>
}

/** Each was chosen for what it notices, and may notice more: those that the others make needless are left out. */
const fewestOf = (found: ReadonlyMap<number, Found>): ReadonlyMap<number, ObservedOption<string>> => {
  const left = new Set([...found.values()].flatMap(({ notices }) => [...notices]))
  const needed = new Map<number, ObservedOption<string>>()
  while (left.size > 0) {
    const counted = [...found].map(([at, one]) => ({
      at,
      option: one.option,
      news: [...one.notices].filter((id) => left.has(id)),
    }))
    const best = counted.reduce((a, b) => (b.news.length > a.news.length ? b : a))
    for (const id of best.news) left.delete(id)
    needed.set(best.at, best.option)
  }
  return needed
}

export interface Recorded {
  readonly calls: readonly ObservedCall[]
  /** In which the calls were seen. */
  readonly settings: readonly ObservedSetting[]
  readonly notices: ReadonlySet<string>
  readonly redundant: ReadonlySet<string>
}

export const recordWrites = async (
  bench: Bench,
  chosen: readonly ChosenWrite[],
  mutants: readonly Mutant[],
): Promise<Recorded> => {
  const { work, context, structure, reads } = bench
  const aged = agedValues(context.table.columns, reads)
  const calls: ObservedCall[] = []
  const notices = new Set<string>()
  const redundant = new Set<string>()
  const said = work.said.get(context.table.id) ?? new Set<string>()
  work.said.set(context.table.id, said)
  let open = chosen.map((one, at) => ({ one, at }))
  const found = new Map<number, Found>()
  for (const keeps of [false, true]) {
    const options = open.map(({ one }) => toOption(one, work.catalog, { aged, reads }, keeps))
    const rules = options.map((option, i) => toRule(bench, `${i}`, option))
    const proven = rules.length === 0 ? [] : await prove(bench, rules, mutants)
    open = open.filter(({ one, at }, i) => {
      const { holds, notices: now, redundant: refused } = proven[i]!
      const isWhole = holds && one.notices.every((id) => now.has(id))
      if (!isWhole && !(keeps && holds && now.size > 0)) return true
      found.set(at, { option: options[i]!, notices: now })
      for (const id of now) notices.add(id)
      for (const id of refused) redundant.add(id)
      return false
    })
  }
  const needed = fewestOf(found)
  for (const [at, one] of chosen.entries()) {
    const option = needed.get(at)
    if (option === undefined) continue
    const sentence = uniqueSentence(sayObserved(option, messageOf(one, work.day)), said)
    calls.push({ sentence, observed: option, by: byOf(structure) })
  }
  const settings = chosen.flatMap((one, at) => (needed.has(at) ? [one.candidate.setting] : []))
  return { calls, settings, notices, redundant }
}
