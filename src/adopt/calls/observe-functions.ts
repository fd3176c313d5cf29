/**
 * Finds out by trying what the functions and procedures of an adopted database answer and do, and records as few calls
 * as tell them from each of their broken forms. What nothing shows becomes a finding.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { readFunctionClues, type FunctionClues } from '../../rows/function-clues.ts'
import { makeRows } from '../../rows/make-rows.ts'
import type { Rows } from '../../rows/rows.ts'
import { inTurn } from '../observe/in-turn.ts'
import type { Observer } from '../observe/observer.ts'
import { inTransaction } from '../observe/work.ts'
import { chooseArguments, isCallable } from './argument-values.ts'
import {
  askerRound,
  changesOf,
  combinedRound,
  firstRound,
  roundAround,
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
import { withScarceAnswers } from './scarce-answers.ts'
import { standingRows } from './standing-rows.ts'
import { openClimb } from './climb.ts'
import { traceBody } from '../../catalog/function/trace-body.ts'
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

/** Statements with which calls of one round are looked at. */
const mostLookedAt = 800

/** Statements after which only who asks is still tried: some for the function, more for each of its broken forms. */
const mostSpent = 3_000
const mostSpentOnEach = 120

/** Calls around which others are tried for nothing before no more are. */
const mostBarren = 2

/**
 * Milliseconds for one function and for all: adoption ends, and says of which it could have seen more. One may take some
 * times its share of what is left.
 */
const shortestForOne = 2_000
const longestForOne = 20_000
const longestForAll = 180_000
const mostShares = 4

/** Calls as slow as hashing a password count for many. */
const slownessOf = (calls: number, milliseconds: number): number => {
  const each = milliseconds / Math.max(1, calls * 2)
  return each < 60 ? 1 : each < 240 ? 4 : 16
}

