/** The fewest rows that tell everything apart that some row tells: greedy, nearest first, always the same. */

export interface Telling {
  /** Where it stands among the candidates: smaller is nearer to the base row. */
  readonly at: number
  readonly accepted: boolean
  readonly tells: readonly number[]
}

/** Picks rows until all that can be told is told, with at least one accepted and one rejected among them, where there are. */
export const coverOf = <T extends Telling>(rows: readonly T[]): readonly T[] => {
  const open = new Set(rows.flatMap((r) => r.tells))
  const picked: T[] = []
  while (open.size > 0) {
    let best: T | null = null
    let most = 0
    for (const row of rows) {
      const gain = row.tells.filter((t) => open.has(t)).length
      if (gain > most) [best, most] = [row, gain]
    }
    if (!best) break
    picked.push(best)
    for (const t of best.tells) open.delete(t)
  }
  for (const wanted of [true, false]) {
    const first = rows.find((r) => r.accepted === wanted)
    if (first && !picked.some((p) => p.accepted === wanted)) picked.push(first)
  }
  return picked.toSorted((a, b) => a.at - b.at)
}
