/** Whether two plans are one: PostgreSQL writes the parts of a condition in the order in which it came to them. */

/** What compares, of which all parts have to hold; a key of a sort or a group has an order. */
const unordered =
  /\b(?<key>Index Cond|Hash Cond|Merge Cond|Join Filter|TID Cond|One-Time Filter|Filter): (?<columns>[^;()]*)/gu

const inOneOrder = (line: string): string =>
  line.replaceAll(
    unordered,
    (_, key: string, columns: string) => `${key}: ${columns.split(', ').toSorted().join(', ')}`,
  )

/** Trees as `planTree` writes them. */
export const isSameTree = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((line, at) => inOneOrder(line) === inOneOrder(other[at]!))
