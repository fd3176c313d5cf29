/** What a domain gives by default, asked of a column that has no default of its own. Under the rule `domain`. */
import type { DomainRule } from '../../architecture/kinds/domain.ts'
import { ident } from '../../postgres/quote.ts'
import { allTrue, type Ground } from '../draft.ts'
import { makeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { shortened } from '../sentence.ts'
import { addUntriggered } from '../untriggered.ts'
import { readVolatility } from '../volatility.ts'

export const addDomainDefault = async (
  rule: DomainRule,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { column, default: expression } = rule
  if (expression === undefined) return
  const { rows, table, db } = context
  const own = table.columns.find((c) => c.name === column)
  if (own === undefined || own.default !== null || own.generated !== null) return
  if ((await readVolatility(db, expression)) !== 'stable') return
  const made = await makeRow(context, table, { pins: { [column]: `(${expression})` }, family: 'a' })
  if ('unsolved' in made) {
    ground.draft.unsolved(
      `no row was found that fits the default of ${rule.type}: ${made.unsolved}`,
      made.tried,
    )
    return
  }
  const row = Object.fromEntries(Object.entries(made.row).filter(([name]) => name !== column))
  await addUntriggered(context, ground, {
    title: `a row without ${column} gets ${shortened(expression)}`,
    given: made.given,
    when: [
      `${rows.insert(table, row)} returning ${ident(column)}::text is not distinct from cast((${expression}) as ${rule.base})::text`,
    ],
    then: allTrue(),
  })
}
