/** Plans as EXPLAIN (FORMAT JSON, COSTS OFF) prints them: a tree of nodes, and what may be asked of one. Costs are never read. */

/** One node; `Plans` are its children. Keys are EXPLAIN's own. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly Plans?: readonly PlanNode[]
  readonly [key: string]: unknown
}

/** The root node of what EXPLAIN (FORMAT JSON) answered; null when the text is no such answer. */
export const parsePlan = (text: string): PlanNode | null => {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return null
  }
  const first: unknown = Array.isArray(read) ? read[0] : null
  if (first === null || typeof first !== 'object' || !('Plan' in first)) return null
  return first.Plan as PlanNode
}

/** Every node, parents before their children. */
const planNodes = (plan: PlanNode): readonly PlanNode[] => [
  plan,
  ...(plan.Plans ?? []).flatMap((child) => planNodes(child)),
]

/** Names of the indexes that the plan reads, each once, in the plan's order. */
export const planIndexes = (plan: PlanNode): readonly string[] => [
  ...new Set(
    planNodes(plan)
      .map((node) => node['Index Name'])
      .filter((name) => typeof name === 'string'),
  ),
]

/** Whether the plan reads this index. */
const planUses = (plan: PlanNode, index: string): boolean => planIndexes(plan).includes(index)

/** The relations that the plan reads, each once: those that were pruned are not among them. */
export const planRelations = (plan: PlanNode): readonly string[] => [
  ...new Set(
    planNodes(plan)
      .map((node) => node['Relation Name'])
      .filter((name) => typeof name === 'string'),
  ),
]

/** Is `fact` true of the plan? A node type (`Sort`), a property of a node (`Filter`), `Backward` for a scan against the index's order, or `index:NAME`. */
export const planHas = (plan: PlanNode, fact: string): boolean => {
  if (fact.startsWith('index:')) return planUses(plan, fact.slice('index:'.length))
  return planNodes(plan).some(
    (node) =>
      node['Node Type'] === fact || fact in node || (fact === 'Backward' && node['Scan Direction'] === fact),
  )
}
