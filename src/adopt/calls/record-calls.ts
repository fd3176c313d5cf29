/**
 * Chosen calls as declarations that hold: each is run as the proof will run it, twice and against the broken forms. What
 * does not hold then, or notices nothing any more, is left out.
 */
import { makeCalledRules, type CalledRule, type CallOption } from '../../architecture/kinds/called.ts'
import type { Mutant, Structure } from '../../catalog/structure.ts'
import { placeOf } from '../../catalog/place.ts'
import { databaseObjects } from '../../ground/names.ts'
import { changeBetween, differenceFrom } from '../../prove/judge.ts'
import { observedCall } from '../../rules/called.ts'
import type { Experiment } from '../../rules/experiment.ts'
import { seenOf } from '../observe/record.ts'
import { runInBatches, tableChange } from '../observe/try-writes.ts'
import type { ChosenCall } from './choose-calls.ts'
import type { ObservedEntry } from './observed-function.ts'
import { sayCall } from './say-call.ts'
import type { CallLaboratory, CallShape } from './try-calls.ts'
import { uniqueSentence } from '../observe/unique-sentence.ts'

/** A longer answer is only counted, unless something hangs on what it says. */
const longestAnswer = 400
const longestTold = 4_000

const nothing = (value: object): boolean => Object.keys(value).length === 0

/** Which part of the answer is compared: all of it, some columns, how many rows there are, nothing. */
const shownOf = (
  { seen, unsteady, others }: ChosenCall,
  shape: CallShape,
): Pick<CallOption, 'columns'> & { readonly looks: 'all' | 'count' | 'nothing' } => {
  const [answer] = seen.tables
  const [moving] = unsteady
  if (shape.isProcedure || !answer || !moving) return { looks: 'nothing' }
  const told = others
    .filter((other) => other.fault === null)
    .some((other) => {
      const change = tableChange(answer, other.tables[0]!, moving)
      return change.columns.length > 0 || change.rows
    })
  if (shape.isVoid && !told) return { looks: 'nothing' }
  const length = answer.rows.flat().reduce((sum, value) => sum + (value?.length ?? 4), 0)
  if (length > (told ? longestTold : longestAnswer)) return { looks: 'count' }
  if (moving.size === 0) return { looks: 'all' }
  const steady = shape.columns.filter((_, i) => !moving.has(i))
  return steady.length === 0 ? { looks: 'count' } : { looks: 'all', columns: steady }
}

const outcomeOf = (call: ChosenCall, shape: CallShape, lab: CallLaboratory): CallOption => {
  const { fault } = call.seen
  if (fault) return { refused: fault.sqlstate }
  const { looks, columns } = shownOf(call, shape)
  const seen = shape.tables.map(
    (table, at) => [table, seenOf(call, at + 1, table, lab.catalog, false)] as const,
  )
  const leaves = Object.fromEntries(
    seen.flatMap(([table, { rows }]) => (rows === null ? [] : [[table.id, rows]])),
  )
  const removes = Object.fromEntries(
    seen.flatMap(([table, one]) => (one.removes === null ? [] : [[table.id, one.removes]])),
  )
  return {
    ...(looks === 'nothing'
      ? {}
      : { answers: looks === 'count' ? (call.seen.tables[0]?.rows.length ?? 0) : [] }),
    ...(columns === undefined ? {} : { columns }),
    ...(nothing(leaves) ? {} : { leaves }),
    ...(nothing(removes) ? {} : { removes }),
  }
}

const toOption = (call: ChosenCall, shape: CallShape, lab: CallLaboratory): CallOption => {
  const { given, as, byStranger, settings, call: sql } = call.setting
  return {
    ...(nothing(given) ? {} : { given }),
    ...(as === null ? {} : { as }),
    ...(byStranger ? { byStranger } : {}),
    ...(nothing(settings) ? {} : { settings }),
    call: sql,
    ...outcomeOf(call, shape, lab),
  }
}

