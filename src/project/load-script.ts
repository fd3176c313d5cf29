/**
 * Runs the statements of a dump, or of migrations that are adopted, as the owner. Roles that they name are made; what
 * needs a superuser, or hangs on an extension that the server does not have, is left out by name, and the rest goes on.
 */
import { AssayError } from '../ground/errors.ts'
import { PgError, type PgFault } from '../postgres/fault.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'
import { planStatement, type DumpPlan, type LeaveReason } from './dump-statement.ts'
import type { DumpStep } from './dump-steps.ts'
import { hangsOn } from './hanging.ts'
import { makeLineNumbers } from '../ground/line-numbers.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { createExtensions } from './schema-extensions.ts'
import { schemaFault } from './schema-fault.ts'
import { shownPath } from '../ground/source-place.ts'
import { noTransactionMarker, transactionNeed } from '../migrate/files/transaction-need.ts'

/** A statement that was not run, or that PostgreSQL refused. */
export interface LeftOut {
  /**
   * `refused`: it needs more than the owner may. `hangs`: on something that was left out before it. `platform`: the
   * prelude has made it.
   */
  readonly because: LeaveReason | 'refused' | 'hangs' | 'platform'
  /** Its first line. */
  readonly text: string
  readonly file: string
  readonly line: number
  /** What PostgreSQL said; null when it was not asked. */
  readonly message: string | null
  /** Who would own something. */
  readonly role?: string
  /** Names of missing extensions: one of them brings what it needs. */
  readonly on?: readonly string[]
}

export interface MissingExtension {
  readonly name: string
  readonly found: string
  readonly file: string
  readonly line: number
}

export interface Loaded {
  readonly leftOut: readonly LeftOut[]
  readonly missing: readonly MissingExtension[]
  /** How often `setval` says how far a sequence has come, in a dump. */
  readonly numbers: number
  /** Roles that pass every policy where the file comes from. */
  readonly bypassing: readonly string[]
}

export interface LoadWish {
  readonly server: Server
  readonly database: string
  /** Migrations: each file in a transaction of its own, and its rows too. A dump: as psql runs it, without rows. */
  readonly asMigrations: boolean
  /** A dump that may hold what a prelude has made before it. */
  readonly isOverPrelude?: boolean
  readonly onProgress?: (done: number, of: number) => void
}

interface Loading extends LoadWish {
  readonly db: Session
  readonly steps: readonly DumpStep[]
  readonly leftOut: LeftOut[]
  readonly missing: MissingExtension[]
  readonly bypassing: Set<string>
  readonly lines: Map<MigrationFile, (offset: number) => number>
  /** A transaction is open: a refusal must not end it. */
  inside: boolean
}

const beginsWith = (words: string): RegExp => new RegExp(`^(?:${words})\\b`, 'iu')
const begins = beginsWith('begin|start')
const ends = beginsWith(String.raw`commit|end|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b)|abort`)
const controls = beginsWith('begin|start|commit|end|rollback|abort|prepare|savepoint|release')

const missingRole = /^role "(?<name>[^]*)" does not exist$/u

/** A name that stands for nothing. */
const undefinedThing = new Set(['42704', '42883', '42P01', '3F000', '42703', '58P01', '0A000'])

/** Whether a refusal says that something is not there. */
export const standsForNothing = (sqlstate: string): boolean => undefinedThing.has(sqlstate)

/** A relation, object, function, column, schema or primary key that is there already. */
const madeTwice = new Set(['42P07', '42710', '42723', '42701', '42P06', '42P16'])

