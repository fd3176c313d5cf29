/** In which phase each change of shape stands in a database, and what is to be done next. */
import { kindOfShape } from './kinds/kinds.ts'
import { saysShape } from './lab.ts'
import type { PhaseOnDisk } from './phase-files.ts'
import { changeKey, type Phase } from './shape.ts'

export interface StandingChange {
  readonly change: string
  readonly says: string
  /** The last one that was applied; null: none yet. */
  readonly phase: Phase | null
  readonly phases: readonly Phase[]
  /** The migration that comes next; null: it is not written yet, or nothing comes. */
  readonly next: string | null
  readonly isDone: boolean
}

/** `applied`: names of migrations that stand in the database. */
export const standingChanges = (
  all: readonly PhaseOnDisk[],
  applied: ReadonlySet<string>,
): readonly StandingChange[] =>
  [...new Set(all.map(({ shape }) => changeKey(shape)))].map((key) => {
    const own = all.filter((one) => changeKey(one.shape) === key)
    const shape = own[0]!.shape
    const { phases } = kindOfShape(shape)
    const phase = own.findLast(({ migration }) => applied.has(migration))?.phase ?? null
    return {
      change: shape.name,
      says: saysShape(shape),
      phase,
      phases,
      next: own.find(({ migration }) => !applied.has(migration))?.migration ?? null,
      isDone: phase === phases.at(-1),
    }
  })