const toRule = (structure: Structure, sentence: string, option: CallOption): CalledRule =>
  makeCalledRules(
    'observedCall',
    {
      at: null,
      refuse: (fault) => {
        throw fault
      },
    },
    structure.id,
    { [sentence]: option },
  )[0]!

const experimentOf = async (
  lab: CallLaboratory,
  structure: Structure,
  option: CallOption,
): Promise<Experiment | null> => {
  await lab.db.query('begin')
  try {
    const { experiments } = await observedCall.experiments(toRule(structure, option.call ?? '', option), {
      architecture: { name: 'adopted', tables: [], identity: null },
      catalog: lab.catalog,
      rows: lab.rows,
      table: placeOf(lab.catalog, databaseObjects)!,
      claims: [structure.id],
      db: lab.db,
    })
    return experiments[0] ?? null
  } finally {
    await lab.db.query('rollback')
  }
}

/** The answer as the proof's own statement gives it. */
const withAnswer = async (
  lab: CallLaboratory,
  structure: Structure,
  option: CallOption,
): Promise<CallOption | null> => {
  if (!Array.isArray(option.answers)) return option
  const experiment = await experimentOf(lab, structure, option)
  if (experiment === null) return null
  const [run] = await runInBatches(lab, [{ ddl: [], experiments: [experiment] }])
  const seen = run!.observations[0]!
  if (seen.fault) return null
  const isMixed = seen.rows.some((row) => row.length === 2)
  const lines = isMixed
    ? seen.rows.filter((row) => row[0] === 'answers').map((row) => row[1] ?? null)
    : seen.rows.map((row) => row[0] ?? null)
  return { ...option, answers: lines.length === 1 ? lines[0]! : lines }
}

export interface RecordedCalls {
  readonly entries: readonly ObservedEntry[]
  /** Ids of mutants. */
  readonly notices: ReadonlySet<string>
}

/** `said`: sentences that are in use. */
export const recordCalls = async (
  lab: CallLaboratory,
  structure: Structure,
  shape: CallShape,
  calls: readonly ChosenCall[],
  said: Set<string>,
): Promise<RecordedCalls> => {
  const entries: ObservedEntry[] = []
  const notices = new Set<string>()
  for (const one of calls) {
    const wanted = one.notices.filter((mutant) => !notices.has(mutant.id))
    if (wanted.length === 0) continue
    const option = await withAnswer(lab, structure, toOption(one, shape, lab))
    const experiment = option === null ? null : await experimentOf(lab, structure, option)
    if (option === null || experiment === null) continue
    const found = await noticedBy(lab, experiment, one.notices)
    if (found === null || !found.some((mutant) => wanted.includes(mutant))) continue
    for (const mutant of found) notices.add(mutant.id)
    const message = one.seen.fault?.message ?? null
    const sentence = uniqueSentence(
      sayCall(option, message === null || lab.day.test(message) ? null : message),
      said,
    )
    entries.push({ sentence, option })
  }
  return { entries, notices }
}

/** Null when it does not hold twice. */
const noticedBy = async (
  lab: CallLaboratory,
  experiment: Experiment,
  mutants: readonly Mutant[],
): Promise<readonly Mutant[] | null> => {
  const asItIs = { ddl: [], experiments: [experiment] }
  const [first, second] = await runInBatches(lab, [asItIs, asItIs])
  const before = first!.observations[0]!
  if ([first!, second!].some((run) => differenceFrom(experiment, run.observations[0]!) !== null)) return null
  const broken = await runInBatches(
    lab,
    mutants.map(({ ddl }) => ({ ddl, experiments: [experiment] })),
    'short',
  )
  return mutants.filter((_, m) => {
    const outcome = broken[m]!
    return !outcome.ddlFault && changeBetween(experiment, before, outcome.observations[0]!) !== null
  })
}
