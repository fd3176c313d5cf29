/**
 * Finds out by trying what the functions and procedures of an adopted database answer and do, and records as few calls
 * as tell them from each of their broken forms. What nothing shows becomes a finding.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'
import { readFunctionClues, type FunctionClues } from '../../rows/function-clues.ts'
import { makeRows } from '../../rows/make-rows.ts'
import { inTransaction } from '../observe/work.ts'
import { chooseArguments, isCallable } from './argument-values.ts'
import {
  argumentRound,
  askerRound,
  changesOf,
  combinedRound,
  firstRound,
  rowRound,
  settingRound,
  type RoundGround,
} from './call-rounds.ts'
import { chooseCalls, lookAtCalls, promise, within, type SeenCall } from './choose-calls.ts'
import { functionFindings, type TriedCalls } from './function-findings.ts'
import { readFunction } from './function-reads.ts'
import type { ObservedEntry, ObservedFunction } from './observed-function.ts'
import { recordCalls } from './record-calls.ts'
import { reduceRows } from './reduce-rows.ts'
import { readSignatures, type Signature } from './signatures.ts'
import { standingRows } from './standing-rows.ts'
import { isOutOfTime, type CallLaboratory, type CallSetting, type CallShape } from './try-calls.ts'

type FunctionStructure = Structure<FunctionFacts>

interface Study {
  readonly lab: CallLaboratory
  readonly clues: FunctionClues
  readonly structure: FunctionStructure
  readonly signature: Signature
}

/** Calls that later rounds start from: those that show most, each seen otherwise. */
const mostStarts = 4

/** Statements with which calls of one round are looked at, and after which only who asks is still tried. */
const mostLookedAt = 800
const mostSpent = 4_000

/** Milliseconds for one function and for all: adoption ends, and says of which it could have seen more. */
const longestForOne = 20_000
const longestForAll = 240_000

/** Calls as slow as hashing a password count for many. */
const slownessOf = (calls: number, milliseconds: number): number => {
  const each = milliseconds / Math.max(1, calls * 2)
  return each < 12 ? 1 : each < 60 ? 4 : 16
}

/** Every call meets a name that is not there: no other argument and no other row changes that. */
const isBroken = (seen: readonly SeenCall[]): boolean => {
  const [first] = seen
  return (
    first?.seen.fault != null &&
    /^42(?!501)/u.test(first.seen.fault.sqlstate) &&
    seen.every((one) => one.seen.fault?.sqlstate === first.seen.fault?.sqlstate)
  )
}

const openGround = async ({ lab, clues, structure, signature }: Study): Promise<RoundGround> => {
  const { catalog, rows, db } = lab
  const given = signature.arguments.flatMap((one) =>
    [...catalog.tables.values()].filter((t) => t.schema === one.table?.schema && t.name === one.table.name),
  )
  const reads = readFunction(
    structure,
    signature.arguments.map((one) => one.name),
    given,
    catalog,
  )
  const { facts } = structure
  return inTransaction(db, async () => {
    const standing = await standingRows({ rows, catalog }, reads)
    const choices = chooseArguments({ signature, reads, standing, clues, catalog })
    const routine = `${qualified(facts)}(${facts.args.join(', ')})`
    return { db, rows, signature, reads, standing, choices, routine, ownerOf: facts.owner }
  })
}

/** The plainest call, and the best ones so far, one of each that is seen alike. */
const startsOf = (seen: readonly SeenCall[]): readonly CallSetting[] => {
  const byOutcome = new Map<string, SeenCall>()
  for (const one of seen) {
    const key = JSON.stringify([one.seen.fault?.message ?? null, one.seen.tables])
    if (!byOutcome.has(key)) byOutcome.set(key, one)
  }
  const best = [...byOutcome.values()].toSorted((a, b) => promise(b) - promise(a)).map((one) => one.setting)
  return [...new Set(best.slice(0, mostStarts))]
}