/** Nothing is there to be dropped, or it is there already, or it is a setting of another version. */
const isTrueAlready = (text: string, { sqlstate, message }: PgFault): boolean => {
  if (/^drop\b|^alter\s[^]*\bdrop\s+constraint\b/iu.test(text)) return undefinedThing.has(sqlstate)
  if (/^create\s+schema\b/iu.test(text)) return sqlstate === '42P06'
  if (/^create\s+(?:or\s+replace\s+)?(?:trusted\s+)?(?:procedural\s+)?language\b/iu.test(text)) return true
  if (/^set\b/iu.test(text)) return sqlstate === '42704' || sqlstate === '42501'
  return sqlstate === '42710' && message.startsWith('extension ')
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').trim().slice(0, 160)

const placeOf = (
  { lines }: Loading,
  { source, step }: DumpStep,
): { readonly file: string; readonly line: number } => {
  const known = lines.get(source)
  const lineOf = known ?? makeLineNumbers(source.text)
  if (!known) lines.set(source, lineOf)
  return { file: shownPath(source.file), line: lineOf(step.start) }
}

const leaveOut = (
  loading: Loading,
  at: DumpStep,
  because: LeftOut['because'],
  more: Pick<LeftOut, 'role' | 'on'> & { readonly message?: string } = {},
): void => {
  const { message = null, role, on } = more
  loading.leftOut.push({
    because,
    text: firstLine(at.step.text),
    ...placeOf(loading, at),
    message,
    ...(role === undefined ? {} : { role }),
    ...(on === undefined ? {} : { on }),
  })
}

/** What a step does to the database: why PostgreSQL refused it, or null. An open transaction goes on as it was before. */
const attempt = async ({ db, inside }: Loading, { step }: DumpStep): Promise<PgFault | null> => {
  if (step.kind === 'copy') {
    if (inside) await db.query('savepoint assay_step')
    const fault = await db.copyIn(step.text, step.data).then(
      () => null,
      (cause: unknown) => {
        if (cause instanceof PgError) return cause.fault
        throw cause
      },
    )
    if (inside) await db.query(`${fault ? 'rollback to' : 'release'} savepoint assay_step`)
    return fault
  }
  if (!inside || controls.test(step.text)) return (await db.batch([step.text]))[0]!.fault
  const fault = (await db.batch(['savepoint assay_step', step.text]))[1]!.fault
  await db.query(`${fault ? 'rollback to' : 'release'} savepoint assay_step`)
  return fault
}

const makeRole = ({ db }: Loading, name: string): Promise<unknown> =>
  db.query(
    `do $do$ begin if not exists (select from pg_catalog.pg_roles where rolname = ${literal(name)}) then create role ${ident(name)} nologin; end if; end $do$`,
  )

const makeMember = async (loading: Loading, member: string, group: string): Promise<void> => {
  for (const name of [member, group]) await makeRole(loading, name)
  await loading.db.query(`grant ${ident(group)} to ${ident(member)}`)
}

const hasLeftOutObjects = ({ missing, leftOut }: Loading): boolean =>
  missing.length > 0 || leftOut.some(({ because }) => because === 'refused' || because === 'platform')

const leaveHanging = (loading: Loading, at: DumpStep, message: string): void => {
  const names = loading.missing.map(({ name }) => name)
  leaveOut(loading, at, 'hangs', {
    message,
    ...(names.length === 0 ? {} : { on: hangsOn(message, names, loading.leftOut) }),
  })
}

const runStep = async (loading: Loading, at: DumpStep, index: number): Promise<void> => {
  const { steps, db, asMigrations } = loading
  const { text, start } = at.step
  const made = new Set<string>()
  for (;;) {
    const fault = await attempt(loading, at)
    if (fault === null) break
    const role = fault.sqlstate === '42704' ? missingRole.exec(fault.message)?.groups?.['name'] : undefined
    if (role !== undefined && !made.has(role)) {
      made.add(role)
      await makeRole(loading, role)
      continue
    }
    if (isTrueAlready(text, fault)) return
    if (loading.isOverPrelude === true && madeTwice.has(fault.sqlstate))
      return leaveOut(loading, at, 'platform', { message: fault.message })
    if (fault.sqlstate === '42501') return leaveOut(loading, at, 'refused', { message: fault.message })
    if (undefinedThing.has(fault.sqlstate) && hasLeftOutObjects(loading))
      return leaveHanging(loading, at, fault.message)
    // The rows that it would stand on were left out.
    if (!asMigrations && fault.sqlstate.startsWith('23'))
      return leaveOut(loading, at, 'rows', { message: fault.message })
    throw schemaFault(new PgError(fault, text), {
      source: at.source,
      text,
      start,
      number: steps.slice(0, index).filter(({ source }) => source === at.source).length + 1,
      of: steps.filter(({ source }) => source === at.source).length,
      owner: db.address.user,
    })
  }
  if (begins.test(text)) loading.inside = true
  if (ends.test(text)) loading.inside = false
}

/** What `\gexec` does: every value that the statement answers runs as a statement, row by row. */
const executeResult = async (loading: Loading, at: DumpStep, index: number): Promise<void> => {
  const { db, inside, asMigrations } = loading
  const replies = await db.batch([...(inside ? ['savepoint assay_step'] : []), at.step.text])
  const { fault, commands } = replies.at(-1)!
  if (inside) await db.query(`${fault ? 'rollback to' : 'release'} savepoint assay_step`)
  if (fault) return runStep(loading, at, index)
  for (const text of commands.flatMap(({ rows }) => rows.flat())) {
    if (text === null) continue
    const { executesResult: _, ...place } = at
    const made: DumpStep = { ...place, step: { kind: 'statement', text, start: at.step.start } }
    await runPlan(loading, made, index, planStatement(text, asMigrations))
  }
}

const runPlan = async (loading: Loading, at: DumpStep, index: number, plan: DumpPlan): Promise<void> => {
  if (plan.do === 'run')
    await (at.executesResult === true && at.step.kind === 'statement'
      ? executeResult(loading, at, index)
      : runStep(loading, at, index))
  else if (plan.do === 'leave')
    leaveOut(loading, at, plan.because, plan.role === undefined ? {} : { role: plan.role })
  else if (plan.do === 'role') {
    await makeRole(loading, plan.name)
    for (const [member, group] of plan.memberships) await makeMember(loading, member, group)
    if (plan.bypassesRowSecurity) loading.bypassing.add(plan.name)
  }
}

const createExtension = async (
  loading: Loading,
  at: DumpStep,
  { name, schema }: Extract<DumpPlan, { readonly do: 'extension' }>,
): Promise<void> => {
  if (name === 'plpgsql') return
  try {
    const listed = schema === null || schema === 'pg_catalog' ? name : `${name} with schema ${schema}`
    await createExtensions(loading.server, loading.database, [listed])
  } catch (cause) {
    if (!(cause instanceof AssayError) || cause.code !== 'schema.extension') throw cause
    loading.missing.push({ name, found: cause.found ?? cause.message, ...placeOf(loading, at) })
  }
}

/** One file in a transaction, unless it holds what cannot run in one. */
const needsTransaction = (steps: readonly DumpStep[], script: DumpStep['script']): boolean =>
  !noTransactionMarker.test(script.text) &&
  steps.every((one) => one.script !== script || transactionNeed(one.step.text) === 'any')

const endFile = async (loading: Loading, index: number): Promise<void> => {
  const { db, steps } = loading
  const last = steps[index]!
  const [reply] = await db.batch([loading.inside ? 'commit' : 'select'])
  loading.inside = false
  if (reply?.fault)
    throw schemaFault(new PgError(reply.fault, last.step.text), {
      source: last.source,
      text: last.step.text,
      start: last.step.start,
      number: index + 1,
      of: steps.length,
      owner: db.address.user,
    })
  // The next file starts as in a session of its own: no search_path of this one.
  await db.query('discard all')
}

const runAll = async (loading: Loading, plans: readonly DumpPlan[]): Promise<void> => {
  const { steps, db, asMigrations } = loading
  for (const [index, at] of steps.entries()) {
    const isFirst = steps[index - 1]?.script !== at.script
    if (isFirst && asMigrations && needsTransaction(steps, at.script)) {
      await db.query('begin')
      loading.inside = true
    }
    await runPlan(loading, at, index, plans[index]!)
    loading.onProgress?.(index + 1, steps.length)
    if (steps[index + 1]?.script !== at.script) await endFile(loading, index)
  }
}

const setsNumber = /^select\s+(?:pg_catalog\.)?setval\s*\(/iu

/** Throws AssayError with the place in the user's file for what PostgreSQL refuses for any other reason. */
export const loadScript = async (steps: readonly DumpStep[], wish: LoadWish): Promise<Loaded> => {
  await loadParser()
  const plans = steps.map(({ step }): DumpPlan => {
    if (step.kind === 'copy') return wish.asMigrations ? { do: 'run' } : { do: 'leave', because: 'rows' }
    return planStatement(step.text, wish.asMigrations)
  })
  const db = await wish.server.connect(wish.database, 'owner')
  const loading: Loading = {
    ...wish,
    db,
    steps,
    leftOut: [],
    missing: [],
    bypassing: new Set(),
    lines: new Map(),
    inside: false,
  }
  try {
    // First, as in a project: made later, they would wait for what the file's own transaction holds.
    for (const [index, plan] of plans.entries()) {
      if (plan.do === 'extension') await createExtension(loading, steps[index]!, plan)
    }
    await runAll(loading, plans)
  } finally {
    await db.end()
  }
  const numbers = wish.asMigrations ? 0 : steps.filter(({ step }) => setsNumber.test(step.text)).length
  return {
    leftOut: loading.leftOut,
    missing: loading.missing,
    numbers,
    bypassing: [...loading.bypassing].toSorted(),
  }
}
