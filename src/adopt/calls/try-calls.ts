/** Tries calls on the database as it is and on broken ones, and reads all that each answers and leaves behind. */
import type { Catalog, Mutant } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Observation } from '../../prove/result.ts'
import type { Row, Rows } from '../../rows/rows.ts'
import { calledWorld } from '../../rules/called/stage.ts'
import { asStranger, settingStatements } from '../../rules/called/statements.ts'
import type { Experiment } from '../../rules/experiment.ts'
import { keepPlaces } from '../../rules/observed/look.ts'
import { lookAtAll, runInBatches } from '../observe/try-writes.ts'
import type { Laboratory, Outcome, Patience } from '../observe/try-writes.ts'
import { forgetPoints, readPoints, type Trace } from '../../catalog/function/trace-body.ts'

export interface CallSetting {
  /** By table id. */
  readonly given: Readonly<Record<string, readonly Row[]>>
  readonly as: string | null
  /** By a role that has no rights of its own. */
  readonly byStranger: boolean
  readonly settings: Row
  /** As SQL: what it is called with, and the whole call. */
  readonly args: readonly string[]
  readonly call: string
}

export interface CallLaboratory extends Laboratory {
  readonly catalog: Catalog
  readonly rows: Rows
  /** When enough time has been spent on this function, as Date.now() counts. */
  readonly until: number
}

export const isOutOfTime = ({ until }: CallLaboratory): boolean => Date.now() > until

/** Broken forms that are tried before the time is looked at again. */
const triedAtOnce = 4

/** How the routine is called, and what it is watched in. */
export interface CallShape {
  readonly isProcedure: boolean
  /** It answers nothing. */
  readonly isVoid: boolean
  /** Columns of the answer; [] for one that is a value. */
  readonly columns: readonly string[]
  readonly tables: readonly Table[]
}

const answer = (call: string, { isProcedure, columns }: CallShape): string => {
  if (isProcedure) return `call ${call}`
  const lines =
    columns.length === 0
      ? `select (${call}\n)::text as line`
      : `select array_to_json(array[${columns.map((c) => `"assay answer".${ident(c)}::text`).join(', ')}])::text as line from ${call} as "assay answer"`
  return `select pg_catalog.set_config('assay.answer', (select coalesce(array_agg(line), '{}')::text from (${lines}) made), true)`
}

const seenSql = ({ isProcedure, tables }: CallShape): string => {
  const kept = `select -1 as at, line from unnest(pg_catalog.current_setting('assay.answer')::text[]) kept(line)`
  const parts = [
    ...(isProcedure ? [] : [kept]),
    ...(tables.length === 0 ? [] : [`select at, line from (${lookAtAll(tables)}) looked`]),
  ]
  return parts.length === 0 ? 'select 0 as at, null::text as line limit 0' : parts.join(' union all ')
}

const toExperiment = async (
  lab: CallLaboratory,
  setting: CallSetting,
  shape: CallShape,
  n: number,
): Promise<Experiment | null> => {
  const world = await calledWorld(lab, { id: `call#${n}`, given: setting.given })
  if ('unsolved' in world) return null
  return {
    id: `call#${n}`,
    rule: 'call',
    title: '',
    world,
    given: [
      ...keepPlaces(shape.tables),
      ...settingStatements(setting.settings),
      ...(setting.byStranger ? asStranger : []),
    ],
    ...(setting.as === null ? {} : { as: { role: setting.as, settings: {} } }),
    when: [
      answer(setting.call, shape),
      'set constraints all immediate',
      ...(setting.as === null && !setting.byStranger ? [] : ['set local role none']),
      seenSql(shape),
    ],
    then: { kind: 'accepted' },
  }
}

const answered = (line: string | null, isValue: boolean): readonly (string | null)[] =>
  isValue || line === null ? [line] : (JSON.parse(line) as readonly (string | null)[])

