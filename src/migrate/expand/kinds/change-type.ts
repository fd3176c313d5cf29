/** A column that has another type under its name: both change places in the switch. */
import { structureName } from '../../../rules/ddl.ts'
import type { ColumnsShape } from '../shape.ts'
import { isType, pair, phasesOfColumns, standingType, typesOf } from './columns.ts'
import { isOfKey } from './key.ts'
import type { ShapeKind } from './shape-kind.ts'

export const changeType: ShapeKind<ColumnsShape> = {
  ...phasesOfColumns,
  kinds: ['type'],
  find: (found) =>
    found.declared.columns
      .filter(
        ({ name }) => standingType(found, name) !== null && !isType(found, name) && !isOfKey(found, name),
      )
      .map(({ name }) => ({
        kind: 'type',
        name: structureName(found.declared.id, name, 'type'),
        table: { schema: found.declared.schema, name: found.declared.name },
        ...pair(found, name, name),
        types: typesOf(found, [name]),
      })),
}
