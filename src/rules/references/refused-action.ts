/**
 * What SET NULL and SET DEFAULT leave may be refused by the child's own table. Another child is looked for that may be
 * left so. Where there is none, and what refuses is declared as well, the two declarations together say that the parent
 * stays: that is shown, and told.
 */
import type { CheckRule } from '../../architecture/kinds/check.ts'
import type { ReferentialAction } from '../../architecture/kinds/references.ts'
import { checksOf } from '../../catalog/check.ts'
import { withValues } from '../../catalog/expression/with-values.ts'
import { foreignKeySql, type ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { PgFault } from '../../postgres/fault.ts'
import { loadParser } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { constraintName } from '../check.ts'
import { claimedOf } from '../claimed.ts'
import { alterTable } from '../ddl.ts'
import { rulesOf } from '../declared.ts'
import type { Ground } from '../draft.ts'
import type { Expected, Note } from '../experiment.ts'
import type { Family, ForeignKey } from '../foreign-key.ts'
import { quieted } from '../quiet.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { familyOf } from './family.ts'
import { familyStands, valueAfter } from './outcome.ts'

interface ParentAction {
  readonly on: 'delete' | 'update'
  readonly does: ReferentialAction
  /** Absent: as the action sets them by itself. */
  readonly sets: readonly string[] | undefined
  /** Deletes or changes the parent of a family. */
  statement(family: Family): string
}

interface SettingAction extends ParentAction {
  readonly does: 'set null' | 'set default'
}

const isSetting = (action: ParentAction): action is SettingAction =>
  action.does === 'set null' || action.does === 'set default'

/** A changed key is written to the child, too. */
const isFollowed = ({ on, does }: ParentAction): boolean => on === 'update' && does === 'cascade'

/** What the table says of a child that its foreign key has set; null: it takes it, or somebody else refuses. */
const refusalOf = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
  change: string,
): Promise<PgFault | null> => {
  const given = await familyStands(key, family, context)
  const quiet = quieted(context, [context.table, key.target])
  const fault = await tryOne(context.db, ground.world, [...quiet, ...given, change])
  return fault !== null && /^(?:23514|23502)$/u.test(fault.sqlstate) && fault.table === context.table.name
    ? fault
    : null
}

/** The CHECK that speaks, of a child as the action leaves it. */
const conditionLeft = (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  { does, sets }: SettingAction,
  fault: PgFault,
): string | null => {
  const { catalog, table } = context
  const refusing = checksOf(catalog, table.id).find(({ facts }) => facts.name === fault.constraint)
  if (!refusing) return null
  const values = key.rule.columns.map((name) => {
    const { type = 'text' } = table.columns.find((column) => column.name === name) ?? {}
    return [name, `(${valueAfter(key, family, context, does, name, sets)})::${type}`] as const
  })
  return withValues(refusing.facts.expression, Object.fromEntries(values))
}

const isDeclared = ({ architecture, table }: RuleContext, { constraint, column }: PgFault): boolean =>
  constraint === null
    ? column !== null &&
      rulesOf(architecture, table.id, 'required').some((rule) => rule.columns.includes(column))
    : rulesOf<CheckRule>(architecture, table.id, 'check').some((rule) =>
        [rule.name, constraintName(rule)].includes(constraint),
      )

const noteOf = (key: ForeignKey, context: RuleContext, { on, does }: ParentAction, what: string): Note => {
  const { catalog, table } = context
  const { rule } = key
  const claimed = claimedOf(context, 'references')
  const name = ident(key.name)
  const facts = claimed?.facts as ReferencesFacts | undefined
  const mended: ReferencesFacts | undefined = facts && {
    ...facts,
    ...(on === 'delete' ? { onDelete: 'no action', onDeleteColumns: null } : { onUpdate: 'no action' }),
  }
  return {
    rule: rule.id,
    code: 'references.action-refused',
    severity: 'warning',
    summary: `on ${on} ${does}, and ${what} refuses what that leaves: no row of ${rule.target} was found that is pointed to and can be ${on}d`,
    why: 'the action was written so that the other row can go or change, and the table refused it for each that was tried',
    mend:
      mended === undefined
        ? `Say no action, which is what happens today, or let ${what} take what is left.`
        : `Say what happens today, or let ${what} take what is left:\n${alterTable(table.id, `drop constraint ${name}, add constraint ${name} ${foreignKeySql(mended, catalog)}`)}`,
  }
}

interface SettingFamily {
  readonly family: Family
  /** The refusal that is shown in the place of the action. */
  readonly refused: { readonly by: string; readonly then: Expected; readonly note: Note } | null
}

/** As it was made, where the action sets nothing or the table takes what it leaves. */
export const familyThatSets = async (
  key: ForeignKey,
  family: Family,
  context: RuleContext,
  ground: Ground,
  action: ParentAction,
): Promise<SettingFamily> => {
  if (!isSetting(action) && !isFollowed(action)) return { family, refused: null }
  const fault = await refusalOf(key, family, context, ground, action.statement(family))
  if (fault === null) return { family, refused: null }
  await loadParser()
  const condition = isSetting(action) ? conditionLeft(key, family, context, action, fault) : null
  if (condition !== null) {
    const other = await familyOf(key, context, ground.world, [condition])
    if (!('unsolved' in other) && !(await refusalOf(key, other, context, ground, action.statement(other))))
      return { family: other, refused: null }
  }
  if (!isDeclared(context, fault)) return { family, refused: null }
  const { sqlstate, constraint, column } = fault
  const by = constraint === null ? `NOT NULL of ${column ?? ''}` : `CHECK ${constraint}`
  return {
    family,
    refused: {
      by,
      then: {
        kind: 'rejected',
        by: {
          sqlstate,
          ...(constraint === null ? {} : { constraint }),
          ...(column === null ? {} : { column }),
        },
      },
      note: noteOf(key, context, action, by),
    },
  }
}