interface Round {
  /** Other rows alone are tried: who is only told by a null argument is left out. */
  readonly isOfRows?: true
  /** Who asks is what it is about: only such mutants are tried, and in no other round. */
  readonly isOfAskers?: true
  readonly settings: () => Promise<readonly CallSetting[]>
}

const roundsOf = (ground: RoundGround, starts: () => readonly CallSetting[]): readonly Round[] => {
  const { db, standing } = ground
  const hasRows = standing.length > 0
  const first = firstRound(ground)
  const plainest = first.slice(0, 1)
  let changes: ReturnType<typeof changesOf> | null = null
  const known = async (): ReturnType<typeof changesOf> =>
    (changes ??= inTransaction(db, () => changesOf(ground)))
  const ofRows = (most: number) => async () =>
    hasRows ? rowRound(ground, [...plainest, ...starts().slice(0, most)], await known()) : []
  return [
    { settings: async () => first },
    { settings: async () => settingRound(ground, [...plainest, ...starts().slice(0, 2)]) },
    { isOfRows: true, settings: ofRows(1) },
    { settings: async () => (ground.signature.arguments.length > 1 ? argumentRound(ground) : []) },
    { isOfRows: true, settings: ofRows(3) },
    {
      isOfRows: true,
      settings: async () =>
        hasRows ? combinedRound([...plainest, ...starts().slice(0, 2)], await known()) : [],
    },
    { isOfAskers: true, settings: async () => askerRound(ground, [...plainest, ...starts()]) },
  ]
}

/** Told only by who asks, or on which path names are found. */
const asksWho = ({ operator }: Mutant): boolean => /\b(?:security-\w+|search-path-dropped)$/u.test(operator)

/** Told only by calls with null. */
const asksNull = ({ operator }: Mutant): boolean => /\b(?:strict|called-on-null)$/u.test(operator)

const isAbout = (mutant: Mutant, { isOfAskers, isOfRows }: Omit<Round, 'settings'>): boolean =>
  asksWho(mutant) ? isOfAskers === true : isOfAskers !== true && !(isOfRows === true && asksNull(mutant))

const observeOne = async (study: Study): Promise<ObservedFunction> => {
  const { lab, structure, signature } = study
  const mutants = kindOfStructure(structure)
    .mutants(structure, lab.catalog)
    .filter((mutant) => mutant.equivalent === undefined)
  if (!isCallable(signature))
    return toObserved(study, [], mutants, new Set(), new Set(), { calls: 0, brokenBy: null, isCut: false })
  const ground = await openGround(study)
  const shape: CallShape = {
    isProcedure: structure.facts.isProcedure,
    isVoid: structure.facts.returns === 'void',
    columns: signature.isRecord ? [] : signature.columns,
    tables: ground.reads.watched,
  }
  const entries: ObservedEntry[] = []
  const said = new Set<string>()
  const done = { noticed: new Set<string>(), stillborn: new Set<string>() }
  const open = (): readonly Mutant[] =>
    mutants.filter(({ id }) => !done.noticed.has(id) && !done.stillborn.has(id))
  const seen: SeenCall[] = []
  let calls = 0
  let patience = 1
  let spent = 0
  for (const round of roundsOf(ground, () => startsOf(seen))) {
    const wanted = open().filter((mutant) => isAbout(mutant, round))
    const isOver = spent > mostSpent || isBroken(seen)
    if (wanted.length === 0 || (isOver && round.isOfAskers !== true)) continue
    if (calls > 0 && isOutOfTime(lab)) break
    const settings = await round.settings()
    if (settings.length === 0) continue
    calls += settings.length
    const start = performance.now()
    const some = within(settings, (one) => one, mostLookedAt, patience)
    const looked = await lookAtCalls(lab, some, shape)
    patience = Math.max(patience, slownessOf(some.length, performance.now() - start))
    seen.push(...looked)
    const { chosen, stillborn, spent: more } = await chooseCalls(lab, looked, shape, wanted, patience)
    spent += more
    for (const id of stillborn) done.stillborn.add(id)
    const reduced = []
    for (const one of chosen) reduced.push(await reduceRows(lab, one, shape))
    const recorded = await recordCalls(lab, structure, shape, reduced, said)
    entries.push(...recorded.entries)
    for (const id of recorded.notices) done.noticed.add(id)
  }
  const faults = isBroken(seen) ? seen[0]!.seen.fault!.message : null
  return toObserved(study, entries, mutants, done.noticed, done.stillborn, {
    calls,
    brokenBy: faults,
    isCut: isOutOfTime(lab),
  })
}

