/** A plan that a declared query was run with, and small questions to its nodes. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { loopsOf, nodesOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Wholes } from '../postgres/plan-tree.ts'
import { ident } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Finding } from '../prove/result.ts'
import type { Experiment } from '../rules/experiment.ts'

export interface RunPlan {
  readonly rule: QueryRule
  readonly plan: PlanNode
  /** The same statement by whoever bypasses row-level security; null: it is that one. */
  readonly asOwner: PlanNode | null
}

/** What findings are held against: no mend is told that was not tried. */
export interface PlanGround {
  readonly catalog: Catalog
  readonly wholes: Wholes
  /** On the loaded rows. */
  readonly db: Session
  /** The plan that the same call is run with after this, done by a superuser and taken back; null: it was refused. */
  readonly planAfter: (ddl: readonly string[]) => Promise<PlanNode | null>
}

/** As whoever bypasses row-level security. */
export const withoutAsker = (experiment: Experiment): Experiment => {
  const { as, ...others } = experiment
  return as === undefined ? experiment : others
}

/** Fewer rows are read as fast one way as another. */
export const few = 1_000
const manyLoops = 10

export const place = ({ at }: QueryRule): Pick<Finding, 'where'> => (at === null ? {} : { where: at })

/** The tables that a partition is a part of, and that a table inherits from, the nearest first. */
const above = (table: Table, catalog: Catalog): readonly Table[] =>
  [...(table.partitionOf === null ? [] : [table.partitionOf]), ...(table.otherParents ?? [])].flatMap(
    (id) => {
      const parent = catalog.tables.get(id)
      return parent ? [parent, ...above(parent, catalog)] : []
    },
  )

/** The table whose policies a scan is under: of a partition the whole that the statement names, whatever its own say. */
export const guardedTable = (node: PlanNode, rule: QueryRule, catalog: Catalog): Table | undefined => {
  const table = tableOf(node, rule, catalog)
  if (table === undefined) return undefined
  const line = [table, ...above(table, catalog)]
  const named = line.filter(({ id }) => rule.reads.includes(id))
  return (named.length > 0 ? named : line).find(({ rowSecurity }) => rowSecurity)
}

export const tableOf = (node: PlanNode, rule: QueryRule, catalog: Catalog): Table | undefined => {
  const name = node['Relation Name']
  const read = rule.reads.flatMap((id) => catalog.tables.get(id) ?? [])
  return (
    read.find((table) => table.name === name) ??
    [...catalog.tables.values()].find((table) => table.name === name)
  )
}

/** Columns of the table that a condition names. */
export const columnsIn = (condition: unknown, table: Table): readonly string[] => {
  if (typeof condition !== 'string') return []
  const bare = condition.replaceAll(/'(?:[^']|'')*'|::[\p{L}_]+/gu, ' ')
  const words = new Set(bare.split(/[^\p{L}\p{N}_$]+/u))
  return table.columns.map(({ name }) => name).filter((name) => words.has(name) || bare.includes(ident(name)))
}

/** Subqueries that are run for each of many rows. */
export const subPlansOf = (plan: PlanNode): readonly PlanNode[] =>
  nodesOf(plan).filter((node) => node['Parent Relationship'] === 'SubPlan' && loopsOf(node) >= manyLoops)
