/** How long it will take still, from what the last batches took. */

export interface Moment {
  /** Rows walked past so far. */
  readonly walked: number
  /** Milliseconds on any clock. */
  readonly at: number
}

/** Seconds; null while nothing can be said. */
export const remainingSeconds = (from: Moment, now: Moment, total: number | null): number | null => {
  const rows = now.walked - from.walked
  const milliseconds = now.at - from.at
  if (total === null || rows <= 0 || milliseconds <= 0) return null
  return (Math.max(0, total - now.walked) * milliseconds) / rows / 1000
}

/** `1 h 5 min`, `3 min 20 s`, `12 s`. */
export const durationText = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  if (h > 0) return min === 0 ? `${h} h` : `${h} h ${min} min`
  if (min > 0) return s === 0 ? `${min} min` : `${min} min ${s} s`
  return `${s} s`
}
