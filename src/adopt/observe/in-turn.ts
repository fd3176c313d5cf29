/** Work shared by places, in which what has something in common goes in order: what comes out does not depend on who was faster. */

/** Answers stand in the order of the items. Each begins when the items before it that share a key with it have ended. */
export const inTurn = async <P, T, R>(
  places: readonly P[],
  items: readonly T[],
  keysOf: (item: T) => readonly string[],
  work: (place: P, item: T, at: number) => Promise<R>,
): Promise<readonly R[]> => {
  const free = [...places]
  const waiting: ((place: P) => void)[] = []
  const takePlace = (): Promise<P> | P => free.shift() ?? new Promise<P>((resolve) => waiting.push(resolve))
  const givePlace = (place: P): void => {
    const next = waiting.shift()
    if (next) next(place)
    else free.push(place)
  }
  let failed: { readonly cause: unknown } | null = null
  const last = new Map<string, Promise<unknown>>()
  const all = items.map((item, at) => {
    const before = keysOf(item).flatMap((key) => last.get(key) ?? [])
    const done = (async (): Promise<R> => {
      await Promise.all(before)
      const place = await takePlace()
      try {
        // The others finish what they are at, and begin nothing more.
        if (failed !== null) throw failed.cause
        return await work(place, item, at)
      } catch (cause) {
        failed ??= { cause }
        throw cause
      } finally {
        givePlace(place)
      }
    })()
    for (const key of keysOf(item)) last.set(key, done)
    return done
  })
  await Promise.allSettled(all)
  return Promise.all(all)
}
