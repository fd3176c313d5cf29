/** A function's body that tells where it comes: on entry, and within a PL/pgSQL body before each statement. */
import type { Structure, TellingBody } from '../structure.ts'
import { withEntryPoint } from './entry-point.ts'
import type { WholeBody } from './mutants.ts'
import { traceBody } from './trace-body.ts'

const isImmutable = ({ statement }: WholeBody): boolean => /\n\s[^\n]*\bIMMUTABLE\b/u.test(statement)

/** Null for another language than SQL and PL/pgSQL. Points are numbered from `start`. */
export const tellingBody = (structure: Structure<WholeBody>, start: number): TellingBody | null => {
  const { facts } = structure
  const trace = traceBody(structure, start)
  const ddl = withEntryPoint(
    trace === null ? facts : { ...facts, statement: trace.ddl[0]!, body: trace.body },
    start,
  )
  if (ddl === null) return null
  const inside = trace?.places.reduce((sum, { points }) => sum + points.length, 0) ?? 0
  return {
    ddl,
    start,
    end: start + 1 + inside,
    mayBeKept: isImmutable(facts),
    pointBefore(mutant) {
      const place = trace?.placeOf(mutant)
      if (!place) return null
      // The innermost statement around it: what stands in a condition may end the statement before any point of its own.
      const around = trace!.places.findLast(
        (one) => one.what === 'statement' && one.start <= place.start && place.end <= one.end,
      )
      return around?.points[0] ?? null
    },
  }
}
