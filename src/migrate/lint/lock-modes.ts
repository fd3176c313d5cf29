/** Table-level locks: which mode keeps whom waiting. The one conflict table; everything else asks here. */

/** Weakest first, as pg_locks names them without the word Lock. */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const

export type LockMode = (typeof lockModes)[number]

/** Table 13.2 of the manual. */
const conflicts: Readonly<Record<LockMode, readonly LockMode[]>> = {
  'ACCESS SHARE': ['ACCESS EXCLUSIVE'],
  'ROW SHARE': ['EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  'ROW EXCLUSIVE': ['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  'SHARE UPDATE EXCLUSIVE': [
    'SHARE UPDATE EXCLUSIVE',
    'SHARE',
    'SHARE ROW EXCLUSIVE',
    'EXCLUSIVE',
    'ACCESS EXCLUSIVE',
  ],
  SHARE: ['ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'],
  'SHARE ROW EXCLUSIVE': [
    'ROW EXCLUSIVE',
    'SHARE UPDATE EXCLUSIVE',
    'SHARE',
    'SHARE ROW EXCLUSIVE',
    'EXCLUSIVE',
    'ACCESS EXCLUSIVE',
  ],
  EXCLUSIVE: [
    'ROW SHARE',
    'ROW EXCLUSIVE',
    'SHARE UPDATE EXCLUSIVE',
    'SHARE',
    'SHARE ROW EXCLUSIVE',
    'EXCLUSIVE',
    'ACCESS EXCLUSIVE',
  ],
  'ACCESS EXCLUSIVE': lockModes,
}

const strengthOf = (mode: LockMode): number => lockModes.indexOf(mode)

/** Below zero when `a` is the weaker. */
export const compareModes = (a: LockMode, b: LockMode): number => strengthOf(a) - strengthOf(b)

/** `AccessExclusiveLock` → `ACCESS EXCLUSIVE`; null for what is no lock of a table (SIReadLock). */
export const parseLockMode = (mode: string): LockMode | null => {
  const words = mode
    .replace(/Lock$/u, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' ')
    .toUpperCase()
  return lockModes.find((known) => known === words) ?? null
}

const keepsWaiting = (held: LockMode, wanted: LockMode): boolean => conflicts[wanted].includes(held)

/** SELECT waits. */
export const blocksReads = (mode: LockMode): boolean => keepsWaiting(mode, 'ACCESS SHARE')

/** INSERT, UPDATE, DELETE and MERGE wait. */
export const blocksWrites = (mode: LockMode): boolean => keepsWaiting(mode, 'ROW EXCLUSIVE')

/** SELECT … FOR UPDATE waits, and so do foreign keys that look for the row they reference. */
const blocksRowLocks = (mode: LockMode): boolean => keepsWaiting(mode, 'ROW SHARE')

/** VACUUM, ANALYZE, CREATE INDEX CONCURRENTLY and VALIDATE CONSTRAINT wait. */
const blocksMaintenance = (mode: LockMode): boolean => keepsWaiting(mode, 'SHARE UPDATE EXCLUSIVE')

/** What a lock keeps waiting, in words; every lock keeps the statements waiting that need ACCESS EXCLUSIVE. */
export const blockedBy = (mode: LockMode): string => {
  if (blocksReads(mode)) return 'reads, writes'
  const blocked = [
    ...(blocksWrites(mode) ? ['writes'] : []),
    ...(blocksRowLocks(mode) ? ['row locks'] : []),
    ...(blocksMaintenance(mode) && !blocksWrites(mode) ? ['maintenance'] : []),
  ]
  return blocked.length === 0 ? 'exclusive DDL' : blocked.join(', ')
}
