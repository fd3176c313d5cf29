/** How many rows the next batch takes: as many as hold their locks for the time that is aimed at. */

export interface Pace {
  /** Milliseconds that a batch aims at. */
  readonly target: number
  readonly smallest: number
  readonly largest: number
}

/** Locks are never to be held for more than 100 ms: the rest is room for a slow disk and a busy server. */
export const usualPace: Pace = { target: 30, smallest: 1, largest: 50_000 }

/** It never grows more than twofold, and shrinks at once. */
export const nextSize = (size: number, milliseconds: number, { target, smallest, largest }: Pace): number => {
  const factor = Math.min(2, target / Math.max(milliseconds, 0.1))
  return Math.max(smallest, Math.min(largest, Math.round(size * factor)))
}

/** After a batch that was refused or found a lock taken. */
export const smallerSize = (size: number): number => Math.max(1, Math.floor(size / 2))
