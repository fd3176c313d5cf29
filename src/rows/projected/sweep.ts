/** At which size a plan becomes another: the same statement planned at sizes from small to large, and between. */

export interface SweepPoint {
  readonly rows: number
  /** The bare shape, one node a line. */
  readonly shape: string
  readonly cost: number
}

/** Between `below` and `above` the plan changes. */
export interface SweepFlip {
  readonly below: SweepPoint
  readonly above: SweepPoint
}

export interface Sweep {
  /** In order of rows. */
  readonly points: readonly SweepPoint[]
  readonly flips: readonly SweepFlip[]
}

export interface SweepOptions {
  readonly from?: number
  readonly to?: number
  /** Two sizes are near enough when the larger is so many times the smaller. */
  readonly within?: number
}

/** Two significant digits: sizes that people would write. */
const rounded = (rows: number): number => Number(rows.toPrecision(3))

/** `planAt` is asked once for each size: every power of ten, then the middle between two that differ, as often as needed. */
export const sweepPlans = async (
  planAt: (rows: number) => Promise<SweepPoint>,
  { from = 1e3, to = 1e10, within = 1.05 }: SweepOptions = {},
): Promise<Sweep> => {
  const points = new Map<number, SweepPoint>()
  const ask = async (rows: number): Promise<SweepPoint> => {
    const known = points.get(rows) ?? (await planAt(rows))
    points.set(rows, known)
    return known
  }
  const flips: SweepFlip[] = []
  const between = async (below: SweepPoint, above: SweepPoint): Promise<void> => {
    if (below.shape === above.shape) return
    const middle = rounded(Math.sqrt(below.rows * above.rows))
    if (above.rows / below.rows <= within || middle <= below.rows || middle >= above.rows) {
      flips.push({ below, above })
      return
    }
    const point = await ask(middle)
    await between(below, point)
    await between(point, above)
  }
  let last = await ask(from)
  for (let rows = from * 10; rows <= to * 1.001; rows *= 10) {
    const next = await ask(Math.round(rows))
    await between(last, next)
    last = next
  }
  return { points: [...points.values()].toSorted((a, b) => a.rows - b.rows), flips }
}
