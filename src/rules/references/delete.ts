/** What becomes of a row when the row that it points to is deleted. RESTRICT and NO ACTION differ in whether one statement may put it back. */
import { identList, qualified } from '../../postgres/quote.ts'
import { accepted, rowsAre, type Ground } from '../draft.ts'
import type { Expected, Note } from '../experiment.ts'
import type { Family, ForeignKey } from '../foreign-key.ts'
import { addParentCase, countAfter, familyStands, oneRow, refusedParent } from './outcome.ts'
import { familyThatSets } from './refused-action.ts'
import type { RuleContext } from '../rule-kind.ts'

interface Outcome {
  readonly title: string
  readonly when: readonly string[]
  readonly then: Expected
}

/** Deletes the parent and inserts it again in one statement. */
const putBack = (key: ForeignKey, family: Family, context: RuleContext): string => {
  const target = qualified(key.target)
  const columns = identList(key.target.columns.filter((c) => c.generated === null).map((c) => c.name))
  return (
    `with gone as (delete from ${target} where ${context.rows.where(key.target, family.parent)} returning ${columns}) ` +
    `insert into ${target} (${columns}) overriding system value select ${columns} from gone`
  )
}

const removal = (key: ForeignKey, family: Family, { rows }: RuleContext): string =>
  `delete from ${qualified(key.target)} where ${rows.where(key.target, family.parent)}`

const outcomes = (key: ForeignKey, family: Family, context: RuleContext): readonly Outcome[] => {
  const { rows, table } = context
  const { onDelete } = key.rule
  const remove = removal(key, family, context)
  const name = key.rule.target
  switch (onDelete) {
    case 'cascade':
      return [
        {
          title: `deleting the row of ${name} deletes the row that points to it`,
          when: [remove, `select count(*) from ${qualified(table)} where ${rows.where(table, family.child)}`],
          then: rowsAre(['0']),
        },
      ]
    case 'set null':
    case 'set default':
      return [
        {
          title: `deleting the row of ${name} ${onDelete === 'set null' ? 'empties the pointer' : 'sets the pointer to its default'}`,
          when: [remove, countAfter(key, family, context, onDelete, key.rule.onDeleteSets)],
          then: oneRow,
        },
      ]
    case 'restrict':
    case 'no action':
      return [
        {
          title: `deleting a row of ${name} that is pointed to is refused`,
          when: [remove],
          then: refusedParent(key, onDelete),
        },
        {
          title: `deleting it and putting it back in one statement is ${onDelete === 'restrict' ? 'refused' : 'accepted'}`,
          when: [putBack(key, family, context)],
          then: onDelete === 'restrict' ? refusedParent(key, onDelete) : accepted,
        },
      ]
  }
}

/** Answers what is to be told of them. */
export const addDeleteCases = async (
  key: ForeignKey,
  made: Family,
  context: RuleContext,
  ground: Ground,
): Promise<readonly Note[]> => {
  const { family, refused } = await familyThatSets(key, made, context, ground, {
    on: 'delete',
    does: key.rule.onDelete,
    sets: key.rule.onDeleteSets,
    statement: (one) => removal(key, one, context),
  })
  const given = await familyStands(key, family, context)
  if (refused !== null) {
    const title = `deleting the row of ${key.rule.target} is refused, because ${refused.by} refuses what is left`
    const when = [removal(key, family, context)]
    await addParentCase(key, context, ground, { title, given, when, then: refused.then })
    return [refused.note]
  }
  for (const { title, when, then } of outcomes(key, family, context)) {
    await addParentCase(key, context, ground, { title, given, when, then })
  }
  return []
}
