/** From two databases, one of them empty, to a copy that follows the other. Each step is made only where it is not there yet. */
import { randomBytes } from 'node:crypto'
import { AssayError } from '../../ground/errors.ts'
import { literal } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { closeTarget, doorStatements } from './doors.ts'
import { readFacts, type SideFacts } from './facts.ts'
import {
  makePublication,
  makeSlot,
  publicationStatement,
  slotStatement,
  subscribe,
  subscriptionStatement,
  waitUntilCopied,
  type Followed,
} from './follow.ts'
import { createJournalSql, jsonLiteral, noteSql, readJournal } from './journal.ts'
import { slotName } from './names.ts'
import { preflight, type CutoverWish } from './preflight.ts'
import {
  compareSchemas,
  leftOut,
  readApplier,
  readSchema,
  readSourceSchema,
  runStatements,
  schemaDigest,
  schemaStatements,
  type SourceSchema,
} from './schema.ts'
import type { Pair } from './side.ts'
import { activeKey, describeRow, isPaused, readRows } from './state.ts'
import { notOfOne } from './faults.ts'
import { withoutSecret } from './conninfo.ts'

export interface CutoverPlan {
  readonly facts: { readonly from: SideFacts; readonly to: SideFacts }
  readonly findings: readonly Finding[]
  /** What `copy` would run, in order, for people: without the password. */
  readonly sql: readonly { readonly on: 'from' | 'to'; readonly statement: string }[]
}

const isRefused = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error')

const pidsOf = ({ from, to }: Pair): readonly number[] => [...from.pids(), ...to.pids()]

interface Looked {
  readonly facts: CutoverPlan['facts']
  readonly findings: readonly Finding[]
  readonly source: SourceSchema
}

const look = async (pair: Pair, wish: CutoverWish): Promise<Looked> => {
  const pids = pidsOf(pair)
  const [from, to] = await Promise.all([readFacts(pair.from, pids), readFacts(pair.to, pids)])
  const source = await readSourceSchema(pair.from.db)
  const findings = [...preflight(pair, from, to, wish), ...leftOut(source.baseline, wish.accepts)]
  return { facts: { from, to }, findings, source }
}

const identitySql = (table: string, isFull: boolean): string =>
  `alter table ${table} replica identity ${isFull ? 'full' : 'default'}`

const schemaSteps = async (
  pair: Pair,
  wish: CutoverWish,
  { source, facts }: Looked,
  id: string,
): Promise<readonly string[]> => [
  ...schemaStatements(source.baseline, await readApplier(pair.to)),
  ...createJournalSql({ side: 'to', id, isOpen: false, isOneWay: wish.isOneWay }),
  ...(wish.setsIdentity ? facts.from.noIdentity.map((table) => identitySql(table, true)) : []),
]

/** Reads both sides and writes nothing. */
export const planCutover = async (pair: Pair, wish: CutoverWish): Promise<CutoverPlan> => {
  const looked = await look(pair, wish)
  const id = '…'
  const on =
    (side: 'from' | 'to') =>
    (statement: string): CutoverPlan['sql'][number] => ({ on: side, statement })
  const slot = slotName(id, 'from')
  return {
    facts: looked.facts,
    findings: looked.findings,
    sql: [
      ...(await schemaSteps(pair, wish, looked, id)).map(on('to')),
      ...createJournalSql({ side: 'from', id, isOpen: true, isOneWay: wish.isOneWay }).map(on('from')),
      ...(wish.setsIdentity ? looked.facts.from.noIdentity.map((t) => on('from')(identitySql(t, true))) : []),
      on('from')(await publicationStatement(pair.from)),
      on('from')(slotStatement(slot)),
      on('to')(
        subscriptionStatement(withoutSecret(pair.from.reached), { slot, copiesRows: true, isEnabled: true }),
      ),
    ],
  }
}

const inTransaction = async (pair: Pair, key: 'from' | 'to', work: () => Promise<void>): Promise<void> => {
  const { db } = pair[key]
  await db.query('begin')
  try {
    await work()
    await db.query('commit')
  } finally {
    await db.batch(['rollback'])
  }
}

/** Nobody but the cutover comes in before the switch: the target is closed from its first moment. */
const makeTarget = async (pair: Pair, wish: CutoverWish, looked: Looked, id: string): Promise<void> => {
  const { to } = pair
  const steps = await schemaSteps(pair, wish, looked, id)
  await inTransaction(pair, 'to', async () => {
    await runStatements(to, steps)
    await runStatements(to, await doorStatements(to))
    await closeTarget(pair.from, to)
    await runStatements(to, [
      noteSql(`identities = ${jsonLiteral(wish.setsIdentity ? looked.facts.from.noIdentity : [])}`),
    ])
  })
}

