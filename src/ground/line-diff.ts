/** Two texts line by line: what stays, what goes (`- `), what comes (`+ `). */

/** How long the longest common part is from each pair of lines on. */
const lengthsOf = (before: readonly string[], after: readonly string[]): readonly (readonly number[])[] => {
  const rows = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  )
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      rows[i]![j] =
        before[i] === after[j] ? rows[i + 1]![j + 1]! + 1 : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!)
  return rows
}

/**
 * @example
 * lineDiff(['Limit', '  Index Scan'], ['Limit', '  Seq Scan'])
 * // ['  Limit', '-   Index Scan', '+   Seq Scan']
 */
export const lineDiff = (before: readonly string[], after: readonly string[]): readonly string[] => {
  const lengths = lengthsOf(before, after)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      lines.push(`  ${before[i++]!}`)
      j++
    } else if (i < before.length && (j === after.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!))
      lines.push(`- ${before[i++]!}`)
    else lines.push(`+ ${after[j++]!}`)
  }
  return lines
}
