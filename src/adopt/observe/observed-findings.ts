/** What is said of a trigger of which not everything was seen. */
import type { Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'
import { listed } from '../../rules/sentence.ts'
import { fewOf } from '../few-of.ts'
import { mostOwn } from './own-rows.ts'

/** As `by` names it: `trigger:last_updated`. */
export const byOf = (structure: Structure): string => `${structure.kind}:${structure.name}`

export interface Tried {
  readonly writes: number
  /** Its absence was noticed. */
  readonly isShown: boolean
  readonly notifies: boolean
  /** Its time was over before all rounds were tried. */
  readonly cutShort: boolean
  /** Numbers of rows that its texts may count to, and that were not laid. */
  readonly beyond: readonly number[]
  /** Why the table takes no row at all. */
  readonly problem: string | null
  /** Why no row of its table gets past it; null: some do. */
  readonly aside: string | null
}

const beyondBound = ({ beyond }: Tried): string =>
  beyond.length === 0
    ? ''
    : `; its texts name ${listed(beyond.map(String))}, and no more than ${mostOwn} rows of its table were laid beside a write`

const writesTried = ({ writes, cutShort }: Tried): string =>
  `${writes} writes were tried${cutShort ? ' before its time was over' : ''}`

/** `function graphile_worker.add_job(…) does not exist`. */
const missing = /^(?:schema|function|relation|type) ("?).+?\1(?:\(.*\))? does not exist/u

const byBefore =
  'put what is missing into a file of SQL, with a function of the same name and arguments, and adopt with --before FILE'

export const observedFindings = (
  structure: Structure,
  table: Table,
  left: readonly Mutant[],
  tried: Tried,
): readonly Finding[] => {
  const { isShown, notifies, problem, aside } = tried
  const { enabled } = structure.facts as { readonly enabled?: string }
  if (enabled === 'D')
    // Stated word for word, and adopt.trigger-disabled says so.
    return []
  if (aside !== null && !isShown)
    return [
      {
        code: 'adopt.trigger-in-the-way',
        severity: 'error',
        structure: structure.id,
        summary: `no row of ${table.id} gets past ${byOf(structure)}: ${aside}`,
        why: 'the rules of the table are proven with this trigger disabled, and nothing proves the trigger',
        fix: missing.test(aside)
          ? byBefore
          : `state a row that it takes, and what stands before it:\nt.behaves('…', { given: { … }, insert: { … }, leaves: { … } }, { by: ${JSON.stringify(byOf(structure))} })`,
      },
    ]
  if (problem !== null)
    return [
      {
        code: 'rule.unsolved',
        severity: 'error',
        structure: structure.id,
        summary: `${byOf(structure)} of ${table.id} was not seen: no row of the table is accepted`,
        why: problem,
        fix: missing.test(problem)
          ? byBefore
          : `state a row that is accepted, and what ${byOf(structure)} does with it:\nt.behaves('…', { insert: { … }, leaves: { … } }, { by: ${JSON.stringify(byOf(structure))} })`,
      },
    ]
  if (!isShown)
    return [
      {
        code: 'rule.unsolved',
        severity: 'error',
        structure: structure.id,
        summary: `no write was found that shows what ${byOf(structure)} of ${table.id} does`,
        why: `${writesTried(tried)}, and each left the same behind with it and without it${notifies ? ': what is sent with NOTIFY is seen only after the commit' : ''}${beyondBound(tried)}`,
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
      why: `${writesTried(tried)}, and none tells these apart: ${fewOf(left.map((m) => m.summary))}${beyondBound(tried)}`,
      fix: `state the write that shows it:\nt.behaves('…', { update: { … }, leaves: { … } }, { by: ${JSON.stringify(byOf(structure))} })`,
    },
  ]
}
