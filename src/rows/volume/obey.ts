/**
 * Lets PostgreSQL judge what a table's rows would be by its CHECKs, domains and partitions, and where it refuses some,
 * makes the columns concerned from what it has taken.
 */
import { componentsOf, isTaken, type Component, type Judging } from './conditions.ts'
import type { TableDraft } from './draft.ts'
import { repairFixed, withFewerLinks } from './repair-fixed.ts'
import { poolOfMixed } from './repair-mixed.ts'
import { pairLinks } from './repair-pairs.ts'
import { narrow, poolOfCandidates, poolOfOwn } from './repair-free.ts'
import { keyOf, settledOf, takeOver, type SettledConditions } from './settled.ts'

const repair = async (draft: TableDraft, component: Component, judging: Judging): Promise<boolean> => {
  const candidates = (): Promise<boolean> => poolOfCandidates(draft, component, judging)
  return (
    (await narrow(draft, component, judging, { isOneRun: true })) ||
    (await poolOfMixed(draft, component, judging, { withEdges: false })) ||
    (await poolOfOwn(draft, component, judging)) ||
    (await narrow(draft, component, judging, { isOneRun: false })) ||
    (await poolOfMixed(draft, component, judging, { withEdges: true })) ||
    (await candidates()) ||
    (await pairLinks(draft, component, judging)) ||
    (await repairFixed(draft, component, judging)) ||
    withFewerLinks(draft, component, judging, candidates)
  )
}

const obey = async (
  draft: TableDraft,
  component: Component,
  judging: Judging,
  settled: SettledConditions,
): Promise<boolean> => {
  const key = keyOf(draft, component)
  const known = key === null ? undefined : await takeOver(draft, component, { settled, key }, judging)
  if (known !== undefined) return known
  const { count } = draft
  const isObeyed = (await isTaken(draft, component, judging)) || (await repair(draft, component, judging))
  const found = isObeyed ? settledOf(draft, component, count) : null
  if (key !== null && found !== undefined)
    settled.set(key, { found, seenBy: new Set([draft.facts.table.id]) })
  return isObeyed
}

/** Columns for which nothing was found that PostgreSQL takes; none: it takes every row that was tried. */
export const obeyConditions = async (
  draft: TableDraft,
  judging: Judging,
  settled: SettledConditions,
): Promise<readonly string[]> => {
  const refused: string[] = []
  for (const component of componentsOf(draft))
    if (!(await obey(draft, component, judging, settled)))
      refused.push(...component.columns.map(({ column }) => column.name))
  return refused
}
