/** How each kind of structure changes. One that is not listed is made, dropped and made again as its own kind says. */
import { kindOfStructure } from '../../catalog/kind-of.ts'
import { asReadBack } from '../../catalog/read-back/read-back.ts'
import type { Structure } from '../../catalog/structure.ts'
import { defaultChange, generatedChange, identityChange } from './attribute.ts'
import {
  alone,
  together,
  withoutOwners,
  withoutOwnRights,
  type Change,
  type ChangeContext,
  type ChangeKind,
  type Step,
} from './change.ts'
import { checkChange } from './check.ts'
import { columnChange } from './column.ts'
import { compositeChange } from './composite.ts'
import { functionChange } from './function.ts'
import { grantChange, policyChange, rowSecurityChange } from './guard.ts'
import { keyChange, primaryKeyChange } from './key.ts'
import { partitionChange } from './partition.ts'
import { excludesChange, plainGround, rangeChange } from './plain.ts'
import { referencesChange } from './references.ts'
import { requiredChange } from './required.ts'
import { sequenceChange } from './sequence.ts'
import { tableChange } from './table.ts'
import { domainChange, enumChange } from './type.ts'
import { viewChange } from './view.ts'

const changeKinds: ReadonlyMap<string, ChangeKind> = new Map([
  ['table', tableChange],
  ['column', columnChange],
  ['required', requiredChange],
  ['default', defaultChange],
  ['identity', identityChange],
  ['generated', generatedChange],
  ['check', checkChange],
  ['references', referencesChange],
  ['primaryKey', primaryKeyChange],
  ['unique', keyChange],
  ['index', keyChange],
  ['policy', policyChange],
  ['rowSecurity', rowSecurityChange],
  ['grant', grantChange],
  ['enum', enumChange],
  ['domain', domainChange],
  ['view', viewChange],
  ['materializedView', viewChange],
  ['function', functionChange],
  ['composite', compositeChange],
  ['partition', partitionChange],
  ['sequence', sequenceChange],
  ['excludes', excludesChange],
  ['aggregate', plainGround],
  ['operator', plainGround],
  ['range', rangeChange],
  ['collation', plainGround],
  ['textSearchConfiguration', plainGround],
  ['textSearchDictionary', plainGround],
  ['extension', plainGround],
])

export const changeKindOf = (kind: string): ChangeKind | undefined => changeKinds.get(kind)

const own = (structure: Structure, statements: readonly string[]): readonly Step[] =>
  together(...(structure.kind === 'comment' ? statements : withoutOwners(statements)))

const make = (structure: Structure, context: ChangeContext): readonly Step[] =>
  changeKinds.get(structure.kind)?.make?.(structure, context) ??
  own(structure, kindOfStructure(structure).create(structure, context.after))

const remove = (structure: Structure, context: ChangeContext): readonly Step[] =>
  changeKinds.get(structure.kind)?.remove?.(structure, context) ??
  own(
    structure,
    // CASCADE would take what nobody has looked at.
    kindOfStructure(structure)
      .drop(structure, context.before)
      .map((sql) => sql.replace(/ cascade$/u, '')),
  )

const statementsOf = ({ before, after }: Change, context: ChangeContext): readonly Step[] => {
  if (before === null) return after === null ? [] : make(after, context)
  if (after === null) return remove(before, context)
  return (
    changeKinds.get(after.kind)?.alter?.(before, after, context) ?? [
      ...remove(before, context),
      ...make(after, context),
    ]
  )
}

/** What was dropped and made again under its name had a comment. */
const commented = ({ does, after, table }: Change, context: ChangeContext): readonly string[] => {
  if (does !== 'alter' || after === null || !kindOfStructure(after).isMadeAnew) return []
  return context.after
    .of(table ?? '', 'comment')
    .filter(({ id, name }) => name === after.name && id.includes('/comment-on-'))
    .flatMap((structure) => kindOfStructure(structure).create(structure, context.after))
}

/** The statements of one change. */
export const stepsOf = (change: Change, context: ChangeContext): readonly Step[] => {
  const steps = statementsOf(change, context)
  const comments = commented(change, context)
  const more = steps.at(-1)?.alone ? alone(...comments) : together(...comments)
  return [...steps, ...more].flatMap((step) => {
    const sql = withoutOwnRights(step.sql, context.owner)
    return sql === null ? [] : [{ ...step, sql: asReadBack(sql) }]
  })
}
