/**
 * Finds out by trying what the triggers and rewrite rules of an adopted database do, and records as few writes as tell
 * them from each of their broken forms. What nothing shows becomes a finding.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { makeRows } from '../../rows/make-rows.ts'
import type { Rows } from '../../rows/rows.ts'
import { readSequenceSteps, useSequenceSteps } from '../../rows/sequence-steps.ts'
import { withOwnTriggers } from '../../rows/own-triggers.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { candidateWrites, firstWithAskers } from './candidate-writes.ts'
import { chooseWrites } from './choose-writes.ts'
import { inTurn } from './in-turn.ts'
import type { Observer } from './observer.ts'
import { observedFindings, type Tried } from './observed-findings.ts'
import type { ObservedCall, ObservedTrigger } from './observed-trigger.ts'
import { countedNoFurther } from './own-rows.ts'
import { recordWrites } from './record-writes.ts'
import { stageQuickly } from './stage-quickly.ts'
import { readTrigger } from './trigger-reads.ts'
import { inTransaction, type Bench, type Work } from './work.ts'

const nowhere: Architecture = { name: 'adopted', tables: [], identity: null }

/** More writes of one round are not tried. */
const mostWrites = 96
const mostWatched = 9
/** No further round is begun after this long: for one trigger, and for all of a database. Milliseconds. */
const longestForOne = 20_000
const longestForAll = 300_000
/** Of what is left for all, one trigger may take so many times its share: the last ones are to have theirs. */
const mostShares = 1.5

/** Of one trigger or rewrite rule, before it is known what the others notice. */
interface Seen {
  readonly structure: Structure
  readonly table: Table
  readonly calls: readonly ObservedCall[]
  readonly noticed: ReadonlySet<string>
  readonly unseen: readonly Mutant[]
  readonly tried: Tried
}

const ownFunctions = (structure: Structure, catalog: Catalog): readonly Structure<FunctionFacts>[] =>
  structure.dependsOn
    .map((id) => catalog.structures.get(id))
    .filter((s): s is Structure<FunctionFacts> => s?.kind === 'function')

/** Broken forms of the structure and of its function that somebody could notice. */
const mutantsOf = (structure: Structure, { catalog, noticed }: Work): readonly Mutant[] =>
  [structure, ...ownFunctions(structure, catalog)]
    .flatMap((s) => kindOfStructure(s).mutants(s, catalog))
    .filter((mutant) => mutant.equivalent === undefined && !noticed.has(mutant.id))

const firstOf = (settings: readonly ObservedSetting[]): readonly ObservedSetting[] =>
  [...new Map(settings.map((one) => [JSON.stringify(one), one])).values()].slice(0, mostWrites)

/** With the trigger awake, also where no row of its table gets past it: what it refuses shows what it does. */
const openBench = (work: Work, structure: Structure, table: Table): Bench => {
  const { catalog, db } = work
  const rows = withOwnTriggers(work.rows, [structure.id], catalog)
  const reads = readTrigger(structure, table, catalog)
  const context = { architecture: nowhere, catalog, rows, table, claims: [structure.id], db }
  return { work, structure, context, reads, tables: [table, ...reads.tables].slice(0, mostWatched) }
}

/** So many triggers alike have tried all rounds on it for nothing: the next one tries it in passing only. */
const barrenAfter = 2

const asReplica = { session_replication_role: `'replica'` }

/** How a structure is broken, whichever of the triggers of one shape it is. */
const breakageOf = (structure: Structure, mutant: Mutant): string =>
  mutant.structure === structure.id
    ? `${structure.kind} ${structure.definition} ${mutant.id.slice(structure.id.length)}`
    : mutant.id

/** Only another asker can tell what a function does with other rights, or on another path. */
const needsAsker = ({ operator }: Mutant): boolean => /^function\.(?:security|search-path)-/u.test(operator)

