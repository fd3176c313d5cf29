/**
 * Loads the clone that plans are asked on: thousands of rows with plausible statistics in the tables that have indexed
 * rules and in those that their statements read. Everything is deterministic: the same catalog gives the same plans.
 */
import type { IndexedRule } from '../architecture/kinds/indexed.ts'
import type { DeclaredRule } from '../architecture/rule.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { relationId } from '../ground/names.ts'
import { loadParser, parseStatements } from '../postgres/parse.ts'
import { identList, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { removeObstacles, withoutForcedPolicies } from './load-obstacles.ts'
import { planLoad, type LoadPlan } from './load-plan.ts'
import { makeRows } from './make-rows.ts'
import { walk } from './tree.ts'

export interface LoadOptions {
  /** Relation ids of the tables to load. */
  readonly tables: readonly string[]
  /** Rules whose plans will be asked; tables that their statements read are loaded too. */
  readonly rules: readonly DeclaredRule[]
}

/** A table that could not be loaded; its plans will be those of an empty table. */
export interface LoadProblem {
  readonly table: string
  readonly summary: string
}

/** Every row is sampled (300 rows for each unit of the target), so that ANALYZE leaves nothing to chance. */
const sampleEverything = 'set default_statistics_target = 1000'

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

/** Rows that a key refuses are left out; a deferrable key cannot say so and is tried without. */
const conflictClauses = ['\non conflict do nothing', ''] as const

/** Plans of several tables in one transaction that is taken back: rows are solved once for all of them. */
const plansOf = async (
  owner: Session,
  catalog: Catalog,
  tables: readonly Table[],
  digits: boolean,
): Promise<readonly LoadPlan[]> => {
  await owner.query('begin')
  try {
    const parts = { catalog, rows: await makeRows(owner, catalog), db: owner, digits }
    const plans: LoadPlan[] = []
    for (const table of tables) plans.push(await planLoad(table, parts))
    return plans
  } finally {
    await owner.query('rollback')
  }
}

const insertRefusal = async (owner: Session, plan: LoadPlan): Promise<string | null> => {
  if (plan.without.length > 0) return `no value was found for ${plan.without.join(', ')}`
  let refusal = ''
  for (const clause of conflictClauses) {
    const [reply] = await owner.batch([insertAll(plan, clause)])
    if (reply!.fault === null) return null
    refusal = `${reply!.fault.message} (SQLSTATE ${reply!.fault.sqlstate})`
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

/** `owner` is a session of the owner on a clone that nobody else uses and that serves plans alone. */
export const loadForPlans = async (
  owner: Session,
  catalog: Catalog,
  options: LoadOptions,
): Promise<readonly LoadProblem[]> => {
  await loadParser()
  await owner.query(sampleEverything)
  const problems: LoadProblem[] = []
  for (const plan of await plansOf(owner, catalog, tablesToLoad(catalog, options), false)) {
    const { table } = plan
    await removeObstacles(owner, table, catalog)
    const problem = await withoutForcedPolicies(owner, table, catalog, () => fill(owner, catalog, plan))
    if (problem !== null) problems.push({ table: table.id, summary: problem })
    // Indexes built in one go have the size that a mutant's index has, too.
    await owner.query(`reindex table ${qualified(table)}`)
    await owner.query(`vacuum (analyze) ${qualified(table)}`)
  }
  return problems
}
