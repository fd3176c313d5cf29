/** What chosen candidates bring and cost: each is taken away from the others, and rows are written with and without it. */
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { LoadPlan } from '../../rows/load/plan.ts'
import { structureName } from '../../rules/ddl.ts'
import { createIndex } from '../../rules/indexed/ddl.ts'
import { weighIndex, type IndexWeight } from '../index-cost.ts'
import { indexedRule, statisticsSql, type Candidate, type StatisticsDraft } from './candidate.ts'
import type { Guard, KeptOut } from './guard.ts'
import type { Meter, Reading } from './meter.ts'
import { readAll, totalOf, type Objective } from './objective.ts'
import type { CallMend } from './mend-calls.ts'
import type { AdviceKeptOut, Advised, AdvisedCall, OwnIndex } from './result.ts'
import { ruleText, statisticsText } from './rule-text.ts'

const weightless: IndexWeight = { bytes: 0, bytesPerRow: 0, buffersPerInsert: 0, walPerInsert: 0 }

interface WeighingGround {
  readonly plans: ReadonlyMap<string, LoadPlan>
  /** Candidates that stand to be tried: none has a part in the price of another. */
  readonly standing: readonly Candidate[]
}

const weigh = async (
  db: Session,
  owner: string,
  candidate: Candidate,
  { plans, standing }: WeighingGround,
): Promise<IndexWeight> => {
  const { draft, name, drop } = candidate
  if (draft.what !== 'index') return weightless
  const plan = plans.get(draft.table.id)
  const others = standing.filter((one) => one !== candidate && one.draft.table.id === draft.table.id)
  const apart = others.map((one) => one.drop)
  return weighIndex(
    db,
    owner,
    { name, drop: [drop] },
    { table: draft.table, values: plan?.values ?? null, loaded: plan?.count ?? 0, apart },
  )
}

export type Weighing = (candidates: readonly Candidate[]) => Promise<ReadonlyMap<Candidate, IndexWeight>>

/** Rows that are written and taken back leave room in their tables: these are made anew before anything is read again. */
export const weighAll = async (
  db: Session,
  owner: string,
  candidates: readonly Candidate[],
  loaded: WeighingGround,
): Promise<ReadonlyMap<Candidate, IndexWeight>> => {
  const weights = new Map<Candidate, IndexWeight>()
  for (const candidate of candidates) weights.set(candidate, await weigh(db, owner, candidate, loaded))
  await db.query(`set role ${ident(owner)}`)
  for (const name of new Set(candidates.map(({ draft }) => qualified(draft.table)))) {
    await db.query(`vacuum full ${name}`)
    await db.query(`vacuum ${name}`)
  }
  await db.query('reset role')
  return weights
}

interface Wording {
  readonly rule: string | null
  readonly sql: string
}

/** Under the name that the declaration gives it; one that is taken is stated. `taken` grows. */
const wordsOf = ({ draft, kind }: Pick<Candidate, 'draft' | 'kind'>, taken: Set<string>): Wording => {
  const { table } = draft
  const words =
    draft.what === 'index'
      ? [...draft.keys.map((key) => key.column ?? key.expression), 'idx']
      : [...draft.columns, 'stats']
  const usual = structureName(table.id, ...words)
  const free = [
    usual,
    ...[kind, 2, 3, 4, 5, 6, 7, 8, 9].map((more) => structureName(table.id, ...words, String(more))),
  ]
  const name = free.find((one) => !taken.has(one)) ?? usual
  taken.add(name)
  if (draft.what === 'statistics') return { rule: statisticsText(draft), sql: statisticsSql(draft, usual) }
  return {
    rule: ruleText(draft, name === usual ? null : name),
    sql: createIndex(indexedRule(draft), name),
  }
}

/** Every declared call, with what brings it back. */
export const tellCalls = (
  told: readonly Omit<AdvisedCall, 'mend'>[],
  mends: readonly CallMend[],
  catalog: Catalog,
): readonly AdvisedCall[] => {
  const taken = namesIn(catalog)
  return told.map((one, at) => {
    const found = mends.find(({ call }) => call === at)
    if (found === undefined) return { ...one, mend: null }
    const { candidate, reading } = found
    const mend = { table: candidate.draft.table.id, ...wordsOf(candidate, taken), after: reading.cost }
    return { ...one, mend }
  })
}

