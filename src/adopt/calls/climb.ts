/**
 * Which call is gone on from: the one that came to more places of the body than those before it, then the one under
 * which most of the broken forms that nobody notices yet could show.
 */
import type { Mutant } from '../../catalog/structure.ts'
import type { SeenCall } from './choose-calls.ts'
import type { Trace } from '../../catalog/function/trace-body.ts'

interface Start {
  readonly call: SeenCall
  /** Places that no call before it came to. */
  readonly gain: number
}

export interface Climb {
  /** `tells`: something was noticed that was not before. */
  add(calls: readonly SeenCall[], tells: boolean): void
  /** Each call once; null when going on shows nothing more. */
  next(): SeenCall | null
  /** Names that stand where nobody came yet, and where something broken is not noticed yet. */
  asked(): ReadonlySet<string>
}

/** Of calls that are seen alike one is gone on from. */
const likeness = ({ seen, points }: SeenCall): string =>
  JSON.stringify([seen.fault?.message ?? null, seen.tables, points && [...points].toSorted((a, b) => a - b)])

const namesIn = (text: string): readonly string[] => text.match(/[\p{L}\p{N}_$]+/gu) ?? []

/** `patience`: calls that are gone on from for nothing, one after the other. */
export const openClimb = (trace: Trace | null, patience: number, open: () => readonly Mutant[]): Climb => {
  const covered = new Set<number>()
  const known = new Set<string>()
  let starts: readonly Start[] = []
  let barren = 0
  const wantedPoints = (): readonly (readonly number[])[] =>
    trace === null ? [] : open().map((mutant) => trace.placeOf(mutant)?.reached ?? [])
  const worth = ({ call, gain }: Start, wanted: readonly (readonly number[])[]): number => {
    const { points } = call
    if (points === null) return call.seen.fault === null ? 1 : 0
    return 4 * gain + wanted.filter((some) => some.some((point) => points.has(point))).length
  }
  return {
    add: (calls, tells) => {
      const before = covered.size
      const fresh: Start[] = []
      for (const call of calls) {
        const key = likeness(call)
        if (known.has(key)) continue
        known.add(key)
        const found = [...(call.points ?? [])].filter((point) => !covered.has(point))
        for (const point of found) covered.add(point)
        fresh.push({ call, gain: found.length })
      }
      starts = [...starts, ...fresh]
      barren = tells || covered.size > before ? 0 : barren + 1
    },
    next: () => {
      if (barren > patience) return null
      const wanted = wantedPoints()
      const [best] = starts.toSorted((a, b) => worth(b, wanted) - worth(a, wanted))
      starts = starts.filter((one) => one !== best)
      return best?.call ?? null
    },
    asked: () => {
      const wanted = new Set(wantedPoints().flat())
      const isAsked = (points: readonly number[], reached: readonly number[]): boolean =>
        points.some((point) => !covered.has(point)) || reached.some((point) => wanted.has(point))
      return new Set(
        (trace?.places ?? [])
          .filter((place) => place.what !== 'statement' && isAsked(place.points, place.reached))
          .flatMap((place) => namesIn(place.text)),
      )
    },
  }
}