const noTime = (table: string, message: string): AssayError =>
  new AssayError(`The replica identity of ${table} could not be set.`, {
    code: 'cutover.lock',
    exit: 3,
    found: message,
    why: 'the application is never made to wait for longer than half a second',
    mend: 'Run the same command again at a quieter moment.',
  })

/** Short locks, one table after the other. */
export const setIdentities = async (
  { db }: Pair['from'],
  tables: readonly string[],
  isFull: boolean,
): Promise<void> => {
  for (const table of tables) {
    const [reply] = await db.batch([
      `begin; set local lock_timeout = 500; ${identitySql(table, isFull)}; commit`,
      'rollback',
    ])
    if (reply?.fault) throw noTime(table, reply.fault.message)
  }
}

const makeSource = async (pair: Pair, wish: CutoverWish, looked: Looked, id: string): Promise<void> => {
  const { from } = pair
  const tables = wish.setsIdentity ? looked.facts.from.noIdentity : []
  await inTransaction(pair, 'from', () =>
    runStatements(from, [
      ...createJournalSql({ side: 'from', id, isOpen: true, isOneWay: wish.isOneWay }),
      noteSql(`identities = ${jsonLiteral(tables)}`),
    ]),
  )
}

/** Whatever was made or changed in the source while its copy was made is noticed here. */
const noteSchemas = async ({ from, to }: Pair, { accepts }: CutoverWish): Promise<readonly Finding[]> => {
  const [source, target] = await Promise.all([readSchema(from.db), readSchema(to.db)])
  const differences = compareSchemas(source, target).map((one): Finding =>
    accepts.includes('schema-left-out') && one.severity === 'error' ? { ...one, severity: 'warning' } : one,
  )
  if (isRefused(differences)) return differences
  await from.db.query(noteSql(`schema = ${literal(schemaDigest(source.schema))}`))
  await to.db.query(noteSql(`schema = ${literal(schemaDigest(target.schema))}`))
  return differences
}

export interface CopyProgress {
  readonly step: string
  readonly followed: Followed | null
}

export interface Copied {
  /** Errors: nothing was begun. */
  readonly findings: readonly Finding[]
  readonly followed: Followed | null
}

/** The two journals, made or found. Answers findings that stand in the way. */
const begin = async (
  pair: Pair,
  wish: CutoverWish,
  onProgress: (progress: CopyProgress) => void,
): Promise<readonly Finding[]> => {
  const [from, to] = await Promise.all([readJournal(pair.from.db), readJournal(pair.to.db)])
  if (from !== null && (to === null || from.id !== to.id || from.side !== 'from'))
    throw notOfOne(describeRow(from), describeRow(to))
  let findings: readonly Finding[] = []
  if (from === null) {
    onProgress({ step: 'looking at both sides', followed: null })
    const looked = await look(pair, wish)
    // A run that was killed behind the schema: the target is not empty because of it.
    const ours = to?.side === 'to' && to.epoch === 0 && !to.isOpen
    findings = ours
      ? looked.findings.filter(({ code }) => code !== 'cutover.target-not-empty')
      : looked.findings
    if (isRefused(findings)) return findings
    const id = to?.id ?? randomBytes(4).toString('hex')
    onProgress({ step: 'making the schema', followed: null })
    if (!ours) await makeTarget(pair, wish, looked, id)
    await makeSource(pair, wish, looked, id)
  }
  return findings
}

/**
 * Begins, or goes on where it stood, until the target has all rows and follows. Nothing of the source is changed but what
 * logical replication needs: a publication, a slot, a schema `assay_cutover`, and what --identity-full says.
 */
export const copy = async (
  pair: Pair,
  wish: CutoverWish,
  onProgress: (progress: CopyProgress) => void,
): Promise<Copied> => {
  const findings = [...(await begin(pair, wish, onProgress))]
  if (isRefused(findings)) return { findings, followed: null }
  const rows = await readRows(pair)
  const active = activeKey(rows)
  const slot = slotName(rows.from.id, active)
  if (active === 'from' && !isPaused(rows)) {
    await setIdentities(pair.from, rows.from.identities, true)
    if (rows.from.schema === null || rows.to.schema === null)
      findings.push(...(await noteSchemas(pair, wish)))
    if (isRefused(findings)) return { findings, followed: null }
    await makePublication(pair.from)
    onProgress({ step: 'waiting for transactions under way', followed: null })
    await makeSlot(pair.from, slot)
    await subscribe(pair.to, pair.from, { slot, copiesRows: true, isEnabled: true })
    if (!rows.from.isOneWay) await makePublication(pair.to)
  }
  const standby = pair[active === 'from' ? 'to' : 'from']
  const followed = await waitUntilCopied(standby, pair[active], slot, (state) =>
    onProgress({ step: 'copying', followed: state }),
  )
  if (active === 'from') {
    onProgress({ step: 'gathering statistics', followed })
    await pair.to.db.query('analyze')
  }
  return { findings, followed }
}
