/** Which side of a key leads while the change lasts: nobody knows both. */
import type { Stand, SyncWay } from '../sides.ts'

export const ways: Readonly<Record<Stand, SyncWay>> = {
  beside: 'from-old',
  switched: 'from-new',
  aside: 'aside',
}
