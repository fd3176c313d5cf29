/**
 * Runs one declared call on filled tables in a transaction that is taken back, and counts what it did there: foreign
 * keys, cascades and triggers included.
 */
import { ownFault, type PgFault } from '../postgres/fault.ts'
import { ident } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { numberIn } from '../postgres/plan-work.ts'
import { shapeOfPlan } from '../postgres/plan-shape.ts'
import { parsePlan } from '../postgres/plan.ts'
import type { Call } from '../rules/experiment.ts'
import { openCall } from './call-statement.ts'
import { countersSql, hiddenFrom, isIdle, workBetween, workIn, type CallWork } from './call-work.ts'
import { endOfFunction } from './end-of-function.ts'
import type { Observation } from './result.ts'
import { becoming } from '../rules/becoming.ts'

export const failedCall = (fault: PgFault, stage: Observation['stage']): Observation => ({
  fault,
  stage,
  affected: 0,
  rows: [],
})

/** Values for each writer, and whose they are; a fault where there are too few rows. */
export interface CallValuesRead {
  readonly values: readonly (string | null)[]
  readonly tenant: string | null
}

const tooFew = ownFault(
  'P0002',
  'the filled tables have too few rows of one tenant to take its values from: fewer are asked for with { rows: … }',
)

export const readValues = async (db: Session, call: Call): Promise<readonly CallValuesRead[] | PgFault> => {
  const [reply] = await db.batch([call.values])
  if (reply!.fault) return reply!.fault
  const rows = (reply!.commands.at(-1)?.rows ?? []).map((row) => ({
    values: row.slice(0, -1),
    tenant: row.at(-1) ?? null,
  }))
  return rows.some(({ values }) => values.includes(null)) ? tooFew : rows
}

export const isFault = (value: object): value is PgFault => 'sqlstate' in value

interface Explained {
  readonly Triggers?: readonly { readonly 'Trigger Name'?: string; readonly Calls?: number }[]
}

const costOf = (explained: string | null): Pick<CallWork, 'wal' | 'triggerCalls' | 'shape'> => {
  const plan = explained === null ? null : parsePlan(explained)
  if (explained === null || plan === null) return { wal: null, triggerCalls: null, shape: null }
  const [{ Triggers = [] } = {}] = JSON.parse(explained) as readonly Explained[]
  const calls = Triggers.filter((one) => !one['Trigger Name']?.startsWith('RI_ConstraintTrigger_'))
  return {
    wal: numberIn(plan, 'WAL Bytes'),
    triggerCalls: calls.reduce((sum, one) => sum + (one.Calls ?? 0), 0),
    shape: shapeOfPlan(plan),
  }
}

const tagged = (reply: {
  readonly commands: readonly { columns: readonly string[]; rows: readonly (readonly (string | null)[])[] }[]
}) => reply.commands.findLast(({ columns }) => columns[0] === 'assay_counters')?.rows[0] ?? []

export interface CallRun {
  readonly db: Session
  /** The role that DDL runs as. */
  readonly owner: string
  readonly ddl: readonly string[]
  readonly call: Call
}

const runIn = async ({ db, owner, ddl, call }: CallRun): Promise<Observation> => {
  const start = [
    'begin',
    ...(ddl.length === 0 ? [] : [`set local role ${ident(owner)}`, ...ddl, 'set local role none']),
  ]
  const [begun] = await db.batch([start.join(';\n')])
  if (begun!.fault) return failedCall(begun!.fault, 'world')
  const read = await readValues(db, call)
  if (isFault(read)) return failedCall(read, 'given')
  const [{ values, tenant } = { values: [], tenant: null }] = read
  const asker = call.as?.(tenant)
  const [given] = await db.batch([
    [...call.takeOut, ...(asker ? becoming(asker) : []), countersSql('before')].join(';\n'),
  ])
  if (given!.fault) return failedCall(given!.fault, 'given')
  const open = openCall(db, { explains: call.isOneStatement })
  const thrown = await endOfFunction('call', () => call.run(open.send, values))
  await open.close()
  const fault = open.fault() ?? thrown
  if (fault) return failedCall(fault, 'when')
  const [ended] = await db.batch([`set constraints all immediate;\n${countersSql('after')}`])
  if (ended!.fault) return failedCall(ended!.fault, 'when')
  const statements = open.statements()
  if (statements.length === 0) return failedCall(ownFault('P0004', 'it sends no statement'), 'when')
  const work: CallWork = {
    statements,
    ...workBetween(tagged(given!), tagged(ended!)),
    ...costOf(open.explained()),
  }
  return {
    fault: null,
    stage: 'when',
    affected: statements.reduce((sum, one) => sum + one.rows, 0),
    rows: [[JSON.stringify(work)]],
  }
}

/** Leaves nothing behind. */
const runOnce = async (run: CallRun): Promise<Observation> => {
  try {
    return await runIn(run)
  } finally {
    await run.db.batch(['rollback', 'deallocate all'])
  }
}

/** What is refused says nothing of what policies hide: it is told where the call is made for its cost. */
const nothingSeen: CallWork = {
  statements: [],
  tables: [],
  buffers: 0,
  wal: null,
  triggerCalls: null,
  shape: null,
  indexes: [],
}

/** Once more without policies, where a statement of it finds nothing under them. */
const lookBehind = async (run: CallRun): Promise<Observation> => {
  const { call } = run
  const answer = (work: CallWork): Observation => ({
    fault: null,
    stage: 'when',
    affected: 0,
    rows: [[JSON.stringify(work)]],
  })
  const seen = workIn((await runOnce(run)).rows)
  if (seen === null) return answer(nothingSeen)
  const mayHide = call.isOneStatement ? isIdle(seen) : seen.statements.some(({ rows }) => rows === 0)
  if (!mayHide) return answer(seen)
  const { as: _, ...free } = call
  const all = workIn((await runOnce({ ...run, call: free })).rows)
  return answer(all === null ? seen : { ...seen, hidden: hiddenFrom(seen, all, call.isOneStatement) })
}

/** Leaves nothing behind. */
export const runCall = (run: CallRun): Promise<Observation> =>
  run.call.looksBehind && run.call.as ? lookBehind(run) : runOnce(run)
