/** Combinations of options in the order in which they are best tried: fewest changes first, then the earliest options. */

/** All ways to pick `size` of `count` places, in order. */
const places = (count: number, size: number, from = 0): number[][] => {
  if (size === 0) return [[]]
  const found: number[][] = []
  for (let i = from; i <= count - size; i++) {
    for (const rest of places(count, size - 1, i + 1)) found.push([i, ...rest])
  }
  return found
}

/** Choices of 1 to bounds[i] at each place, by sum, then in order. */
const choices = (bounds: readonly number[]): number[][] => {
  const all = bounds.reduce<number[][]>(
    (rows, bound) => rows.flatMap((row) => Array.from({ length: bound }, (_, i) => [...row, i + 1])),
    [[]],
  )
  const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0)
  return all
    .map((row, i) => ({ row, i, s: sum(row) }))
    .toSorted((a, b) => a.s - b.s || a.i - b.i)
    .map((x) => x.row)
}

/**
 * Option numbers per variable; option 0 is the present value. `sizes` are the numbers of options. Every
 * combination when they are no more than `limit` (`complete`), else the nearest ones.
 */
export const combinationsOf = (
  sizes: readonly number[],
  limit: number,
): { readonly rows: readonly (readonly number[])[]; readonly complete: boolean } => {
  const total = sizes.reduce((product, n) => Math.min(product * Math.max(1, n), 1e9), 1)
  const rows: number[][] = [sizes.map(() => 0)]
  for (let changes = 1; changes <= sizes.length && rows.length < limit; changes++) {
    const all = places(sizes.length, changes)
    if (all.length > limit) break
    // What has one option only never changes: with it among many, the others' product would be made for nothing.
    const picked = all.filter((at) => at.every((i) => sizes[i]! > 1))
    const count = (bound: number): number =>
      picked.reduce((sum, at) => sum + at.reduce((p, i) => p * Math.min(bound, sizes[i]! - 1), 1), 0)
    // What is left is shared with the combinations of more changes.
    const left = limit - rows.length
    const room = changes === 1 || changes === sizes.length ? left : Math.floor(left / 2)
    let bound = Math.max(0, ...sizes.map((n) => n - 1))
    if (count(bound) > room) {
      let low = 0
      while (low < bound) {
        const middle = Math.ceil((low + bound) / 2)
        if (count(middle) <= room) low = middle
        else bound = middle - 1
      }
      bound = low
    }
    if (bound === 0) break
    const found = picked.flatMap((at) =>
      choices(at.map((i) => Math.min(bound, sizes[i]! - 1))).map((chosen) => {
        const row = sizes.map(() => 0)
        for (const [k, i] of at.entries()) row[i] = chosen[k]!
        return row
      }),
    )
    const cost = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0)
    rows.push(
      ...found
        .map((row, i) => ({ row, i, c: cost(row) }))
        .toSorted((a, b) => a.c - b.c || a.i - b.i)
        .map((x) => x.row),
    )
  }
  return { rows, complete: rows.length >= total }
}
