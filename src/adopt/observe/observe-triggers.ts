/**
 * Finds out by trying what the triggers and rewrite rules of an adopted database do, and records as few writes as tell
 * them from each of their broken forms. What nothing shows becomes a finding.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Session } from '../../postgres/session.ts'
import { makeRows } from '../../rows/make-rows.ts'
import type { ObservedSetting } from '../../rules/observed-stage.ts'
import { candidateWrites } from './candidate-writes.ts'
import { chooseWrites } from './choose-writes.ts'
import { observedFindings } from './observed-findings.ts'
import type { ObservedCall, ObservedTrigger } from './observed-trigger.ts'
import { recordWrites } from './record-writes.ts'
import { stageQuickly } from './stage-quickly.ts'
import { readTrigger } from './trigger-reads.ts'
import { inTransaction, type Bench, type Work } from './work.ts'

const nowhere: Architecture = { name: 'adopted', tables: [], identity: null }

/** More writes of one round are not tried. */
const mostWrites = 96
const mostWatched = 9

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

const openBench = (work: Work, structure: Structure, table: Table): Bench => {
  const { catalog, rows, db } = work
  const reads = readTrigger(structure, table, catalog)
  const context = { architecture: nowhere, catalog, rows, table, claims: [structure.id], db }
  return { work, structure, context, reads, tables: [table, ...reads.tables].slice(0, mostWatched) }
}

const observeOne = async (work: Work, structure: Structure, table: Table): Promise<ObservedTrigger> => {
  const { catalog, db } = work
  const bench = openBench(work, structure, table)
  const { context, reads, tables } = bench
  const mutants = mutantsOf(structure, work)
  const calls: ObservedCall[] = []
  /** What is noticed, cannot be made, or is refused by something else. */
  const done = { noticed: new Set<string>(), stillborn: new Set<string>(), redundant: new Set<string>() }
  const openMutants = (): readonly Mutant[] =>
    mutants.filter(({ id }) => !done.noticed.has(id) && !done.stillborn.has(id))
  let writes = 0
  const rounds = await inTransaction(db, () => candidateWrites(context, reads))
  for (const [n, round] of (rounds ?? []).entries()) {
    const left = openMutants()
    if (left.length === 0) break
    const candidates = await inTransaction(db, async () => stageQuickly(context, firstOf(await round())))
    if (candidates.length === 0) continue
    const tried = await chooseWrites(work, structure, tables, candidates, left, n)
    writes += tried.writes
    for (const id of tried.stillborn) done.stillborn.add(id)
    const recorded = await recordWrites(bench, tried.chosen, openMutants())
    calls.push(...recorded.calls)
    for (const id of recorded.notices) done.noticed.add(id)
    for (const id of recorded.redundant) done.redundant.add(id)
  }
  for (const id of done.noticed) work.noticed.add(id)
  const unseen = openMutants().filter(({ id }) => !done.redundant.has(id))
  const needed = structure.dependsOn.filter((id) => catalog.structures.get(id)?.table === null)
  return {
    table: table.id,
    structure: structure.id,
    claims: calls.length === 0 ? [] : [structure.id, ...needed],
    calls,
    mutants: {
      made: done.noticed.size + unseen.length,
      killed: done.noticed.size,
      left: unseen.map(({ id, summary }) => ({ id, summary })),
    },
    findings: observedFindings(structure, table, unseen, {
      writes,
      notifies: reads.notifies,
      isShown: mutants[0] !== undefined && done.noticed.has(mutants[0].id),
    }),
  }
}

interface Day {
  readonly date: string
  readonly year: string
}

/**
 * Observes every trigger and rewrite rule that stands on a table. `db`: a session of the prover on an empty migrated
 * copy, outside any transaction; nothing is left behind.
 */
export const observeTriggers = async (
  db: Session,
  catalog: Catalog,
  onStructure?: (id: string, done: number, of: number) => void,
): Promise<readonly ObservedTrigger[]> => {
  const standing = [...catalog.tables.values()].flatMap((table) =>
    [...catalog.of(table.id, 'trigger'), ...catalog.of(table.id, 'rule')].map((structure) => ({
      structure,
      table,
    })),
  )
  if (standing.length === 0) return []
  await db.query(`set statement_timeout = '20s'; set client_min_messages = error`)
  try {
    const [day] = await db.json<Day>(
      `select to_char(now(), 'YYYY-MM-DD') as date, to_char(now(), 'YYYY') as year`,
    )
    const rows = await inTransaction(db, () => makeRows(db, catalog))
    const found: ObservedTrigger[] = []
    const noticed = new Set<string>()
    const said = new Map<string, Set<string>>()
    for (const [i, { structure, table }] of standing.entries()) {
      onStructure?.(structure.id, i, standing.length)
      const work: Work = {
        db,
        owner: table.owner,
        catalog,
        rows,
        noticed,
        said,
        day: new RegExp(`${day!.date}|(?<!\\d)${day!.year}(?!\\d)`, 'u'),
      }
      found.push(await observeOne(work, structure, table))
    }
    return found
  } finally {
    await db.query('reset statement_timeout; reset client_min_messages')
  }
}
