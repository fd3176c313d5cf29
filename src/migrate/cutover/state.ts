/**
 * Where a cutover stands, told from what both databases say. Nothing else is kept anywhere.
 *
 *   none ── copy ──▶ copying ──▶ following ── switch ──▶ following (the other way) ── finish ──▶ none
 *                                    ▲  └── pause (both closed: a run was killed there) ──┘
 *                                    └────────────────────── back ─────────────────────────┘
 */
import { notBegun, notOfOne } from './faults.ts'
import { readFollowed, readOwnSlots, type Followed } from './follow.ts'
import { readJournal, type SideRow } from './journal.ts'
import { otherKey, slotName, type SideKey } from './names.ts'
import type { Pair, Side } from './side.ts'
import { countVerified } from './verify.ts'

export type Phase =
  /** Nothing was begun, or all of it is taken away. */
  | 'none'
  /** A journal, and nothing that follows yet: a run was killed or refused there. */
  | 'half-begun'
  | 'copying'
  | 'following'
  /** Nobody can write: a run was killed in the middle of a switch. */
  | 'paused'
  /** The switch was made, and nothing follows the side in use. */
  | 'switched'

export interface Rows {
  readonly from: SideRow
  readonly to: SideRow
}

export interface CutoverState {
  readonly phase: Phase
  readonly id: string | null
  /** Which side takes writes; in a pause, which one took them last. */
  readonly active: SideKey | null
  readonly beganAt: string | null
  readonly isOneWay: boolean
  /** Of the side that follows; null: none does. */
  readonly followed: Followed | null
  /** Tables that were compared and are equal. */
  readonly verified: number
  /** Slots that are kept for cutovers of these databases. */
  readonly slots: readonly { readonly side: SideKey; readonly name: string }[]
}

export const describeRow = (row: SideRow | null): string =>
  row === null ? 'no cutover' : `the side “${row.side}” of the cutover ${row.id}`

/** Both rows of one cutover. Throws AssayError otherwise. */
export const readRows = async ({ from, to }: Pair): Promise<Rows> => {
  const [a, b] = await Promise.all([readJournal(from.db), readJournal(to.db)])
  if (a === null && b === null) throw notBegun()
  if (a === null || b === null || a.id !== b.id || a.side !== 'from' || b.side !== 'to')
    throw notOfOne(describeRow(a), describeRow(b))
  return { from: a, to: b }
}

/** The one that was opened last. */
export const activeKey = ({ from, to }: Rows): SideKey =>
  from.isOpen !== to.isOpen ? (from.isOpen ? 'from' : 'to') : from.epoch > to.epoch ? 'from' : 'to'

export const isPaused = ({ from, to }: Rows): boolean => !from.isOpen && !to.isOpen

const slotsOf = async (side: Side): Promise<CutoverState['slots']> =>
  (await readOwnSlots(side)).map((name) => ({ side: side.key, name }))

export const readState = async (pair: Pair): Promise<CutoverState> => {
  const [from, to, ...slots] = await Promise.all([
    readJournal(pair.from.db),
    readJournal(pair.to.db),
    slotsOf(pair.from),
    slotsOf(pair.to),
  ])
  const nothing: CutoverState = {
    phase: 'none',
    id: null,
    active: null,
    beganAt: null,
    isOneWay: false,
    followed: null,
    verified: 0,
    slots: slots.flat(),
  }
  if (from === null && to === null) return nothing
  if (from === null || to === null) {
    const { id, beganAt } = (from ?? to)!
    return { ...nothing, phase: 'half-begun', id, beganAt }
  }
  if (from.id !== to.id || from.side !== 'from' || to.side !== 'to')
    throw notOfOne(describeRow(from), describeRow(to))
  const rows: Rows = { from, to }
  const active = activeKey(rows)
  const standby = pair[otherKey(active)]
  const followed = await readFollowed(standby, pair[active], slotName(from.id, active))
  const isReady = followed !== null && followed.ready === followed.tables
  const phase = isPaused(rows)
    ? 'paused'
    : followed === null
      ? active === 'to'
        ? 'switched'
        : 'half-begun'
      : isReady
        ? 'following'
        : 'copying'
  return {
    ...nothing,
    phase,
    id: from.id,
    active,
    beganAt: from.beganAt,
    isOneWay: from.isOneWay,
    followed,
    verified: await countVerified(standby),
  }
}
