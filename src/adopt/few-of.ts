/** Long lists in a sentence: the first, and how many there are besides. */
const most = 6

/** `a; b; c and 14 more`; one more than the most is told in full. */
export const fewOf = (items: readonly string[]): string =>
  items.length <= most + 1
    ? items.join('; ')
    : `${items.slice(0, most).join('; ')}; and ${items.length - most} more`
