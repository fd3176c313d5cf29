/** Tries writes on the database as it is and on broken ones, and reads all that each leaves behind in the watched tables. */
import type { Mutant } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { PgFault } from '../../postgres/fault.ts'
import { ident } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { isInconclusive } from '../../prove/judge.ts'
import type { Observation } from '../../prove/result.ts'
import { runTrials, type Trial } from '../../prove/runner.ts'
import type { Experiment } from '../../rules/experiment.ts'
import { fewerRows, keepPlaces, writtenRows } from '../../rules/observed/look.ts'
import type { ObservedSetting, ObservedStage } from '../../rules/observed/stage.ts'

/** Stand in values for the moment of the transaction, as JSON and as text print it. */
export const nowMark = '<now>'
/** Of the clock, which runs on within the transaction. */
export const laterMark = '<later>'
export const isoNowMark = '<iso now>'
export const todayMark = '<today>'
/** Something that is never the same twice. */
export const someMark = '<some>'

export interface Candidate {
  readonly setting: ObservedSetting
  readonly stage: ObservedStage
}

/** What one write left in a table. */
export interface TableOutcome {
  readonly fewer: number
  /** Written rows: the text of each column. */
  readonly rows: readonly (readonly (string | null)[])[]
}

export interface Outcome {
  readonly fault: PgFault | null
  /** The write itself was reached. */
  readonly ran: boolean
  /** In the order of the watched tables. */
  readonly tables: readonly TableOutcome[]
}

/** Where digits are cut off it may also be before the transaction began. */
const later = ({ type }: Column, name: string): string =>
  type.includes('(')
    ? ''
    : ` when ${name} > cast(now() as ${type}) and ${name} <= cast(clock_timestamp() as ${type}) then '${laterMark}'`

/** A value as text, with the present moment marked. */
const shown = (column: Column): string => {
  const name = `seen.${ident(column.name)}`
  const text = `${name}::text`
  if (column.typeKind !== 'array' && column.baseType.startsWith('timestamp'))
    return `case when ${text} = cast(now() as ${column.type})::text then '${nowMark}'${later(column, name)} else ${text} end`
  if (column.typeKind !== 'array' && column.baseType === 'date')
    return `case when ${name} = current_date then '${nowMark}' else ${text} end`
  if (/^(?:jsonb?|text|character|citext|hstore|xml)/u.test(column.baseType))
    return `replace(replace(replace(${text}, to_json(localtimestamp) #>> '{}', '${isoNowMark}'), localtimestamp::text, '${nowMark}'), current_date::text, '${todayMark}')`
  return text
}

export const lookAtAll = (tables: readonly Table[]): string => {
  const parts = tables.flatMap((table, at) => [
    `select ${at}, array_to_json(array[${table.columns.map(shown).join(', ')}]::text[])::text ${writtenRows(table, at)}`,
    `select ${at}, '#' || (${fewerRows(table, at)})::text`,
  ])
  return `select at, line from (${parts.join(' union all ')}) looked(at, line) order by at, line collate "C"`
}

const toExperiment = ({ setting, stage }: Candidate, n: number, tables: readonly Table[]): Experiment => ({
  id: `observed#${n}`,
  rule: 'observed',
  title: '',
  world: stage.world,
  given: [...stage.given, ...keepPlaces(tables)],
  ...(stage.as ? { as: stage.as } : {}),
  when: [
    ...stage.when,
    ...(setting.constraints === 'checked' ? ['set constraints all immediate'] : []),
    ...(stage.as ? ['set local role none'] : []),
    lookAtAll(tables),
  ],
  then: { kind: 'accepted' },
})

const toOutcome = ({ fault, rows, stage }: Observation, tables: readonly Table[]): Outcome => {
  const ran = stage === 'when'
  if (fault) return { fault, ran, tables: [] }
  return {
    fault,
    ran,
    tables: tables.map((_, at) => {
      const lines = rows.filter((row) => row[0] === String(at)).map((row) => row[1]!)
      const count = lines.find((line) => line.startsWith('#'))?.slice(1) ?? '0'
      return {
        fewer: Number(count),
        rows: lines
          .filter((line) => !line.startsWith('#'))
          .map((line) => JSON.parse(line) as readonly (string | null)[]),
      }
    }),
  }
}

export interface Laboratory {
  /** A session of the prover, outside any transaction. */
  readonly db: Session
  readonly owner: string
  /** Matches what stands for today. */
  readonly day: RegExp
}

/** How many messages of experiments go into one write. */
const batchSize = 2_000

/** A broken loop may never end: a write that hangs on a mutant says nothing, and others wait for it. */
export type Patience = 'long' | 'short'

