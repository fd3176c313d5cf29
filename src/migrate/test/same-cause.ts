/** A way back that misses one statement is missed from many stops: told once, with how many there are. */
import type { Finding } from '../../prove/result.ts'

/** Of one cause: alike but for the stop from which it was seen. */
const causeOf = ({ code, summary, fix, where }: Finding): string =>
  JSON.stringify([code, summary.replaceAll(/\b(?:part|statement) \d+/gu, '#'), fix, where?.file, where?.line])

export const withoutRepeats = (findings: readonly Finding[]): readonly Finding[] => {
  const causes = new Map<string, Finding[]>()
  for (const finding of findings) {
    const cause = causeOf(finding)
    const same = causes.get(cause)
    if (same) same.push(finding)
    else causes.set(cause, [finding])
  }
  return [...causes.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    if (others.length === 0) return [first]
    const more = `${others.length} other stop${others.length === 1 ? '' : 's'}`
    return [{ ...first, summary: `${first.summary} (and so from ${more})` }]
  })
}
