/**
 * Loads the clone that plans are asked on: thousands of rows with plausible statistics in the tables that have indexed
 * rules and in those that their statements read. Everything is deterministic: the same catalog gives the same plans.
 */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { relationId } from '../../ground/names.ts'
import { loadParser, parseStatements } from '../../postgres/parse.ts'
import { identList, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { columnsAsked } from './columns.ts'
import { removeObstacles, withoutForcedPolicies } from './obstacles.ts'
import { insertPastIndexes, setIndexesAside } from './past-indexes.ts'
import { planLoad, type LoadPlan } from './plan.ts'
import type { Repeat, Repeats } from './spread.ts'
import { makeRows } from '../make-rows.ts'
import { walk } from '../tree.ts'

export interface LoadOptions {
  /** Relation ids of the tables to load. */
  readonly tables: readonly string[]
  /** Rules whose plans will be asked; tables that their statements read are loaded too. */
  readonly rules: readonly DeclaredRule[]
  /** All statements whose plans will be asked: only columns that they or keys name get statistics. Absent: all columns do. */
  readonly statements?: readonly string[]
  readonly repeats?: Repeats
  /** On the same clone, where Assay has a superuser: it spares keeping up indexes row by row. */
  readonly administrator?: Session
}

/** A table that could not be loaded; its plans will be those of an empty table. */
export interface LoadProblem {
  readonly table: string
  readonly summary: string
}

/**
 * Every row is sampled (300 rows for each unit of the target), so that ANALYZE leaves nothing to chance. And VACUUM calls
 * no row visible to all whose commit has not been flushed yet: index-only scans would come and go.
 */
const leaveNothingToChance = 'set default_statistics_target = 1000; set synchronous_commit = on'

const isIndexed = (rule: DeclaredRule): rule is IndexedRule => rule.kind === 'indexed'

/** Tables that a statement names, as relation ids. */
const tablesRead = (sql: string): readonly string[] => {
  const found: string[] = []
  for (const { node } of parseStatements(sql)) {
    walk(node, (kind, body) => {
      if (kind !== 'RangeVar') return
      const schema = body['schemaname']
      found.push(
        relationId({ schema: typeof schema === 'string' ? schema : 'public', name: String(body['relname']) }),
      )
    })
  }
  return found
}

const tablesToLoad = (catalog: Catalog, { tables, rules }: LoadOptions): readonly Table[] => {
  const read = rules.filter(isIndexed).flatMap(({ serves }) => {
    try {
      return serves === null ? [] : tablesRead(serves)
    } catch {
      // A statement that does not parse is PostgreSQL's to refuse, when the plan is asked.
      return []
    }
  })
  return [...new Set([...tables, ...read])].flatMap((id) => catalog.tables.get(id) ?? [])
}

const insertAll = ({ table, count, values }: LoadPlan, onConflict: string): string => `
insert into ${qualified(table)} (${identList([...values.keys()])})
overriding system value
select ${[...values.values()].join(',\n  ')}
  from pg_catalog.generate_series(0::bigint, ${count - 1}) as n${onConflict}`

/** Keys are mostly distinct, and asking PostgreSQL to leave out the rows that one refuses costs half as much again. */
const conflictClauses = ['', '\non conflict do nothing'] as const

/** Plans of several tables in one transaction that is taken back: rows are solved once for all of them. */
const plansOf = async (
  owner: Session,
  catalog: Catalog,
  tables: readonly Table[],
  digits: boolean,
  repeats?: Repeats,
): Promise<readonly LoadPlan[]> => {
  await owner.query('begin')
  try {
    const rows = await makeRows(owner, catalog)
    const parts = { catalog, rows, db: owner, digits, ...(repeats ? { repeats } : {}) }
    const plans: LoadPlan[] = []
    for (const table of tables) plans.push(await planLoad(table, parts))
    return plans
  } finally {
    await owner.query('rollback')
  }
}

const insertRefusal = async (owner: Session, plan: LoadPlan): Promise<string | null> => {
  if (plan.without.length > 0) return `no value was found for ${plan.without.join(', ')}`
  let refusal: string | null = null
  for (const clause of conflictClauses) {
    const [reply] = await owner.batch([insertAll(plan, clause)])
    if (reply!.fault === null) return null
    refusal ??= `${reply!.fault.message} (SQLSTATE ${reply!.fault.sqlstate})`
    // Rows of the refused insert still lie in its pages and would count for the size of the table.
    await owner.query(`vacuum full ${qualified(plan.table)}`)
  }
  return refusal
}

/** The usual values first, then those for indexes that cast text to a number. Answers why neither was taken. */
const fill = async (owner: Session, catalog: Catalog, plan: LoadPlan): Promise<string | null> => {
  const refusal = await insertRefusal(owner, plan)
  if (refusal === null) return null
  const [digits] = await plansOf(owner, catalog, [plan.table], true)
  return (await insertRefusal(owner, digits!)) === null ? null : refusal
}

const loadOne = async (
  owner: Session,
  catalog: Catalog,
  plan: LoadPlan,
  areIndexesAside: boolean,
): Promise<LoadProblem | null> => {
  const { table } = plan
  const isInserted =
    areIndexesAside &&
    (await withoutForcedPolicies(owner, table, catalog, async () =>
      plan.without.length > 0 ? false : insertPastIndexes(owner, table, insertAll(plan, '')),
    ))
  if (isInserted) return null
  const summary = await withoutForcedPolicies(owner, table, catalog, () => fill(owner, catalog, plan))
  // Indexes built in one go have the size that a mutant's index has, too.
  await owner.query(`reindex table ${qualified(table)}`)
  return summary === null ? null : { table: table.id, summary }
}

/** So many columns may have statistics together. */
const mostTogether = 8

/** Columns that repeat in turn go together: the planner is told, or it would take their rows for far fewer. */
const tellTogether = async (
  owner: Session,
  table: Table | undefined,
  repeats: ReadonlyMap<string, Repeat>,
): Promise<void> => {
  const columns = [...repeats].flatMap(([column, { inTurn, isDeclared }]) =>
    inTurn && isDeclared !== true ? [column] : [],
  )
  if (table?.kind !== 'table' || columns.length < 2 || columns.length > mostTogether) return
  const name = qualified({ schema: table.schema, name: `assay_together_${table.oid}` })
  await owner.batch([
    `create statistics ${name} (dependencies) on ${identList(columns)} from ${qualified(table)}`,
  ])
}

/** Each session takes the next item when it is free. */
const share = async <T>(
  owners: readonly Session[],
  items: readonly T[],
  work: (owner: Session, item: T) => Promise<unknown>,
): Promise<void> => {
  let next = 0
  const all = owners.map(async (owner) => {
    while (next < items.length) await work(owner, items[next++]!)
  })
  for (const one of await Promise.allSettled(all)) if (one.status === 'rejected') throw one.reason
}

/** The table at the top of its partitions: rows of one family are loaded one after the other. */
const familyOf = (table: Table, catalog: Catalog): string => {
  const above = catalog.tables.get(table.partitionOf ?? '')
  return above ? familyOf(above, catalog) : table.id
}

/**
 * `owners` are sessions of the owner on a clone that nobody else uses and that serves plans alone; they share the work.
 * Problems come in the order of the tables.
 */
export const loadForPlans = async (
  owners: readonly [Session, ...Session[]],
  catalog: Catalog,
  options: LoadOptions,
): Promise<readonly LoadProblem[]> => {
  await loadParser()
  const [first] = owners
  for (const owner of owners) await owner.query(leaveNothingToChance)
  const plans = await plansOf(first, catalog, tablesToLoad(catalog, options), false, options.repeats)
  // Dropped before anybody waits for anybody: a foreign key stands on two tables.
  for (const { table } of plans) await removeObstacles(first, table, catalog)
  const { administrator, statements } = options
  const aside = administrator
    ? await setIndexesAside(
        administrator,
        plans.map(({ table }) => table),
      )
    : new Set()
  const byFamily = new Map<string, LoadPlan[]>()
  for (const plan of plans) {
    const family = familyOf(plan.table, catalog)
    byFamily.set(family, [...(byFamily.get(family) ?? []), plan])
  }
  const families = [...byFamily.values()]
  const problems = new Map<LoadPlan, LoadProblem>()
  await share(owners, families, async (owner, family) => {
    for (const plan of family) {
      const problem = await loadOne(owner, catalog, plan, aside.has(plan.table))
      if (problem !== null) problems.set(plan, problem)
    }
  })
  // Beside a transaction that is still open, VACUUM would not call the rows visible to all, and no plan read an index alone.
  await share(owners, plans, (owner, { table }) => owner.query(`vacuum ${qualified(table)}`))
  for (const [id, repeats] of options.repeats?.columns ?? [])
    await tellTogether(first, catalog.tables.get(id), repeats)
  const columnsFor = columnsAsked(catalog, statements)
  await share(owners, plans, (owner, { table }) => {
    const columns = columnsFor(table)
    return owner.query(`analyze ${qualified(table)}${columns === null ? '' : ` (${identList(columns)})`}`)
  })
  return plans.flatMap((plan) => problems.get(plan) ?? [])
}
