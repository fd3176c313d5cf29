/** What is said of a trigger of which not everything was seen. */
import type { Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'

/** As `by` names it: `trigger:last_updated`. */
export const byOf = (structure: Structure): string => `${structure.kind}:${structure.name}`

export interface Tried {
  readonly writes: number
  /** Its absence was noticed. */
  readonly isShown: boolean
  readonly notifies: boolean
}

export const observedFindings = (
  structure: Structure,
  table: Table,
  left: readonly Mutant[],
  { writes, isShown, notifies }: Tried,
): readonly Finding[] => {
  const { enabled } = structure.facts as { readonly enabled?: string }
  if (enabled === 'D' || enabled === 'R')
    return [
      {
        code: 'adopt.unobserved',
        severity: 'note',
        structure: structure.id,
        summary: `${byOf(structure)} of ${table.id} never runs`,
        why: enabled === 'D' ? 'it is disabled' : 'it runs only in sessions that replicate',
        fix: `drop it, or enable it:\nalter table ${qualified(table)} enable ${structure.kind} ${ident(structure.name)};`,
      },
    ]
  if (!isShown)
    return [
      {
        code: 'rule.unsolved',
        severity: 'error',
        structure: structure.id,
        summary: `no write was found that shows what ${byOf(structure)} of ${table.id} does`,
        why: `${writes} writes were tried, and each left the same behind with it and without it${notifies ? ': what is sent with NOTIFY is seen only after the commit' : ''}`,
        fix: `state what it does:\nt.behaves('…', { update: { … }, leaves: { … } }, { by: ${JSON.stringify(byOf(structure))} })`,
      },
    ]
  if (left.length === 0) return []
  return [
    {
      code: 'adopt.unobserved',
      severity: 'warning',
      structure: structure.id,
      summary: `${left.length} ${left.length === 1 ? 'way' : 'ways'} to break ${byOf(structure)} of ${table.id} would go unnoticed`,
      why: `${writes} writes were tried, and none tells these apart: ${left.map((m) => m.summary).join('; ')}`,
      fix: `state the write that shows it:\nt.behaves('…', { update: { … }, leaves: { … } }, { by: ${JSON.stringify(byOf(structure))} })`,
    },
  ]
}