const toOutcome = ({ fault, rows, stage }: Observation, shape: CallShape): Outcome => {
  const ran = stage === 'when'
  if (fault) return { fault, ran, tables: [] }
  const of = (at: number): readonly (string | null)[] =>
    rows.filter((row) => row[0] === String(at)).map((row) => row[1] ?? null)
  return {
    fault,
    ran,
    tables: [
      { fewer: 0, rows: of(-1).map((line) => answered(line, shape.columns.length === 0)) },
      ...shape.tables.map((_, at) => {
        const lines = of(at).flatMap((line) => line ?? [])
        return {
          fewer: Number(lines.find((line) => line.startsWith('#'))?.slice(1) ?? '0'),
          rows: lines
            .filter((line) => !line.startsWith('#'))
            .map((line) => JSON.parse(line) as readonly (string | null)[]),
        }
      }),
    ],
  }
}

/** Null for a call whose rows cannot be laid. */
const makeExperiments = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
): Promise<readonly (Experiment | null)[]> => {
  const made: (Experiment | null)[] = []
  await lab.db.query('begin')
  try {
    for (const [n, setting] of settings.entries()) made.push(await toExperiment(lab, setting, shape, n))
  } finally {
    await lab.db.query('rollback')
  }
  return made
}

/** A broken form, and by their numbers the calls that are put to it. */
export interface CallTrial extends Pick<Mutant, 'ddl'> {
  readonly calls: readonly number[]
}

/**
 * By trial what its calls answer, in their order; null for a mutant that PostgreSQL refuses, and for a call whose rows
 * cannot be laid. The first outcome of each is the answer. None of a mutant for which there was no time left.
 */
export const tryTrials = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
  trials: readonly CallTrial[],
  patience: Patience = 'long',
): Promise<readonly (readonly (Outcome | null)[] | null)[]> => {
  const made = await makeExperiments(lab, settings, shape)
  const found: (readonly (Outcome | null)[] | null)[] = []
  for (let from = 0; from < trials.length; from += triedAtOnce) {
    const some = trials.slice(from, from + triedAtOnce)
    if (from > 0 && isOutOfTime(lab)) {
      found.push(...some.map(() => []))
      continue
    }
    const lists = some.map(({ calls }) => calls.flatMap((n) => made[n] ?? []))
    const outcomes = await runInBatches(
      lab,
      some.map(({ ddl }, i) => ({ ddl, experiments: lists[i]! })),
      patience,
    )
    for (const [i, { ddlFault, observations }] of outcomes.entries()) {
      const byExperiment = new Map(lists[i]!.map((one, n) => [one, observations[n]!]))
      const outcome = (one: Experiment | null | undefined): Outcome | null =>
        one ? toOutcome(byExperiment.get(one)!, shape) : null
      found.push(ddlFault ? null : some[i]!.calls.map((n) => outcome(made[n])))
    }
  }
  return found
}

/** [mutant][call], all calls put to all mutants. */
export const tryCalls = (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
  mutants: readonly Pick<Mutant, 'ddl'>[],
  patience: Patience = 'long',
): Promise<readonly (readonly (Outcome | null)[] | null)[]> => {
  const calls = settings.map((_, n) => n)
  return tryTrials(
    lab,
    settings,
    shape,
    mutants.map(({ ddl }) => ({ ddl, calls })),
    patience,
  )
}

export interface TracedCall {
  readonly outcome: Outcome
  /** Of the trace; null: not known. */
  readonly points: ReadonlySet<number> | null
}

/** What the calls answer when they tell where they came; null where rows cannot be laid, and for all if it cannot be traced. */
export const traceCalls = async (
  lab: CallLaboratory,
  settings: readonly CallSetting[],
  shape: CallShape,
  { ddl }: Pick<Trace, 'ddl'>,
): Promise<readonly (TracedCall | null)[]> => {
  const made = await makeExperiments(lab, settings, shape)
  const pairs = made.flatMap((one) =>
    one === null
      ? []
      : [
          { ...one, given: [forgetPoints, ...one.given] },
          { ...one, as: undefined, given: [], when: [readPoints] },
        ],
  )
  const experiments = pairs.map(({ as, ...one }): Experiment => (as ? { ...one, as } : one))
  const [run] = await runInBatches(lab, [{ ddl, experiments }], 'short')
  const all = run!.ddlFault ? [] : run!.observations
  let at = 0
  return made.map((one) => {
    const [seen, told] = one === null ? [] : [all[at], all[at + 1]]
    if (one !== null) at += 2
    return seen && told
      ? { outcome: toOutcome(seen, shape), points: new Set(told.rows.map((row) => Number(row[0]))) }
      : null
  })
}
