/** Columns that move to another table, or come from one that goes: `--move users.bio=profiles.bio`. */
import { contractMove, forgetMove } from '../move/close.ts'
import { openMove } from '../move/open.ts'
import { phases, type MoveShape } from '../shape.ts'
import type { ShapeKind } from './shape-kind.ts'

export const moveColumns: ShapeKind<MoveShape> = {
  kinds: ['move'],
  phases,
  find: ({ moves, declared }) =>
    moves.filter(({ table }) => table.schema === declared.schema && table.name === declared.name),
  open: openMove,
  contract: contractMove,
  forget: forgetMove,
}
