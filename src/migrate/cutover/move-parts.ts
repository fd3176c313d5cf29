/** What a switch is asked for, what it comes to, and the two sides by the part that they play in it. */
import { otherKey, slotName, type SideKey } from './names.ts'
import type { SideRow } from './journal.ts'
import type { Pair, Side } from './side.ts'
import { activeKey, type Rows } from './state.ts'

export interface MoveWish {
  readonly maxPauseSeconds: number
  /** How long transactions under way may take before they are ended. */
  readonly graceMs: number
  /** Numbers of each sequence that are left out. */
  readonly sequenceGap: number
  readonly acceptsUnverified: boolean
  readonly onStep: (step: string) => void
  /** As soon as the other side takes writes; again when a run that was killed may not have come to it. */
  readonly onOpened: () => Promise<void>
}

export interface Moved {
  readonly active: SideKey
  /** It was done before this run. */
  readonly isRepeated: boolean
  /** Milliseconds in which nobody could write; null: they were begun by a run that was killed. */
  readonly pauseMs: number | null
  readonly steps: readonly { readonly step: string; readonly ms: number }[]
  readonly sequences: number
  /** Compared once more while nobody wrote. */
  readonly comparedInPause: number
  readonly tables: number
  /** Nothing follows the side in use. */
  readonly isOneWay: boolean
}

export interface Parts {
  readonly active: Side
  readonly standby: Side
  readonly rows: Rows
  readonly activeRow: SideRow
  readonly standbyRow: SideRow
  /** What the active side keeps for the other. */
  readonly slot: string
  /** What the other will keep. */
  readonly backSlot: string
}

export const partsOf = (pair: Pair, rows: Rows): Parts => {
  const key = activeKey(rows)
  const other = otherKey(key)
  return {
    active: pair[key],
    standby: pair[other],
    rows,
    activeRow: rows[key],
    standbyRow: rows[other],
    slot: slotName(rows.from.id, key),
    backSlot: slotName(rows.from.id, other),
  }
}
