/** All kinds of changes of shape, in the order in which they are looked for: a table first, under whose name its columns change. */
import type { Shape } from '../shape.ts'
import { changeType } from './change-type.ts'
import { optionalColumn } from './optional.ts'
import { renameColumn } from './rename-column.ts'
import { renameInPlace } from './rename-in-place.ts'
import { renameTable } from './rename-table.ts'
import { keyOfOtherType } from './key.ts'
import { moveColumns } from './move.ts'
import { reshape } from './reshape.ts'
import { requiredColumn } from './required.ts'
import type { ShapeKind } from './shape-kind.ts'

export const shapeKinds: readonly ShapeKind[] = [
  renameTable,
  renameColumn,
  renameInPlace,
  keyOfOtherType,
  changeType,
  reshape,
  moveColumns,
  requiredColumn,
  optionalColumn,
] as readonly ShapeKind[]

export const kindOfShape = ({ kind }: Shape): ShapeKind => {
  const found = shapeKinds.find(({ kinds }) => kinds.includes(kind))
  if (!found) throw new Error(`no kind of shape ${kind}`)
  return found
}
