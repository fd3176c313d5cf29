/** Structures of one shape: the first of each is stated, the others say nothing new. */

export interface Repeated<T> {
  readonly one: T
  readonly before: T
}

export const firstOfEach = <T>(
  all: readonly T[],
  shape: (one: T) => string,
): { readonly first: readonly T[]; readonly others: readonly Repeated<T>[] } => {
  const seen = new Map<string, T>()
  const others: Repeated<T>[] = []
  for (const one of all) {
    const before = seen.get(shape(one))
    if (before === undefined) seen.set(shape(one), one)
    else others.push({ one, before })
  }
  return { first: [...seen.values()], others }
}
