/** A column that has another name, and perhaps another type: `t.renamedFrom({ slug: 'code' })`. */
import { structureName } from '../../../rules/ddl.ts'
import type { ColumnsShape } from '../shape.ts'
import { formerColumns, pair, phasesOfColumns, typesOf } from './columns.ts'
import { isRenamedInPlace } from './rename-in-place.ts'
import type { ShapeKind } from './shape-kind.ts'

export const renameColumn: ShapeKind<ColumnsShape> = {
  ...phasesOfColumns,
  kinds: ['rename'],
  find: (found) =>
    formerColumns(found)
      .filter((one) => !isRenamedInPlace(found, one))
      .map(({ from, to }) => ({
        kind: 'rename',
        name: structureName(found.declared.id, from, 'to', to),
        table: { schema: found.declared.schema, name: found.declared.name },
        ...pair(found, from, to),
        types: typesOf(found, [to]),
      })),
}
