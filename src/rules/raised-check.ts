/** Rows for which a CHECK raises an error in place of saying no: it is the error that keeps them out. */
import type { CheckRule } from '../architecture/kinds/check.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident } from '../postgres/quote.ts'
import type { Distinguished } from '../rows/rows.ts'
import { alterTable } from './ddl.ts'
import type { Ground } from './draft.ts'
import type { Cause } from './experiment.ts'
import { quieted } from './quiet.ts'
import type { RuleContext } from './rule-kind.ts'
import { pictured } from './sentence.ts'
import { tryOne } from './trial.ts'
import { addUntriggered } from './untriggered.ts'

/** A constraint's SQLSTATE may be raised, too: then it is told by where in PostgreSQL it comes from. */
export const causeOfRaised = ({ sqlstate, routine }: PgFault): Cause =>
  sqlstate.startsWith('23') && routine !== null ? { sqlstate, routine } : { sqlstate }

/** How many were shown. `name`: of the constraint, which `claimed` says is there. */
export const addRaised = async (
  rule: CheckRule,
  { name, isClaimed }: { readonly name: string; readonly isClaimed: boolean },
  found: Distinguished['raised'],
  context: RuleContext,
  ground: Ground,
): Promise<number> => {
  const { db, rows, table } = context
  const quiet = quieted(context, [table])
  const added = isClaimed
    ? []
    : [alterTable(rule.table, `add constraint ${ident(name)} check (${rule.expression})`)]
  const dropped = isClaimed ? [alterTable(rule.table, `drop constraint ${ident(name)}`)] : []
  let count = 0
  for (const { row, differs } of found) {
    const when = [rows.insert(table, row)]
    const fault = await tryOne(db, ground.world, [...quiet, ...added, ...when])
    // A constraint that answers by its name has rows of its own.
    if (fault === null || fault.constraint !== null) continue
    if (await tryOne(db, ground.world, [...quiet, ...dropped, ...when])) continue
    count++
    await addUntriggered(context, ground, {
      title: `${pictured(row, differs)} is refused with an error`,
      when,
      then: { kind: 'rejected', by: causeOfRaised(fault) },
    })
  }
  return count
}
