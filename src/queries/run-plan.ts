/** A plan that a declared query was run with, and small questions to its nodes. */
import type { QueryRule } from '../architecture/kinds/query.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { loopsOf, nodesOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import { ident } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Finding } from '../prove/result.ts'

export interface RunPlan {
  readonly rule: QueryRule
  readonly plan: PlanNode
  /** The same statement by whoever bypasses row-level security; null: it is that one. */
  readonly asOwner: PlanNode | null
}

/** What findings are held against: no mend is told that was not tried. */
export interface PlanGround {
  readonly catalog: Catalog
  /** On the loaded rows. */
  readonly db: Session
  /** The plan that the same call is run with after this, done by a superuser and taken back; null: it was refused. */
  readonly planAfter: (ddl: readonly string[]) => Promise<PlanNode | null>
}

/** Fewer rows are read as fast one way as another. */
export const few = 1_000
const manyLoops = 10

export const place = ({ at }: QueryRule): Pick<Finding, 'where'> => (at === null ? {} : { where: at })

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
