/**
 * Which tables' rows must stand before a table's rows, and in which order. A reference is hard when its columns
 * cannot be null or their emptiness would be noticed; the soft ones only a table's own base rows fill. Pure.
 */
import type { ReferenceFact, TableFacts } from './facts.ts'

/** The rows that stand in a table's world. */
interface WorldPlan {
  /** In order; the tables of one step reference each other in a circle and are inserted by one statement. */
  readonly steps: readonly (readonly string[])[]
  /** Whether rows of the table itself (roots) must stand there, because its parents require one. */
  readonly rooted: boolean
}

export interface Parents {
  /** References that the table's core rows fill. Its other references are null in them. */
  readonly hard: (table: string) => readonly ReferenceFact[]
  /** References that its base rows fill too, because nothing in the target's closure requires this table. */
  readonly soft: (table: string) => readonly ReferenceFact[]
  /** Self references that cannot be null: the row points to itself. */
  readonly own: (table: string) => readonly ReferenceFact[]
  /** Parents of the core rows, or of the base rows. */
  readonly plan: (table: string, rows: 'core' | 'base') => WorldPlan
  /** Tables that require each other, this one among them. */
  readonly circle: (table: string) => readonly string[]
}

/** A column whose emptiness something else may notice: then a soft reference is followed as a hard one. */
const anchors = (facts: TableFacts, referenced: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([
    ...referenced,
    ...facts.checks.flatMap((c) => c.columns),
    ...facts.keys.flatMap((k) => k.columns),
    ...(facts.table.rowSecurity || facts.triggers.length > 0 ? facts.table.columns.map((c) => c.name) : []),
  ])

/** No row can leave it empty at will: it follows from what is written into other columns. */
const isComputed = ({ table }: TableFacts, reference: ReferenceFact): boolean =>
  reference.columns.some((name) => table.columns.find((c) => c.name === name)?.generated != null)

export const planParents = (all: ReadonlyMap<string, TableFacts>): Parents => {
  const referenced = new Map<string, Set<string>>()
  for (const facts of all.values()) {
    for (const ref of facts.references) {
      const set = referenced.get(ref.target) ?? new Set()
      for (const c of ref.targetColumns) set.add(c)
      referenced.set(ref.target, set)
    }
  }
  const required = (facts: TableFacts, ref: ReferenceFact): boolean => {
    const notNull = new Set(facts.table.columns.filter((c) => c.notNull).map((c) => c.name))
    return ref.full ? ref.columns.some((c) => notNull.has(c)) : ref.columns.every((c) => notNull.has(c))
  }
  const hard = new Map<string, ReferenceFact[]>()
  for (const [id, facts] of all) {
    hard.set(
      id,
      facts.references.filter((r) => r.target !== id && (required(facts, r) || isComputed(facts, r))),
    )
  }

  const reach = (from: string, edges: ReadonlyMap<string, readonly ReferenceFact[]>): ReadonlySet<string> => {
    const seen = new Set<string>()
    const queue = [from]
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const ref of edges.get(at) ?? []) {
        if (!seen.has(ref.target)) {
          seen.add(ref.target)
          queue.push(ref.target)
        }
      }
    }
    return seen
  }
  // Anchored soft references become hard one by one, unless that closes a circle.
  for (const [id, facts] of all) {
    const held = anchors(facts, referenced.get(id) ?? new Set())
    for (const ref of facts.references) {
      const list = hard.get(id) ?? []
      if (ref.target === id || list.includes(ref) || !ref.columns.some((c) => held.has(c))) continue
      if (!reach(ref.target, hard).has(id)) list.push(ref)
    }
  }

  const closures = new Map<string, ReadonlySet<string>>()
  const closure = (id: string): ReadonlySet<string> => {
    const known = closures.get(id)
    if (known) return known
    const made = reach(id, hard)
    closures.set(id, made)
    return made
  }

  const soft = (id: string): readonly ReferenceFact[] => {
    const hardOnes = hard.get(id) ?? []
    return (all.get(id)?.references ?? []).filter(
      (r) => r.target !== id && !hardOnes.includes(r) && !closure(r.target).has(id),
    )
  }
  const own = (id: string): readonly ReferenceFact[] => {
    const facts = all.get(id)
    return facts ? facts.references.filter((r) => r.target === id && required(facts, r)) : []
  }
  const circle = (id: string): readonly string[] =>
    closure(id).has(id) ? [...all.keys()].filter((t) => closure(id).has(t) && closure(t).has(id)) : [id]

  const makePlan = (id: string, references: readonly ReferenceFact[]): WorldPlan => {
    const members = new Set(references.flatMap((r) => [r.target, ...closure(r.target)]))
    const steps: (readonly string[])[] = []
    const placed = new Set<string>()
    const place = (table: string): void => {
      if (placed.has(table) || !members.has(table)) return
      const together = circle(table)
      for (const t of together) placed.add(t)
      for (const t of together) for (const ref of hard.get(t) ?? []) place(ref.target)
      steps.push(together)
    }
    for (const table of [...members].toSorted()) place(table)
    return { steps, rooted: members.has(id) }
  }
  const plans = new Map<string, WorldPlan>()
  return {
    hard: (id) => hard.get(id) ?? [],
    soft,
    own,
    circle,
    plan: (id, rows) => {
      const key = `${rows} ${id}`
      const hardOnes = hard.get(id) ?? []
      const plan = plans.get(key) ?? makePlan(id, rows === 'core' ? hardOnes : [...hardOnes, ...soft(id)])
      plans.set(key, plan)
      return plan
    },
  }
}