const toObserved = (
  { structure, signature }: Study,
  entries: readonly ObservedEntry[],
  mutants: readonly Mutant[],
  noticed: ReadonlySet<string>,
  stillborn: ReadonlySet<string>,
  tried: Pick<TriedCalls, 'calls' | 'brokenBy' | 'isCut'>,
): ObservedFunction => {
  const left = mutants.filter(({ id }) => !noticed.has(id) && !stillborn.has(id))
  const findings: readonly Finding[] = functionFindings(structure, left, {
    ...tried,
    isShown: entries.length > 0,
    isCallable: isCallable(signature),
  })
  return {
    structure: structure.id,
    entries,
    mutants: {
      made: noticed.size + left.length,
      killed: noticed.size,
      left: left.map(({ id, summary }) => ({ id, summary })),
    },
    findings,
  }
}

const beside = new Set(['grant', 'comment'])

/** Rules of a table prove it with what stands on it there: a policy's or trigger's function. */
const servesTables = (structure: Structure, catalog: Catalog): boolean =>
  catalog.dependents(structure.id).some((s) => s.table !== null && !beside.has(s.kind))

/** Functions that somebody calls: what only triggers call is seen with these. */
const isOwn = (structure: Structure): structure is FunctionStructure => {
  if (structure.kind !== 'function') return false
  const { isTrigger, isEventTrigger } = structure.facts as FunctionFacts
  return !isTrigger && !isEventTrigger
}

interface Day {
  readonly date: string
  readonly year: string
}

/**
 * Observes the functions and procedures among `asked`. `db`: a session of the prover on an empty migrated copy,
 * outside any transaction; nothing is left behind.
 */
export const observeFunctions = async (
  db: Session,
  catalog: Catalog,
  asked: (id: string) => boolean = () => true,
  onStructure?: (id: string, done: number, of: number) => void,
): Promise<readonly ObservedFunction[]> => {
  const functions = [...catalog.structures.values()].filter(isOwn).filter(({ id }) => asked(id))
  if (functions.length === 0) return []
  await db.query(`set statement_timeout = '20s'; set client_min_messages = error`)
  try {
    const [day] = await db.json<Day>(
      `select to_char(now(), 'YYYY-MM-DD') as date, to_char(now(), 'YYYY') as year`,
    )
    const rows = await inTransaction(db, () => makeRows(db, catalog))
    const clues = await inTransaction(db, () => readFunctionClues(db, [...catalog.tables.values()]))
    const signatureOf = await readSignatures(db)
    const found: ObservedFunction[] = []
    const end = Date.now() + longestForAll
    for (const [i, structure] of functions.entries()) {
      onStructure?.(structure.id, i, functions.length)
      const signature = signatureOf(structure.facts)
      if (!signature) continue
      const lab: CallLaboratory = {
        db,
        owner: structure.facts.owner,
        catalog,
        rows,
        until: Math.min(end, Date.now() + longestForOne),
        day: new RegExp(`${day!.date}|(?<!\\d)${day!.year}(?!\\d)`, 'u'),
      }
      if (servesTables(structure, catalog) && readFunction(structure, [], [], catalog).tables.length > 0)
        continue
      found.push(await observeOne({ lab, clues, structure, signature }))
    }
    return found
  } finally {
    await db.query('reset statement_timeout; reset client_min_messages')
  }
}
