/**
 * How far one had to ask until a rule was red, by kind of rule: as far as most of its like needed is asked at first,
 * and the rest only where that says nothing. What is answered does not depend on it, only how often PostgreSQL is asked.
 */

export interface RedHabits {
  /** How many to ask at first; `otherwise` as long as nothing is known. */
  first(what: string, otherwise: number): number
  /** So many were needed. */
  note(what: string, needed: number): void
}

export const openRedHabits = (): RedHabits => {
  const seen = new Map<string, Map<number, number>>()
  return {
    first(what, otherwise) {
      const counts = [...(seen.get(what) ?? [])]
      const [usual] = counts.toSorted(([needed, a], [more, b]) => b - a || more - needed)
      return usual?.[0] ?? otherwise
    },
    note(what, needed) {
      const counts = seen.get(what) ?? new Map<number, number>()
      seen.set(what, counts.set(needed, (counts.get(needed) ?? 0) + 1))
    },
  }
}
