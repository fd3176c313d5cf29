/** Findings for a person at a terminal: what, why, and the exact mend; what happened alike in many places is told once. */
import type { Finding } from '../prove/result.ts'
import { headline, labelledRow } from './labelled.ts'
import type { Layout } from './paint.ts'

/** From this many findings on with one reason, they are told together. */
const together = 3

const keyOf = (finding: Finding): string | null =>
  finding.reason === undefined ? null : JSON.stringify([finding.severity, finding.code, finding.reason])

/** In order of the first of each group. */
const groupAlike = (findings: readonly Finding[]): readonly (readonly Finding[])[] => {
  const alike = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = keyOf(finding)
    if (key !== null) alike.set(key, [...(alike.get(key) ?? []), finding])
  }
  return findings.flatMap((finding) => {
    const group = alike.get(keyOf(finding) ?? '') ?? []
    if (group.length < together) return [[finding]]
    return group[0] === finding ? [group] : []
  })
}

const idOf = (finding: Finding): string | undefined => finding.rule ?? finding.structure

const placeOf = ({ where }: Finding): string | undefined => where && `${where.file}:${where.line}`

const markOf = (finding: Finding, { paint }: Layout): string =>
  finding.severity === 'error' ? paint.bad('✗') : paint.dim('·')

/** What the texts of several findings say: the one text when they say the same, else the first, and whose it is. */
const shared = (group: readonly Finding[], text: (finding: Finding) => string): string => {
  const first = group[0]!
  return group.every((finding) => text(finding) === text(first))
    ? text(first)
    : `for ${idOf(first) ?? 'the first'}, and likewise for the others: ${text(first)}`
}

const groupText = (group: readonly Finding[], layout: Layout): readonly string[] => {
  const first = group[0]!
  const places = [...new Set(group.flatMap((finding) => placeOf(finding) ?? []))]
  if (group.length === 1)
    return [
      headline(markOf(first, layout), first.summary, layout),
      ...labelledRow('id', idOf(first), layout),
      ...labelledRow('why', first.why, layout),
      ...labelledRow('mend', first.fix, layout),
      ...labelledRow('where', places[0], layout),
    ]
  return [
    headline(markOf(first, layout), `${group.length} times: ${first.reason}`, layout),
    ...labelledRow('ids', group.flatMap((finding) => idOf(finding) ?? []).join(' · '), layout),
    ...labelledRow(
      'why',
      shared(group, (finding) => finding.why),
      layout,
    ),
    ...labelledRow(
      'mend',
      shared(group, (finding) => finding.fix),
      layout,
    ),
    ...labelledRow('where', places.join(' · '), layout),
  ]
}

export const findingsText = (findings: readonly Finding[], layout: Layout): readonly string[] =>
  groupAlike(findings).flatMap((group) => groupText(group, layout))
