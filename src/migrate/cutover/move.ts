/**
 * Makes the side that follows the one that is used, in either direction. All that can fail or take long comes before the
 * pause; all of the pause can be undone until its last statement, which opens the other side; what comes after it is
 * done again by the next run if it was broken off.
 */
import { putUpDoors, takeDownDoors } from './doors.ts'
import { dropSlot, dropSubscription, enableSubscription, makeSlot, readSubscription } from './follow.ts'
import { partsOf, type Moved, type MoveWish } from './move-parts.ts'
import type { SideKey } from './names.ts'
import { pause } from './pause.ts'
import { assertReady, prepareBack, refreshViews } from './ready.ts'
import type { Pair } from './side.ts'
import { activeKey, isPaused, readRows, type Rows } from './state.ts'
import { undo } from './undo.ts'
import { forgetVerified } from './verify.ts'

/** What is left to do when the other side is open; each part only where it is not done. */
const settle = async (pair: Pair, rows: Rows): Promise<void> => {
  const { active, standby, slot, backSlot } = partsOf(pair, rows)
  await Promise.all([active, standby].map(({ db }) => db.query('set statement_timeout = 0')))
  // The old direction first: with both of them changes would go round in circles.
  if ((await readSubscription(active)) !== null) {
    await dropSubscription(active)
    await forgetVerified(standby)
  }
  await dropSlot(standby, backSlot)
  const subscription = await readSubscription(standby)
  if (subscription !== null && !subscription.enabled && !rows.from.isOneWay) {
    await makeSlot(active, slot)
    await enableSubscription(standby, true)
  }
  await takeDownDoors(active)
}

/** `target`: the side that shall be used. Throws AssayError; then the side that was used before is open, or it says otherwise. */
export const moveTo = async (pair: Pair, target: SideKey, wish: MoveWish): Promise<Moved> => {
  const rows = await readRows(pair)
  const parts = partsOf(pair, rows)
  const { isOneWay } = rows.from
  if (!isPaused(rows) && activeKey(rows) === target) {
    wish.onStep('putting things in order')
    await Promise.all([wish.onOpened(), settle(pair, rows)])
    return {
      active: target,
      isRepeated: true,
      pauseMs: null,
      steps: [],
      sequences: 0,
      comparedInPause: 0,
      tables: 0,
      isOneWay,
    }
  }
  if (isPaused(rows) && activeKey(rows) === target) {
    // The pause of a switch away from it: it is what is asked for that it opens again.
    wish.onStep('undoing the switch')
    await undo(parts)
    return moveTo(pair, target, wish)
  }
  if (!isPaused(rows)) {
    wish.onStep('looking whether all is there')
    await assertReady(parts, wish)
    wish.onStep('materialized views')
    await refreshViews(parts)
    wish.onStep('preparing the way back')
    await prepareBack(parts)
    wish.onStep('preparing the doors')
    await putUpDoors(parts.active)
    await putUpDoors(parts.standby)
  }
  const done = await pause(parts, wish)
  await Promise.all([wish.onOpened(), readRows(pair).then((now) => settle(pair, now))])
  return { active: target, isRepeated: false, isOneWay, ...done }
}
