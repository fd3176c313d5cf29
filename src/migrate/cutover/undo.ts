/** Takes a pause back: the side that was used takes writes again. */
import { openDoor, takeDownDoors } from './doors.ts'
import { dropSlot, dropSubscription } from './follow.ts'
import { readJournal } from './journal.ts'
import { partsOf, type Parts } from './move-parts.ts'
import type { Pair, Side } from './side.ts'
import { readRows } from './state.ts'

/** With a session that answers: the one that was used may be lost. */
export const alive = async (side: Side): Promise<Side> => {
  const [reply] = await side.db.batch(['rollback', 'set statement_timeout = 0']).catch(() => [null])
  return reply === null ? { ...side, db: await side.open() } : side
}

/** The side that was used is opened first, whatever becomes of the rest. */
export const undo = async (parts: Parts): Promise<void> => {
  const active = await alive(parts.active)
  const row = (await readJournal(active.db)) ?? parts.activeRow
  if (!row.isOpen) await openDoor(active, row, row.epoch)
  await dropSubscription(active)
  await takeDownDoors(active)
  await dropSlot(await alive(parts.standby), parts.backSlot)
}

/** Given up by hand, or by a run that is asked to clean up: the side that was used last is open again. */
export const undoPause = async (pair: Pair): Promise<void> => undo(partsOf(pair, await readRows(pair)))

/** Whether the side that was used takes writes again: what is cleaned up behind it is not asked. */
export const reopen = async (parts: Parts): Promise<boolean> => {
  try {
    await undo(parts)
    return true
  } catch {
    const active = await alive(parts.active).catch(() => null)
    return active === null ? false : ((await readJournal(active.db).catch(() => null))?.isOpen ?? false)
  }
}
