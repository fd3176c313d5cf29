/** What is said of a function of which not everything was seen. */
import type { Mutant, Structure } from '../../catalog/structure.ts'
import type { Finding } from '../../prove/result.ts'
import { fewOf } from '../few-of.ts'

export interface TriedCalls {
  readonly calls: number
  /** The time for it was over before everything was tried. */
  readonly isCut: boolean
  /** One at least is recorded. */
  readonly isShown: boolean
  readonly isCallable: boolean
  /** What every call was refused with, where the function names something that is not there. */
  readonly brokenBy: string | null
  /** What some calls were refused with, because something they came to is not there. */
  readonly hindrance: string | null
}

const signature = ({ id }: Structure): string => id.slice('function:'.length)

const statedBy = (structure: Structure): string =>
  `state the call that shows it:\nfn(${JSON.stringify(signature(structure))}, { behaves: { '…': { given: { … }, call: '…', answers: '…' } } })`

export const functionFindings = (
  structure: Structure,
  left: readonly Mutant[],
  { calls, isShown, isCallable, isCut, brokenBy, hindrance }: TriedCalls,
): readonly Finding[] => {
  const met = hindrance === null ? '' : `; behind others PostgreSQL answers: ${hindrance}`
  const tried = `${calls} calls were tried${isCut ? ', then the time for it was over' : ''}${met}`
  if (!isCallable)
    return [
      {
        code: 'adopt.uncalled',
        severity: 'warning',
        structure: structure.id,
        summary: `${structure.id} cannot be called from SQL, so that nothing was seen of it`,
        why: 'one of its arguments is of a type whose values no statement makes',
        fix: 'prove what uses it, with { by: [its id] }',
      },
    ]
  if (brokenBy !== null)
    return [
      {
        code: 'adopt.function-broken',
        severity: 'warning',
        structure: structure.id,
        summary: `${structure.id} fails whatever it is called with: ${brokenBy}`,
        why: `all ${calls} calls that were tried are refused, so that nothing of its body can be proven`,
        fix: 'mend its body in a migration, or drop it; then adopt it again',
      },
    ]
  if (!isShown)
    return [
      {
        code: 'adopt.uncalled',
        severity: 'warning',
        structure: structure.id,
        summary: `no call was found that shows what ${structure.id} does`,
        why: `${tried}; none is the same twice and another one without it`,
        fix: statedBy(structure),
      },
    ]
  if (left.length === 0) return []
  return [
    {
      code: 'adopt.unobserved',
      severity: 'warning',
      structure: structure.id,
      summary: `${left.length} ${left.length === 1 ? 'way' : 'ways'} to break ${structure.id} would go unnoticed`,
      why: `${tried}; none tells these apart: ${fewOf(left.map((m) => m.summary))}`,
      fix:
        hindrance === null
          ? statedBy(structure)
          : 'put what is missing into a file of SQL, with functions of the same names and arguments, and adopt with --before FILE',
    },
  ]
}
