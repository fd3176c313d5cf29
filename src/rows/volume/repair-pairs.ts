/** Two foreign keys to one table, of which one row comes before the other: `check (a < b)`. Each pair of rows once. */
import { isTaken, type Component, type Judging } from './conditions.ts'
import type { TableDraft } from './draft.ts'

export const pairLinks = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
): Promise<boolean> => {
  const links = component.columns.flatMap(({ source }) => (source?.kind === 'link' ? [source] : []))
  const [first, second] = links
  if (first === undefined || second === undefined || links.length > 2) return false
  if (first.link === second.link || first.column !== second.column) return false
  const { target } = draft.links[first.link]!
  const parents = judging.planned.get(target)?.count ?? 0
  const pairs = (parents * (parents - 1)) / 2
  if (draft.links[second.link]!.target !== target || pairs === 0) return false
  const before = [...draft.links]
  const { count } = draft
  draft.count = Math.min(count, pairs)
  for (const [low, high] of [
    [first.link, second.link],
    [second.link, first.link],
  ] as const) {
    draft.links[low] = { ...before[low]!, pick: { kind: 'pair', isHigh: false }, nulls: 0 }
    draft.links[high] = { ...before[high]!, pick: { kind: 'pair', isHigh: true }, nulls: 0 }
    if (await isTaken(draft, component, judging)) return true
  }
  for (const [at, link] of before.entries()) draft.links[at] = link
  draft.count = count
  return false
}
