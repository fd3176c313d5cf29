/** Rows that a file inserts one by one: measured in stretches, because each of a million alike tells the same. */
import type { LintScript } from './run-migration.ts'

type Step = LintScript['steps'][number]

/** Up to VALUES: the table, its columns, and nothing that asks for rows. */
const head =
  /^insert\s+into\s+(?:only\s+)?(?:"(?:[^"]|"")*"|[\p{L}\p{N}_$.])+\s*(?:\((?:"(?:[^"]|"")*"|[^()"])*\)\s*)?values\s*\(/iu

const headOf = (step: Step): string | null =>
  step.kind === 'statement' ? (head.exec(step.text)?.[0].replaceAll(/\s+/gu, ' ') ?? null) : null

/** Fewer are measured one by one; more go in stretches of so many. */
const few = 100
const most = 5_000

export interface Together {
  readonly steps: readonly Step[]
  /** By the start of the first of a stretch: how many more like it. */
  readonly more: ReadonlyMap<number, number>
}

export const rowsTogether = (steps: readonly Step[]): Together => {
  const merged: Step[] = []
  const more = new Map<number, number>()
  for (let from = 0; from < steps.length;) {
    const first = steps[from]
    if (first === undefined) break
    const own = headOf(first)
    let to = from + 1
    while (own !== null && to - from < most && to < steps.length && headOf(steps[to] ?? first) === own)
      to += 1
    const stretch = steps.slice(from, to)
    if (first.kind !== 'statement' || stretch.length <= few) merged.push(...stretch)
    else {
      merged.push({
        ...first,
        rest: stretch
          .slice(1)
          .map(({ text }) => text)
          .join(';\n'),
      })
      more.set(first.start, stretch.length - 1)
    }
    from = to
  }
  return { steps: merged, more }
}