/** What is missing where calls came to: a name that is not there, of a function or an extension. */
const hindranceOf = (seen: readonly SeenCall[]): string | null => {
  const counts = new Map<string, number>()
  for (const { seen: one, setting } of seen)
    if (
      one.fault &&
      setting.settings['search_path'] === undefined &&
      /^(?:42883|42P01|42703|42704|3F000)$/u.test(one.fault.sqlstate)
    )
      counts.set(one.fault.message, (counts.get(one.fault.message) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null
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
    const asked = { signature, reads, standing, clues, catalog }
    const choices = await withScarceAnswers(db, asked, chooseArguments(asked))
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
  /** Who asks is what it is about: only such mutants are tried, and in no other round. */
  readonly isOfAskers?: true
  readonly settings: () => Promise<readonly CallSetting[]>
}

/** Behind the plain ones come those around the calls that came farthest, as long as they show more. */
const roundsOf = (
  ground: RoundGround,
  climb: ReturnType<typeof openClimb>,
  starts: () => readonly CallSetting[],
): Iterable<Round> =>
  (function* () {
    const { db, standing } = ground
    const first = firstRound(ground)
    const plainest = first.slice(0, 1)
    yield { settings: async () => first }
    yield { settings: async () => settingRound(ground, [...plainest, ...starts().slice(0, 2)]) }
    let known: ReturnType<typeof changesOf> | null = null
    const changes = async (): ReturnType<typeof changesOf> =>
      (known ??= inTransaction(db, () => changesOf(ground)))
    for (let call = climb.next(); call !== null; call = climb.next()) {
      const from = call.setting
      yield { settings: async () => roundAround(ground, from, await changes(), climb.asked()) }
    }
    if (standing.length > 0)
      yield { settings: async () => combinedRound([...plainest, ...starts().slice(0, 2)], await changes()) }
    yield { isOfAskers: true, settings: async () => askerRound(ground, [...plainest, ...starts()]) }
  })()

/** Told only by who asks, or on which path names are found. */
const asksWho = ({ operator }: Mutant): boolean => /\b(?:security-\w+|search-path-dropped)$/u.test(operator)

const isAbout = (mutant: Mutant, { isOfAskers }: Omit<Round, 'settings'>): boolean =>
  asksWho(mutant) === (isOfAskers === true)

/** Those that somebody could notice. */
const brokenForms = (structure: FunctionStructure, catalog: Catalog): readonly Mutant[] => {
  const kind = kindOfStructure(structure)
  const answers = kind.answerMutants?.(structure, catalog) ?? []
  return [...kind.mutants(structure, catalog), ...answers].filter((mutant) => mutant.equivalent === undefined)
}

const observeOne = async (study: Study): Promise<ObservedFunction> => {
  const { lab, structure, signature } = study
  const mutants = brokenForms(structure, lab.catalog)
  if (!isCallable(signature))
    return toObserved(study, [], mutants, new Set(), new Set(), {
      calls: 0,
      brokenBy: null,
      hindrance: null,
      isCut: false,
    })
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
  const trace = traceBody(structure)
  const climb = openClimb(trace, mostBarren, () => open().filter((mutant) => !asksWho(mutant)))
  const most = mostSpent + mostSpentOnEach * mutants.length
  const seen: SeenCall[] = []
  let calls = 0
  let patience = 1
  let spent = 0
  for (const round of roundsOf(ground, climb, () => startsOf(seen))) {
    const wanted = open().filter((mutant) => isAbout(mutant, round))
    const isOver = spent > most || isBroken(seen)
    if (wanted.length === 0 || (isOver && round.isOfAskers !== true)) continue
    if (calls > 0 && isOutOfTime(lab)) break
    const settings = await round.settings()
    if (settings.length === 0) continue
    calls += settings.length
    const start = performance.now()
    const some = within(settings, (one) => one, mostLookedAt, patience)
    const looked = await lookAtCalls(lab, some, shape, trace)
    patience = Math.max(patience, slownessOf(some.length, performance.now() - start))
    seen.push(...looked)
    const {
      chosen,
      stillborn,
      spent: more,
    } = await chooseCalls(lab, looked, shape, wanted, { patience, trace })
    spent += more
    for (const id of stillborn) done.stillborn.add(id)
    const reduced = []
    for (const one of chosen) reduced.push(await reduceRows(lab, one, shape))
    const recorded = await recordCalls(lab, structure, shape, reduced, said)
    entries.push(...recorded.entries)
    for (const id of recorded.notices) done.noticed.add(id)
    climb.add(looked, recorded.entries.length > 0)
  }
  const faults = isBroken(seen) ? seen[0]!.seen.fault!.message : null
  return toObserved(study, entries, mutants, done.noticed, done.stillborn, {
    calls,
    brokenBy: faults,
    hindrance: hindranceOf(seen),
    isCut: isOutOfTime(lab),
  })
}

const toObserved = (
  { structure, signature }: Study,
  entries: readonly ObservedEntry[],
  mutants: readonly Mutant[],
  noticed: ReadonlySet<string>,
  stillborn: ReadonlySet<string>,
  tried: Pick<TriedCalls, 'calls' | 'brokenBy' | 'hindrance' | 'isCut'>,
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

/** An observer, and the rows that it makes. */
interface Place extends Observer {
  readonly rows: Rows
}

const openPlace = async (observer: Observer, catalog: Catalog): Promise<Place> => {
  const { db } = observer
  await db.query(`set statement_timeout = '20s'; set client_min_messages = error`)
  return { ...observer, rows: await inTransaction(db, () => makeRows(db, catalog)) }
}

/** Observes the functions and procedures among `asked`; nothing is left behind. */
export const observeFunctions = async (
  observers: readonly Observer[],
  catalog: Catalog,
  asked: (id: string) => boolean = () => true,
  onStructure?: (id: string, done: number, of: number) => void,
): Promise<readonly ObservedFunction[]> => {
  const functions = [...catalog.structures.values()].filter(isOwn).filter(({ id }) => asked(id))
  if (functions.length === 0) return []
  const { db } = observers[0]!
  try {
    const places = await Promise.all(observers.map((one) => openPlace(one, catalog)))
    const [day] = await db.json<Day>(
      `select to_char(now(), 'YYYY-MM-DD') as date, to_char(now(), 'YYYY') as year`,
    )
    const clues = await inTransaction(db, () => readFunctionClues(db, [...catalog.tables.values()]))
    const signatureOf = await readSignatures(db)
    const studies = functions.flatMap((structure, n) => {
      const signature = signatureOf(structure.facts)
      const isOthers =
        servesTables(structure, catalog) && readFunction(structure, [], [], catalog).tables.length > 0
      if (!signature || isOthers) return []
      return [{ n, structure, signature, weight: brokenForms(structure, catalog).length }]
    })
    const end = Date.now() + longestForAll
    let begun = 0
    let weightLeft = studies.reduce((sum, { weight }) => sum + weight, 0)
    const found = await inTurn(
      places,
      // Those that are soon seen come first: where the time is over, most have been.
      studies.toSorted((a, b) => a.weight - b.weight),
      () => [],
      async ({ db: own, rows, clean }, { n, structure, signature, weight }) => {
        onStructure?.(structure.id, begun++, studies.length)
        const now = Date.now()
        const share = (places.length * (end - now) * weight) / Math.max(1, weightLeft)
        weightLeft -= weight
        const lab: CallLaboratory = {
          db: own,
          owner: structure.facts.owner,
          catalog,
          rows,
          until: Math.min(end, now + Math.min(longestForOne, Math.max(shortestForOne, mostShares * share))),
          day: new RegExp(`${day!.date}|(?<!\\d)${day!.year}(?!\\d)`, 'u'),
        }
        const one = await observeOne({ lab, clues, structure, signature })
        await clean()
        return { n, one }
      },
    )
    return found.toSorted((a, b) => a.n - b.n).map(({ one }) => one)
  } finally {
    for (const one of observers) await one.db.query('reset statement_timeout; reset client_min_messages')
  }
}
