/** How a reference of several columns is matched makes no difference where the table's constraints leave none of them null alone. */
import type { Column } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import { claimedOf } from '../claimed.ts'
import type { ForeignKey } from '../foreign-key.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'

/** MATCH FULL where it is SIMPLE, and the other way round. */
export const matchedAlike = async (
  { rule }: ForeignKey,
  context: RuleContext,
): Promise<readonly Indistinct[]> => {
  const { rows, table } = context
  const structure = claimedOf(context, 'references')
  const isOptional = ({ name, notNull }: Column): boolean => rule.columns.includes(name) && !notNull
  if (!structure || rule.columns.length < 2 || !table.columns.some(isOptional)) return []
  const isNull = rule.columns.map((column) => `(${ident(column)} is null)`)
  const alike = isNull.slice(1).map((one, i) => `${one} = ${isNull[i]}`)
  const found = await rows.distinguish(table, alike.join(' and '), [])
  if (!found.impliedByOthers) return []
  return (['full', 'simple'] as const).map((match) => ({
    structure: structure.id,
    mutant: `${structure.id}~match-flipped:${match}`,
    why: "the table's other constraints let either all of its columns be null or none: both match alike",
  }))
}
