/** What a cutover makes in both databases, by name: everything here is gone again after `finish` or `abort`. */
import { literal, qualified } from '../../postgres/quote.ts'

export type SideKey = 'from' | 'to'

export const otherKey = (key: SideKey): SideKey => (key === 'from' ? 'to' : 'from')

/** Holds the journal; not sent to the other side, but for the table of marks. */
export const cutoverSchema = 'assay_cutover'
/** A publication and a subscription belong to a database, so that one name serves both. */
export const publicationName = 'assay_cutover'
export const subscriptionName = 'assay_cutover'
export const doorTrigger = 'assay_cutover_closed'
export const applicationName = 'assay cutover'

export const inJournal = (name: string): string => qualified({ schema: cutoverSchema, name })

const slotPrefix = 'assay_cutover_'

/** Slots belong to a whole server. `key`: the side whose changes it keeps. */
export const slotName = (id: string, key: SideKey): string => `${slotPrefix}${id}_${key}`

/** Slots of cutovers that are kept for the database of the session. */
export const ownSlotsWhere = `slot_type = 'logical' and database = pg_catalog.current_database()
    and pg_catalog.starts_with(slot_name::text, ${literal(slotPrefix)})`

/** Two numbers that nobody else uses by chance: the first says whose lock it is. */
const lockClass = 1_634_956_153
export const runnerLock = `${lockClass}, 1668641396`
/** Whoever holds it keeps the other side from applying anything behind a mark. */
export const holdLock = { classId: lockClass, objectId: 1_668_641_397 } as const
export const holdLockText = `${holdLock.classId}, ${holdLock.objectId}`

/** Of these two databases, as a command that may be run next. */
export const stepCommand = (step: string, ...options: readonly string[]): string =>
  ['assay migrate cutover', step, ...options, '--from … --to …'].join(' ')
