/**
 * Tables that are really as large as a projection says: filled, analyzed, explained and dropped. What was found is kept
 * in the directory that BENCH_KEPT names, so that the same tables are not loaded for each look at them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { PlanNode } from '../../src/postgres/plan.ts'
import type { Server } from '../../src/postgres/server.ts'
import { startServer } from '../../src/postgres/start.ts'
import { explainOnly } from '../../src/rows/projected/explain-only.ts'
import { readStatistics } from '../../src/rows/projected/read-statistics.ts'
import type { DatabaseStatistics } from '../../src/rows/projected/statistics.ts'
import type { ProjectionCase } from './projection-cases.ts'

export const sampleRows = 120_000
const smallerRows = 30_000
/** Larger tables get their indexes after their rows, as a restore does; their samples too. */
const indexedAfter = 2_000_000

export interface LoadedTables {
  readonly sample: DatabaseStatistics
  readonly smaller: DatabaseStatistics
  readonly statistics: DatabaseStatistics
  readonly plans: readonly PlanNode[]
  /** After another ANALYZE, which draws other rows. */
  readonly again: readonly PlanNode[]
}

const isIndex = (statement: string): boolean => /^create (?:unique )?index/u.test(statement)

const statementsOf = ({ schema }: ProjectionCase): readonly string[] =>
  schema
    .split(/;\s*/u)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

interface Load {
  readonly rows: number
  readonly target: number
  readonly isIndexedAfter: boolean
}

const load = async (
  server: Server,
  one: ProjectionCase,
  { rows, target, isIndexedAfter }: Load,
): Promise<string> => {
  const database = await server.createDatabase('loaded')
  const owner = await server.connect(database, 'owner')
  const statements = statementsOf(one)
  const before = statements.filter((statement) => !isIndexedAfter || !isIndex(statement))
  const after = statements.filter((statement) => isIndexedAfter && isIndex(statement))
  try {
    await owner.query(before.join(';\n'))
    await server.admitRoles()
  } finally {
    await owner.end()
  }
  const db = await server.connect(database, 'administrator')
  try {
    // Rows that are not known to be committed yet would not be called visible to all.
    await db.query('set synchronous_commit = on')
    await db.query(`set maintenance_work_mem = '1GB'; set default_statistics_target = ${target}`)
    await db.query('set session_replication_role = replica')
    for (const sql of one.fill(rows)) await db.query(sql)
    for (const sql of after) await db.query(sql)
    await db.query('vacuum analyze')
  } finally {
    await db.end()
  }
  return database
}

const statisticsOf = async (server: Server, database: string): Promise<DatabaseStatistics> => {
  const db = await server.connect(database, 'administrator')
  try {
    return await readStatistics(db, { mayCheckpoint: true })
  } finally {
    await db.end()
  }
}

const plansOf = async (
  server: Server,
  database: string,
  queries: readonly string[],
): Promise<readonly PlanNode[]> => {
  const db = await server.connect(database, 'prover')
  try {
    const plans: PlanNode[] = []
    for (const query of queries) plans.push(await explainOnly(db, query, []))
    return plans
  } finally {
    await db.end()
  }
}

const measure = async (one: ProjectionCase, rows: number): Promise<LoadedTables> => {
  const isLarge = rows > indexedAfter
  const server = await startServer({ isLarge })
  // A sample is small: all of its rows are looked at.
  const sampleOf = async (count: number): Promise<DatabaseStatistics> => {
    const database = await load(server, one, { rows: count, target: 1_000, isIndexedAfter: isLarge })
    const statistics = await statisticsOf(server, database)
    await server.dropDatabase(database)
    return statistics
  }
  try {
    const sample = await sampleOf(sampleRows)
    const smaller = await sampleOf(smallerRows)
    const database = await load(server, one, { rows, target: 100, isIndexedAfter: isLarge })
    const queries = one.queries(rows)
    const statistics = await statisticsOf(server, database)
    const plans = await plansOf(server, database, queries)
    const analyst = await server.connect(database, 'administrator')
    await analyst.query('analyze')
    await analyst.end()
    return { sample, smaller, statistics, plans, again: await plansOf(server, database, queries) }
  } finally {
    await server.stop()
  }
}

/** Loads them, or reads what was found when they were loaded before. */
export const loadedTables = async (one: ProjectionCase, rows: number): Promise<LoadedTables> => {
  const directory = process.env['BENCH_KEPT']
  if (directory === undefined) return measure(one, rows)
  const file = path.join(directory, `${one.name}-${rows}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as LoadedTables
  const found = await measure(one, rows)
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, JSON.stringify(found))
  return found
}
