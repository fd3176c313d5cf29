/**
 * Structures for declared calls that are beyond their budgets: what their statements ask for, and indexes that find what
 * points to the rows that they delete. Each is tried on the filled tables of the call, beside what is advised.
 */
import type { QueryRule } from '../../architecture/kinds/query.ts'
import type { WriteRule } from '../../architecture/kinds/write.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { TestedRule } from '../../prove/write-tests.ts'
import { statementsOf } from '../../rules/call/recorded.ts'
import { withFixedValues } from '../../rules/query/fixed-values.ts'
import type { CallMeter, CallReading } from './call-meter.ts'
import type { Candidate, Ground } from './candidate.ts'
import type { Guard } from './guard.ts'
import type { Reading, TryingMeter } from './meter.ts'
import type { Objective } from './objective.ts'
import { proposeAll } from './propose.ts'
import { shapesOf } from './statement-shape.ts'
import type { SourceShape, Term } from './terms.ts'

/** Each is a run of the call. */
const mostTried = 24

const isReference = (one: Structure): one is Structure<ReferencesFacts> => one.kind === 'references'

/** Who deletes a row looks for what points to it. */
const pointingTo = (of: string, reads: readonly string[], catalog: Catalog): readonly SourceShape[] =>
  [...catalog.structures.values()].filter(isReference).flatMap(({ table: id, facts }): SourceShape[] => {
    const table = catalog.tables.get(id ?? '')
    if (!table || !reads.includes(facts.target)) return []
    const terms = facts.columns.map((column): Term => ({
      column,
      sql: ident(column),
      use: 'equal',
      operator: '=',
      isLoose: false,
      isPolicy: false,
    }))
    return [{ table, of, terms, orders: [], groups: [], constants: [], used: null }]
  })

export const callCandidates = (
  rules: readonly TestedRule[],
  catalog: Catalog,
  ground: Ground,
  known: readonly Candidate[],
): readonly Candidate[] => {
  const shapes = rules.flatMap(({ rule }) => {
    const call = rule as QueryRule | WriteRule
    return [
      ...statementsOf(call)
        .map(withFixedValues)
        .flatMap(({ sql }) => shapesOf({ of: rule.id, sql, isGuarded: call.asApplication }, catalog)),
      ...pointingTo(rule.id, call.reads, catalog),
    ]
  })
  const targets = new Set(rules.map(({ rule }) => rule.id))
  return proposeAll(shapes, targets, catalog, ground, known).filter(({ draft }) => draft.what === 'index')
}

export interface CallMend {
  /** Place of the call. */
  readonly call: number
  readonly candidate: Candidate
  readonly reading: CallReading
}

export interface MendParts {
  readonly meter: CallMeter
  readonly guard: Guard
  /** What is advised anyway. */
  readonly set: readonly Candidate[]
  readonly candidates: readonly Candidate[]
  readonly queries: TryingMeter
  readonly objective: Objective
  readonly isAsked: (call: string) => boolean
}

/**
 * Why it may not stand beside what is advised: PostgreSQL refuses it, or a query that was within its budget leaves it.
 * Null: it may.
 */
export const harmedBy = async (
  queries: TryingMeter,
  candidate: Candidate,
  set: readonly Candidate[],
  { before }: Objective,
): Promise<string | null> => {
  const places = queries.calls.map((_, at) => at)
  const brokenIn = (readings: Iterable<readonly [number, Reading]>): string | null =>
    [...readings].find(([at, { broken }]) => broken !== null && before[at]!.broken === null)?.[1].broken ??
    null
  if (queries.standing.includes(candidate))
    return brokenIn((await queries.read(places, [...set, candidate])).entries())
  const { refused, readings } = await queries.tryOut(candidate)
  return refused ?? brokenIn(readings)
}

/** For each call beyond its budget the one that makes it cheapest, and breaks nothing else. */
export const mendCalls = async (parts: MendParts): Promise<readonly CallMend[]> => {
  const { meter, guard, set, candidates, queries, objective, isAsked } = parts
  const work = ({ cost }: CallReading): number =>
    cost === null ? Infinity : cost.buffers + cost.rowsRead / 100
  const mends: CallMend[] = []
  for (const [call, { of }] of meter.calls.entries()) {
    if (!isAsked(of) || (await meter.read(call, set)).broken === null) continue
    const found: CallMend[] = []
    for (const candidate of candidates.slice(0, mostTried)) {
      const reading = await meter.read(call, [...set, candidate])
      if (reading.broken === null) found.push({ call, candidate, reading })
    }
    for (const mend of found.toSorted((a, b) => work(a.reading) - work(b.reading))) {
      const harms = await guard.harmsOf([...set, mend.candidate])
      if (harms.length > 0 || (await harmedBy(queries, mend.candidate, set, objective)) !== null) continue
      mends.push(mend)
      break
    }
  }
  return mends
}
