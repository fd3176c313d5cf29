/** A part of a CHECK that changes nothing: null or false for every row, or said by the rest already. */
import { printExpression, readable } from '../../catalog/expression/text.ts'
import type { Finding } from '../../prove/result.ts'
import { asMeant, replacedCheck } from './check-never-rejects.ts'
import { withoutPart } from '../../rows/idle/condition-parts.ts'
import type { FindingKind } from './finding-kind.ts'
import { studyChecks, type CheckStudy, type DeadPart } from '../../rows/idle/study-checks.ts'

const whyDead = ({ constant, connective }: DeadPart): string => {
  if (constant === null)
    return 'every way in which its values can compare, nulls among them, was put to PostgreSQL: leaving the part out never changes the answer'
  if (constant === 'null')
    return 'EXPLAIN VERBOSE folds it to null, which is neither true nor false, and a CHECK rejects only what is false'
  const rest = connective === 'or' ? 'an alternative that is never true' : 'a demand that is never false'
  return `EXPLAIN VERBOSE folds it to ${constant}: ${rest}`
}

const finding = (study: CheckStudy, part: DeadPart): Finding => {
  const { table, structure, condition } = study
  const isNull = part.constant === 'null'
  const mended = (isNull ? asMeant(study) : null) ?? printExpression(withoutPart(condition.tree, part.node))
  const what = isNull ? 'is null for every row' : 'changes nothing'
  const mend = isNull ? 'compare with IS NULL' : 'leave it out'
  return {
    code: 'adopt.check-dead-part',
    severity: part.constant === null ? 'note' : 'warning',
    structure: structure.id,
    summary: `${table.id}: CHECK ${structure.name}: ${readable(part.node, part.sql)} ${what}`,
    reason: `a part of a CHECK ${what}`,
    why: whyDead(part),
    fix: `${mend}, or write what it was meant to say${mended === null ? '' : `:\n${replacedCheck(study, mended)}`}`,
  }
}

export const checkDeadPart: FindingKind = {
  codes: ['adopt.check-dead-part'],
  find: async (ground) =>
    (await studyChecks(ground))
      .filter(({ verdict }) => verdict === 'rejects-some' || verdict === 'unknown')
      .flatMap((study) => study.dead.map((part) => finding(study, part))),
}
