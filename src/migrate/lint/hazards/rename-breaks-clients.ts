/** Something gets another name while old clients still use the old one. */
import { relationId } from '../../../ground/names.ts'
import { shellCommand } from '../../../ground/shell-word.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { isIndex } from '../database-state.ts'
import { changedColumnsOf, keptRelationsOf, nameOf } from '../evidence.ts'
import { perStatement, type Hazard, type HazardFinding } from '../hazard.ts'
import { isExisting, type StatementTrace } from '../trace.ts'

const expand = (only: string): string => `\`${shellCommand('assay', 'migrate', 'expand', '--only', only)}\``

type Renamed = Omit<HazardFinding, 'statement'>

/** A schema's new name is told once, and not of all that is in it. */
const isMoved = (
  { before, after }: StatementTrace,
  old: { readonly schema: string },
  now: { readonly schema: string },
): boolean =>
  old.schema !== now.schema &&
  ![...before.schemas].some(([oid, name]) => name === old.schema && after.schemas.get(oid) === now.schema)

const labelsLost = (statement: StatementTrace): readonly Renamed[] =>
  [...statement.after.types.values()].flatMap((type) => {
    const old = statement.before.types.get(type.oid)
    if (!old) return []
    const lost = old.labels.filter((label) => !type.labels.includes(label))
    const isRenamed = old.name !== type.name || isMoved(statement, old, type)
    if (!isRenamed && (lost.length === 0 || old.labels.length !== type.labels.length)) return []
    return [
      {
        relation: null,
        summary: isRenamed
          ? `the type ${relationId(old)} becomes ${relationId(type)}`
          : `the label ${lost.join(', ')} of ${relationId(type)} gets another name`,
        fix: 'Add the new one beside it, have everybody use it, and take the old one out of use in a later migration.',
      },
    ]
  })

const schemas = ({ before, after }: StatementTrace): readonly Renamed[] =>
  [...after.schemas].flatMap(([oid, name]) => {
    const old = before.schemas.get(oid)
    return old === undefined || old === name
      ? []
      : [
          {
            relation: null,
            summary: `the schema ${old} becomes ${name}`,
            fix: 'Leave the schema its name, or have clients reach its tables through views in the old one.',
          },
        ]
  })

export const renameBreaksClients: Hazard = {
  code: 'lint.rename-breaks-clients',
  severity: 'error',
  title: 'A name that clients use is gone',
  measures: 'the same oid, or the same column number, has another name or another schema',
  why: 'the application that runs now uses the old name, and the one that comes next the new one: one of them fails until both are exchanged at the same moment',
  find: perStatement((trace, statement) => {
    const columns = changedColumnsOf(trace, statement).flatMap(({ table, before, after }) =>
      before !== null && after !== null && before.name !== after.name
        ? [
            {
              relation: nameOf(statement, table.oid),
              summary: `${nameOf(statement, table.oid)}.${before.name} becomes ${after.name}`,
              fix: `Declare the new name with t.renamedFrom, and ${expand(`${nameOf(statement, table.oid)}.${after.name}`)} writes all phases. By hand: add the new column beside it, keep both true by a trigger, and drop the old one when nobody uses it any more:
alter table ${qualified(table)} add column ${ident(after.name)} ${after.type};`,
            },
          ]
        : [],
    )
    const relations = keptRelationsOf(statement).flatMap(({ before, after }) => {
      const isRenamed = before.name !== after.name || isMoved(statement, before, after)
      const isUsed = !isIndex(after) && after.kind !== 't' && after.kind !== 'c' && after.kind !== 'S'
      if (!isRenamed || !isUsed || !isExisting(trace, after.oid)) return []
      return [
        {
          relation: relationId(before),
          summary: `${relationId(before)} becomes ${relationId(after)}`,
          fix: `Declare the new name with t.renamedFrom, and ${expand(relationId(after))} writes all phases. By hand: leave a view of the old name in the same transaction: it can be written through, and is dropped when nobody uses it any more:
create view ${qualified(before)} as select * from ${qualified(after)};`,
        },
      ]
    })
    return [...columns, ...relations, ...labelsLost(statement), ...schemas(statement)]
  }),
}