const observeOne = async (work: Work, structure: Structure, table: Table): Promise<Seen> => {
  const { db, barren } = work
  const bench = openBench(work, structure, table)
  const { context, reads, tables } = bench
  const mutants = mutantsOf(structure, work)
  const calls: ObservedCall[] = []
  const telling: ObservedSetting[] = []
  /** What is noticed, cannot be made, never ends, or is refused by something else. */
  const done = {
    noticed: new Set<string>(),
    stillborn: new Set<string>(),
    endless: new Set<string>(),
    redundant: new Set<string>(),
  }
  const openMutants = (): readonly Mutant[] =>
    mutants.filter(({ id }) => !done.noticed.has(id) && !done.stillborn.has(id) && !done.endless.has(id))
  const isHopeful = (mutant: Mutant): boolean =>
    (barren.get(breakageOf(structure, mutant)) ?? 0) < barrenAfter
  const budget = Math.min(work.until, Date.now() + Math.min(longestForOne, work.share))
  const placed = (one: ObservedSetting): ObservedSetting =>
    reads.isForReplicas ? { ...one, settings: { ...one.settings, ...asReplica } } : one
  let writes = 0
  let cutShort = false
  const { asides = [] } = await inTransaction(db, () => work.rows.world(table))
  const aside = asides.find((one) => one.structure === structure.id)?.why ?? null
  const rounds = mutants.length === 0 ? [] : await inTransaction(db, () => candidateWrites(context, reads))
  for (const [n, round] of (rounds ?? []).entries()) {
    const left = openMutants()
    const hopeful = left.filter((mutant) => !done.redundant.has(mutant.id) && isHopeful(mutant))
    if (n === 0 ? left.length === 0 : hopeful.length === 0) break
    if (n > 0 && n < firstWithAskers && hopeful.every(needsAsker)) continue
    if (n > 0 && Date.now() > budget) {
      cutShort = true
      break
    }
    const candidates = await inTransaction(db, async () =>
      stageQuickly(context, firstOf((await round(telling)).map(placed))),
    )
    if (candidates.length === 0) continue
    const tried = await chooseWrites(work, structure, tables, candidates, n === 0 ? left : hopeful, n)
    writes += tried.writes
    for (const id of tried.stillborn) done.stillborn.add(id)
    for (const id of tried.endless) done.endless.add(id)
    const recorded = await recordWrites(bench, tried.chosen, openMutants())
    calls.push(...recorded.calls)
    telling.push(...recorded.settings)
    for (const id of recorded.notices) done.noticed.add(id)
    for (const id of recorded.redundant) done.redundant.add(id)
  }
  for (const id of done.noticed) work.noticed.add(id)
  const unseen = mutants.filter(
    ({ id }) => !done.noticed.has(id) && !done.stillborn.has(id) && !done.redundant.has(id),
  )
  for (const mutant of cutShort ? [] : unseen) {
    const key = breakageOf(structure, mutant)
    barren.set(key, (barren.get(key) ?? 0) + 1)
  }
  const isShown = mutants[0] !== undefined && done.noticed.has(mutants[0].id)
  const problem = rounds === null ? (await context.rows.world(table)).problem : null
  return {
    structure,
    table,
    calls,
    noticed: done.noticed,
    unseen,
    tried: {
      writes,
      notifies: reads.notifies,
      isShown,
      cutShort,
      beyond: countedNoFurther(reads, table),
      problem,
      aside,
    },
  }
}

/** A function's broken form that no trigger shows is told once, with the last trigger that tried. */
const toldOnce = (all: readonly Seen[], noticed: ReadonlySet<string>): readonly Seen[] => {
  const told = new Set<string>()
  return all
    .toReversed()
    .map((one) => {
      const unseen = one.unseen.filter(({ id }) => !noticed.has(id) && !told.has(id))
      for (const { id } of unseen) told.add(id)
      return { ...one, unseen }
    })
    .toReversed()
}

const toObserved = (
  { structure, table, calls, noticed, unseen, tried }: Seen,
  catalog: Catalog,
): ObservedTrigger => {
  const needed = structure.dependsOn.filter((id) => catalog.structures.get(id)?.table === null)
  return {
    table: table.id,
    structure: structure.id,
    claims: calls.length === 0 ? [] : [structure.id, ...needed],
    calls,
    mutants: {
      made: noticed.size + unseen.length,
      killed: noticed.size,
      left: unseen.map(({ id, summary }) => ({ id, summary })),
    },
    findings: observedFindings(structure, table, unseen, tried),
  }
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
  useSequenceSteps(db, await readSequenceSteps(db))
  return { ...observer, rows: await inTransaction(db, () => makeRows(db, catalog)) }
}

/**
 * Observes every trigger and rewrite rule that stands on a table. Nothing is left behind. Those of one table, and those of one function, are
 * observed in order. `isAsked`: those of a platform are not.
 */
export const observeTriggers = async (
  observers: readonly Observer[],
  catalog: Catalog,
  onStructure?: (id: string, done: number, of: number) => void,
  isAsked: (structure: Structure) => boolean = () => true,
): Promise<readonly ObservedTrigger[]> => {
  const standing = [...catalog.tables.values()].flatMap((table) =>
    [...catalog.of(table.id, 'trigger'), ...catalog.of(table.id, 'rule')]
      .filter(isAsked)
      .map((structure) => ({ structure, table })),
  )
  if (standing.length === 0) return []
  try {
    const places = await Promise.all(observers.map((one) => openPlace(one, catalog)))
    const [day] = await observers[0]!.db.json<Day>(
      `select to_char(now(), 'YYYY-MM-DD') as date, to_char(now(), 'YYYY') as year`,
    )
    const noticed = new Set<string>()
    const barren = new Map<string, number>()
    const until = Date.now() + longestForAll
    const said = new Map<string, Set<string>>()
    let begun = 0
    const found = await inTurn(
      places,
      standing,
      ({ structure, table }) => [table.id, ...ownFunctions(structure, catalog).map(({ id }) => id)],
      async ({ db, rows, clean }, { structure, table }) => {
        onStructure?.(structure.id, begun, standing.length)
        const left = (places.length * Math.max(0, until - Date.now())) / (standing.length - begun++)
        const work: Work = {
          db,
          owner: table.owner,
          catalog,
          rows,
          noticed,
          barren,
          until,
          share: mostShares * left,
          said,
          day: new RegExp(`${day!.date}|(?<!\\d)${day!.year}(?!\\d)`, 'u'),
        }
        const one = await observeOne(work, structure, table)
        await clean()
        return one
      },
    )
    return toldOnce(found, noticed).map((one) => toObserved(one, catalog))
  } finally {
    for (const { db } of observers) await db.query('reset statement_timeout; reset client_min_messages')
  }
}
