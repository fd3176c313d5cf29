/** A CHECK that every row satisfies: `x = NULL OR …` is never false, and PostgreSQL takes null for yes. */
import { printExpression } from '../../catalog/expression/text.ts'
import { fieldsOf } from '../../catalog/expression/tree.ts'
import { operatorName } from '../../catalog/expression/conditions.ts'
import { ident } from '../../postgres/quote.ts'
import type { ParseNode } from '../../postgres/parse.ts'
import type { Finding } from '../../prove/result.ts'
import { underCasts } from '../../rows/tree.ts'
import { replaceParts } from '../../rows/idle/condition-parts.ts'
import type { FindingKind } from './finding-kind.ts'
import { studyChecks, type CheckStudy } from '../../rows/idle/study-checks.ts'
import { alterChecked, droppedCheck, saidNever, whyNever } from '../../rows/idle/words.ts'

const isNull = (node: unknown): boolean => fieldsOf(underCasts(node), 'A_Const')?.['isnull'] === true

/** `x = NULL` was meant as `x IS NULL`, `x <> NULL` as `x IS NOT NULL`. */
const asNullTest = (node: ParseNode): ParseNode | null => {
  const test = fieldsOf(node, 'A_Expr')
  if (!test || test['kind'] !== 'AEXPR_OP') return null
  const [left, right] = [test['lexpr'], test['rexpr']]
  const arg = isNull(right) ? left : isNull(left) ? right : null
  const name = operatorName(test)
  if (arg === null || arg === undefined || isNull(arg)) return null
  if (name !== '=' && name !== '<>') return null
  return { NullTest: { arg, nulltesttype: name === '=' ? 'IS_NULL' : 'IS_NOT_NULL' } }
}

/** The whole condition with its comparisons with null written as they were meant; null when it has none. */
export const asMeant = ({ condition }: CheckStudy): string | null => {
  const whole = asNullTest(condition.tree)
  if (whole) return printExpression(whole)
  const tests = new Map(
    condition.parts.flatMap(({ node }) => {
      const test = asNullTest(node)
      return test ? [[node, test] as const] : []
    }),
  )
  return tests.size === 0 ? null : printExpression(replaceParts(condition.tree, tests))
}

/** `alter table … drop constraint …, add constraint … check (…)`; a domain takes one change at a time. */
export const replacedCheck = (study: CheckStudy, expression: string): string => {
  const { structure, isDomain } = study
  const name = ident(structure.facts.name)
  const added = `add constraint ${name} check (${expression})${structure.facts.noInherit ? ' no inherit' : ''}`
  return isDomain
    ? `${droppedCheck(study)}\n${alterChecked(study)} ${added};`
    : `${alterChecked(study)} drop constraint ${name}, ${added};`
}

const finding = (study: CheckStudy): Finding => {
  const { table, structure } = study
  const meant = asMeant(study)
  const reason = 'a CHECK can never reject a row'
  return {
    code: 'adopt.check-never-rejects',
    severity: 'warning',
    structure: structure.id,
    summary: `${table.id}: ${saidNever(study)}`,
    reason,
    why: whyNever(study),
    fix:
      meant === null
        ? `drop it, or write what it was meant to refuse:\n${droppedCheck(study)}`
        : `compare with IS NULL (rows that are there may break it: look first):\n${replacedCheck(study, meant)}`,
  }
}

export const checkNeverRejects: FindingKind = {
  codes: ['adopt.check-never-rejects'],
  find: async (ground) =>
    (await studyChecks(ground)).filter(({ verdict }) => verdict === 'never-rejects').map(finding),
}
