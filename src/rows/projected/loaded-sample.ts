/** Statistics of a few thousand rows that Assay makes up itself: what is scaled where no others are at hand. */
import { loadForPlans, type LoadProblem } from '../load/load.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { relationId } from '../../ground/names.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import type { Server } from '../../postgres/server.ts'
import type { Session } from '../../postgres/session.ts'
import { readStatistics } from './read-statistics.ts'
import type { DatabaseStatistics } from './statistics.ts'

export interface LoadedSample {
  readonly statistics: DatabaseStatistics
  /** Tables that could not be loaded: their plans are those of empty ones. */
  readonly problems: readonly LoadProblem[]
}

const relationsOf = (plan: PlanNode): readonly string[] => {
  const { Schema: schema, 'Relation Name': name } = plan
  const own = typeof schema === 'string' && typeof name === 'string' ? [relationId({ schema, name })] : []
  return [...own, ...(plan.Plans ?? []).flatMap(relationsOf)]
}

/** With every partition of what the plan reads of one, and what their rows refer to. */
const withKin = (ids: readonly string[], { tables }: DatabaseStatistics): readonly string[] => {
  const found = new Set(ids)
  for (let before = 0; before !== found.size;) {
    before = found.size
    for (const table of tables) {
      const id = relationId(table)
      const whole = table.partitionOf === null ? null : relationId(table.partitionOf)
      if (whole !== null && found.has(id)) found.add(whole)
      if (whole !== null && found.has(whole)) found.add(id)
      if (found.has(id)) for (const { to } of table.references) found.add(relationId(to))
    }
  }
  return [...found]
}

/** `plans`: of the empty structure, told VERBOSE. Nobody may be connected to `template`. */
export const loadSample = async (
  server: Server,
  template: string,
  structure: DatabaseStatistics,
  plans: readonly PlanNode[],
): Promise<LoadedSample> => {
  const database = await server.clone(template, 'sample')
  const sessions: Session[] = []
  try {
    const owner = await server.connect(database, 'owner')
    sessions.push(owner)
    const administrator = await server.connect(database, 'administrator')
    sessions.push(administrator)
    const catalog = await readCatalog(owner)
    const wanted = withKin([...new Set(plans.flatMap(relationsOf))], structure)
    // Rows go in by the whole; partitions get theirs from there.
    const isWhole = (id: string): boolean =>
      structure.tables.some((t) => relationId(t) === id && t.kind !== 'm' && t.partitionOf === null)
    const tables = wanted.filter(isWhole)
    const problems = await loadForPlans([owner], catalog, { tables, rules: [], administrator })
    const loaded = await readStatistics(administrator, { mayCheckpoint: true })
    const local = new Map(structure.tables.map((table) => [relationId(table), table]))
    // Loading takes foreign keys out of the way; how columns grow follows from them.
    const restored = loaded.tables.map((table) => ({
      ...table,
      rows: Math.max(0, table.rows),
      references: local.get(relationId(table))?.references ?? table.references,
      unique: local.get(relationId(table))?.unique ?? table.unique,
    }))
    return { statistics: { ...loaded, tables: restored }, problems }
  } finally {
    await Promise.all(sessions.map((session) => session.end()))
    await server.dropDatabase(database)
  }
}