export const runInBatches = async (
  { db, owner }: Laboratory,
  trials: readonly Trial[],
  patience: Patience = 'long',
): Promise<Awaited<ReturnType<typeof runTrials>>> => {
  await db.query(`set statement_timeout = '${patience === 'long' ? '20s' : '1s'}'`)
  const outcomes: Awaited<ReturnType<typeof runTrials>>[number][] = []
  let from = 0
  while (from < trials.length) {
    let to = from
    let size = 0
    while (to < trials.length && (size === 0 || size < batchSize))
      size += trials[to++]!.experiments.length + 1
    outcomes.push(...(await runTrials(db, owner, trials.slice(from, to))))
    from = to
  }
  return outcomes
}

/** [mutant][candidate]; null for a mutant that PostgreSQL refuses. A mutant without DDL is the database as it is. */
export const tryWrites = async (
  lab: Laboratory,
  candidates: readonly Candidate[],
  tables: readonly Table[],
  mutants: readonly Pick<Mutant, 'ddl'>[],
  patience: Patience = 'long',
): Promise<readonly (readonly Outcome[] | null)[]> => {
  const experiments = candidates.map((one, n) => toExperiment(one, n, tables))
  const outcomes = await runInBatches(
    lab,
    mutants.map(({ ddl }) => ({ ddl, experiments })),
    patience,
  )
  return outcomes.map(({ ddlFault, observations }) =>
    ddlFault ? null : observations.map((one) => toOutcome(one, tables)),
  )
}

/**
 * A setting that was never set is unknown at first, and empty in a session that once had it: what is refused for that is
 * no evidence.
 */
export const hangsOnSession = ({ fault }: Outcome): boolean =>
  fault?.sqlstate === '42704' && fault.message.startsWith('unrecognized configuration parameter')

/** Which columns of each watched table are no evidence: they differ between two runs, or tell the day. */
export type Unsteady = readonly ReadonlySet<number>[]

const columnOf = (rows: TableOutcome['rows'], at: number, isUnsteady = false): string =>
  rows
    .map((row) => JSON.stringify(isUnsteady && row[at] != null ? someMark : (row[at] ?? null)))
    .toSorted()
    .join('\n')

/** Null when not even the number of rows is the same twice. `day`: matches what stands for today. */
export const unsteadyOf = (one: Outcome, two: Outcome, day: RegExp): Unsteady | null => {
  const found: Set<number>[] = []
  for (const [i, table] of one.tables.entries()) {
    const again = two.tables[i]!
    if (again.rows.length !== table.rows.length || again.fewer !== table.fewer) return null
    const width = table.rows[0]?.length ?? 0
    found.push(
      new Set(
        Array.from({ length: width }, (_, at) => at).filter(
          (at) =>
            columnOf(table.rows, at) !== columnOf(again.rows, at) ||
            table.rows.some((row) => row[at] != null && day.test(row[at])),
        ),
      ),
    )
  }
  return found
}

const masked = ({ rows }: TableOutcome, unsteady: ReadonlySet<number>): readonly string[] =>
  rows
    .map((row) =>
      JSON.stringify(row.map((value, at) => (unsteady.has(at) && value !== null ? someMark : value))),
    )
    .toSorted()

export interface TableChange {
  /** Another number of rows is written. */
  readonly count: boolean
  /** Columns whose values differ. */
  readonly columns: readonly number[]
  /** Rows differ, though no column alone does. */
  readonly rows: boolean
  readonly fewer: boolean
}

export const tableChange = (
  one: TableOutcome,
  two: TableOutcome,
  unsteady: ReadonlySet<number>,
): TableChange => {
  const count = one.rows.length !== two.rows.length
  const width = one.rows[0]?.length ?? 0
  const columns = count
    ? []
    : Array.from({ length: width }, (_, at) => at).filter(
        (at) => columnOf(one.rows, at, unsteady.has(at)) !== columnOf(two.rows, at, unsteady.has(at)),
      )
  const rows =
    !count && columns.length === 0 && masked(one, unsteady).join('\n') !== masked(two, unsteady).join('\n')
  return { count, columns, rows, fewer: one.fewer !== two.fewer }
}

/** Whether a broken database answers otherwise in what counts. */
export const isNoticed = (one: Outcome, two: Outcome, unsteady: Unsteady): boolean => {
  if (isInconclusive(two.fault)) return false
  if ((one.fault === null) !== (two.fault === null)) return true
  if (one.fault !== null) return false
  return one.tables.some((table, i) => {
    const change = tableChange(table, two.tables[i]!, unsteady[i]!)
    return change.count || change.columns.length > 0 || change.rows || change.fewer
  })
}
