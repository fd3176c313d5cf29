/** How much advice may cost: bytes on disk, and bytes of the write-ahead log of each insert into one table. */
export interface AdviceLimits {
  readonly storage: number | null
  readonly writes: number | null
}

interface Priced {
  readonly table: string
  readonly bytes: number
  readonly wal: number | null
}

/** What was not measured counts as nothing. */
export const isWithinLimits = (set: readonly Priced[], { storage, writes }: AdviceLimits): boolean => {
  if (storage !== null && set.reduce((sum, { bytes }) => sum + bytes, 0) > storage) return false
  if (writes === null) return true
  return [...new Set(set.map(({ table }) => table))].every(
    (id) => set.filter(({ table }) => table === id).reduce((sum, { wal }) => sum + (wal ?? 0), 0) <= writes,
  )
}
