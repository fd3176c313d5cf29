/** A CHECK that no row satisfies: the table can never have one. */
import { readable } from '../../catalog/expression/text.ts'
import { droppedCheck } from '../../rows/idle/words.ts'
import type { FindingKind } from './finding-kind.ts'
import { studyChecks, type CheckStudy } from '../../rows/idle/study-checks.ts'

/** `CHECK (false) NO INHERIT` is how a parent is kept empty on purpose. */
const isMeant = ({ structure }: CheckStudy): boolean => structure.facts.noInherit

export const checkAlwaysRejects: FindingKind = {
  codes: ['adopt.check-always-rejects'],
  find: async (ground) =>
    (await studyChecks(ground))
      .filter((study) => study.verdict === 'always-rejects' && !isMeant(study))
      .map((study) => ({
        code: 'adopt.check-always-rejects',
        severity: 'error',
        structure: study.structure.id,
        summary: `${study.table.id}: CHECK ${study.structure.name} rejects every row: ${readable(study.condition.tree, study.structure.facts.expression)}`,
        reason: 'a CHECK rejects every row',
        why: 'its condition is false for every row, so the table can take none',
        fix: `drop it, or write what it was meant to refuse:\n${droppedCheck(study)}`,
      })),
}
