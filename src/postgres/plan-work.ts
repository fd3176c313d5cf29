/** What a statement did, read from EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON): counts alone, no times. */
import type { PlanNode } from './plan.ts'

export interface PlanWork {
  /** Pages of 8 kB looked at, in memory or on disk. */
  readonly buffers: number
  readonly rowsReturned: number
  /** Rows that came back or, where they were put together, that an aggregate was fed. */
  readonly rowsUsed: number
  /** Rows that scans looked at, those included that a filter threw away. */
  readonly rowsRead: number
  /** A sort or a hash went to disk. */
  readonly spilled: boolean
  /** The node whose rows were misjudged most; null where no plan was run. */
  readonly misjudged: Misjudged | null
}

export interface Misjudged {
  readonly node: PlanNode
  readonly expected: number
  readonly actual: number
  /** At least 1. */
  readonly factor: number
}

export const numberIn = (node: PlanNode, key: string): number => {
  const value = node[key]
  return typeof value === 'number' ? value : 0
}

/** '' where the node has no such text. */
export const textIn = (node: PlanNode, key: string): string => {
  const value = node[key]
  return typeof value === 'string' ? value : ''
}

export const loopsOf = (node: PlanNode): number => numberIn(node, 'Actual Loops')

/** Over all loops: what EXPLAIN tells is of one of them. */
export const rowsOf = (node: PlanNode): number => Math.round(numberIn(node, 'Actual Rows') * loopsOf(node))

/** Every node, parents before their children. */
export const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const thrownAway = ['Rows Removed by Filter', 'Rows Removed by Index Recheck']

const readBy = (node: PlanNode): number =>
  'Relation Name' in node && node['Node Type'] !== 'ModifyTable'
    ? rowsOf(node) + Math.round(loopsOf(node) * thrownAway.reduce((sum, key) => sum + numberIn(node, key), 0))
    : 0

/** Of these a row that goes in may come out of again. */
const passes = new Set([
  'Limit',
  'Sort',
  'Incremental Sort',
  'Result',
  'Subquery Scan',
  'ProjectSet',
  'LockRows',
  'Gather',
  'Gather Merge',
])
const putsTogether = new Set(['Aggregate', 'Group', 'WindowAgg', 'Unique'])

/** Subplans stand beside what a node is fed with. */
const inputOf = (node: PlanNode): PlanNode | undefined =>
  node.Plans?.find((child) => child['Parent Relationship'] === 'Outer' || node.Plans?.length === 1)

const usedBy = (node: PlanNode): number => {
  const input = inputOf(node)
  if (input && putsTogether.has(node['Node Type']))
    return Math.max(rowsOf(node), usedBy(input), rowsOf(input))
  if (input && passes.has(node['Node Type'])) {
    const under = usedBy(input)
    return under > rowsOf(input) ? under : rowsOf(node)
  }
  return rowsOf(node)
}

const spills = (node: PlanNode): boolean =>
  node['Sort Space Type'] === 'Disk' ||
  numberIn(node, 'Hash Batches') > 1 ||
  numberIn(node, 'HashAgg Batches') > 1

/** These read all of what they are fed, whatever stands over them. */
const readsAll = new Set(['Sort', 'Hash', 'Aggregate', 'Materialize', 'Bitmap Heap Scan'])

/** A subquery of which one row is enough, such as that of EXISTS. */
const isAsked = (node: PlanNode): boolean =>
  /^(?:Sub|Init)Plan$/u.test(textIn(node, 'Parent Relationship')) && numberIn(node, 'Actual Rows') <= 1

/**
 * Whether a node is stopped before it has shown all of its rows: by who takes the first ones alone, by a merge join, which
 * ends with the shorter side, by a join for which one partner is enough, and where a subquery is asked for one row.
 */
const stops = (parent: PlanNode, child: PlanNode): boolean => {
  if (parent['Node Type'] === 'Limit' || parent['Node Type'] === 'Merge Join' || isAsked(child)) return true
  const isOnce = parent['Inner Unique'] === true || /^(?:Semi|Anti)$/u.test(textIn(parent, 'Join Type'))
  return parent['Node Type'] === 'Nested Loop' && isOnce && child['Parent Relationship'] === 'Inner'
}

/** A Limit that was given fewer rows than it may pass on has seen all that there are. */
const isLimited = (node: PlanNode): boolean => rowsOf(node) >= numberIn(node, 'Plan Rows') * loopsOf(node)

/** Scans that ran until there was nothing more, whatever a Limit above them was ready to take. */
const wholeScans = (node: PlanNode, isCut: boolean): readonly PlanNode[] => [
  ...(!isCut && 'Relation Name' in node && loopsOf(node) > 0 ? [node] : []),
  ...(node.Plans ?? []).flatMap((child) => {
    const isStopped = node['Node Type'] === 'Limit' ? isLimited(node) : stops(node, child)
    return wholeScans(child, (isCut && !readsAll.has(node['Node Type'])) || isStopped)
  }),
]

/** Fewer rows are thrown away soon enough. */
const manyRows = 1_000

/**
 * Scans that went through an index from its beginning to its end, in its order or because it is smaller than its table,
 * and threw away what they read.
 */
export const indexesReadWhole = (plan: PlanNode): readonly PlanNode[] =>
  wholeScans(plan, false).filter(
    (node) =>
      /^Index (?:Only )?Scan$/u.test(node['Node Type']) &&
      !('Index Cond' in node) &&
      !('Order By' in node) &&
      numberIn(node, 'Rows Removed by Filter') >= manyRows,
  )

const judgedNodes = (node: PlanNode, isCut: boolean): readonly PlanNode[] => {
  const isPassedOn = isCut && !readsAll.has(node['Node Type'])
  const own = isCut || node['Node Type'] === 'Limit' || loopsOf(node) === 0 ? [] : [node]
  return [
    ...own,
    ...(node.Plans ?? []).flatMap((child) => judgedNodes(child, isPassedOn || stops(node, child))),
  ]
}

const misjudgedIn = (plan: PlanNode): Misjudged | null => {
  let worst: Misjudged | null = null
  for (const node of judgedNodes(plan, false)) {
    const expected = numberIn(node, 'Plan Rows')
    const actual = rowsOf(node) / loopsOf(node)
    const [less, more] = [Math.min(expected, actual), Math.max(expected, actual)]
    const factor = Math.max(1, more) / Math.max(1, less)
    // Where it begins: what stands over it only passes the error on.
    if (worst === null || factor >= worst.factor) worst = { node, expected, actual, factor }
  }
  return worst
}

export const workOf = (plan: PlanNode): PlanWork => {
  const nodes = nodesOf(plan)
  const sum = (...keys: readonly string[]): number => keys.reduce((all, key) => all + numberIn(plan, key), 0)
  return {
    buffers: sum('Shared Hit Blocks', 'Shared Read Blocks', 'Local Hit Blocks', 'Local Read Blocks'),
    rowsReturned: rowsOf(plan),
    rowsUsed: usedBy(plan),
    rowsRead: nodes.reduce((all, node) => all + readBy(node), 0),
    spilled: nodes.some(spills),
    misjudged: misjudgedIn(plan),
  }
}