/** As each is declared, and its SQL: none has the name of another. */
export const wordsApart = (drafts: readonly StatisticsDraft[], catalog: Catalog): readonly Wording[] => {
  const taken = namesIn(catalog)
  return drafts.map((draft) => wordsOf({ draft, kind: 'statistics' }, taken))
}

/** Beside a statement that is written otherwise. */
export const tellOwn = async (
  candidate: Candidate,
  weighing: Weighing,
  catalog: Catalog,
): Promise<OwnIndex> => {
  const { bytesPerRow, buffersPerInsert, walPerInsert } =
    (await weighing([candidate])).get(candidate) ?? weightless
  const words = wordsOf(candidate, namesIn(catalog))
  return { table: candidate.draft.table.id, ...words, bytesPerRow, buffersPerInsert, walPerInsert }
}

export interface PricedParts {
  readonly catalog: Catalog
  readonly meter: Meter
  readonly objective: Objective
  readonly weighing: Weighing
  /** Of so many calls, the first ones, costs are told; what is planned beside them counts for budgets alone. */
  readonly told: number
  /** How many rows a table will have. */
  readonly rowsOf: (table: string) => number
  readonly guard: Guard | null
}

/** Names that declarations and SQL may not take. */
const namesIn = (catalog: Catalog): Set<string> =>
  new Set([...catalog.structures.values()].map(({ name }) => name))

export const tellKeptOut = (keptOut: readonly KeptOut[], catalog: Catalog): readonly AdviceKeptOut[] => {
  const taken = namesIn(catalog)
  return keptOut.map(({ candidate, harms }) => ({
    table: candidate.draft.table.id,
    ...wordsOf(candidate, taken),
    breaks: [...new Set(harms.map(({ of }) => of))],
    why: harms.map(({ sentence, why }) => `"${sentence}": ${why}`).join('; '),
  }))
}

const rounded = (n: number): number => Math.round(n * 10) / 10

/** A B-tree takes no row of more than a third of a page; so long a text may be, unless a key holds it already. */
const longColumns = ({ draft }: Candidate, catalog: Catalog): readonly string[] => {
  if (draft.what !== 'index' || draft.using !== 'btree') return []
  const { table, keys, include } = draft
  const held = new Set(
    ['index', 'unique', 'primaryKey'].flatMap((kind) =>
      (catalog.of(table.id, kind) as readonly Structure<KeyFacts>[])
        .filter(({ facts }) => facts.method === 'btree')
        .flatMap(({ facts }) => facts.keys.map(({ column }) => column)),
    ),
  )
  const named = [...keys.flatMap(({ column }) => column ?? []), ...include]
  return table.columns.flatMap(({ name, baseType, modifier, labels }) => {
    const isEndless =
      labels === null && (baseType === 'text' || (/^character varying$/u.test(baseType) && modifier < 4))
    return isEndless && named.includes(name) && !held.has(name) ? [name] : []
  })
}

/** The most useful first. */
export const priceAll = async (
  chosen: readonly Candidate[],
  { catalog, meter, objective, weighing, told, rowsOf, guard }: PricedParts,
): Promise<readonly Advised[]> => {
  const taken = namesIn(catalog)
  const all = await readAll(meter, chosen)
  const costOf = (readings: readonly Reading[]): number =>
    totalOf(meter, objective, readings.slice(0, told)).cost
  const gains: Pick<Advised, 'gain' | 'mends' | 'calls'>[] = []
  for (const candidate of chosen) {
    const others = chosen.filter((one) => one !== candidate)
    const without = await readAll(meter, others)
    const broken = without.flatMap(({ broken: why }, at) =>
      why !== null && all[at]!.broken === null ? [meter.calls[at]!.of] : [],
    )
    const gain = rounded(costOf(without) - costOf(all))
    const calls = (await guard?.pricesOf(candidate, chosen)) ?? []
    gains.push({ gain, mends: [...new Set(broken)], calls })
  }
  const weights = await weighing(chosen)
  const advised = chosen.map((candidate, at): Advised => {
    const { bytesPerRow, buffersPerInsert, walPerInsert } = weights.get(candidate) ?? weightless
    const { table } = candidate.draft
    return {
      kind: candidate.kind,
      table: table.id,
      ...wordsOf(candidate, taken),
      ...gains[at]!,
      bytes: Math.round(bytesPerRow * rowsOf(table.id)),
      bytesPerRow,
      buffersPerInsert,
      walPerInsert,
      longColumns: longColumns(candidate, catalog),
    }
  })
  return advised.toSorted((a, b) => b.mends.length - a.mends.length || b.gain - a.gain)
}
