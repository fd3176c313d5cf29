/** All hazards, in the order in which they are told. */
import type { Hazard } from './hazard.ts'
import { addsRequiredColumn } from './hazards/adds-required-column.ts'
import { backfillInDdlTransaction } from './hazards/backfill-in-ddl-transaction.ts'
import { cascadeDrops } from './hazards/cascade-drops.ts'
import { charN } from './hazards/char-n.ts'
import { checkValidates } from './hazards/check-validates.ts'
import { concurrentlyInTransaction } from './hazards/concurrently-in-transaction.ts'
import { constraintBuildsIndex } from './hazards/constraint-builds-index.ts'
import { defaultRewrites } from './hazards/default-rewrites.ts'
import { detachUnderLock } from './hazards/detach-under-lock.ts'
import { disablesRowSecurity } from './hazards/disables-row-security.ts'
import { disablesTriggers } from './hazards/disables-triggers.ts'
import { domainScans } from './hazards/domain-scans.ts'
import { dropsColumn } from './hazards/drops-column.ts'
import { dropsNotNull } from './hazards/drops-not-null.ts'
import { dropsTable } from './hazards/drops-table.ts'
import { enumValueUsed } from './hazards/enum-value-used.ts'
import { failsOnRows } from './hazards/fails-on-rows.ts'
import { foreignKeyValidates } from './hazards/foreign-key-validates.ts'
import { indexDroppedUnderLock } from './hazards/index-dropped-under-lock.ts'
import { indexNotConcurrent } from './hazards/index-not-concurrent.ts'
import { jsonNotJsonb } from './hazards/json-not-jsonb.ts'
import { leavesInvalidIndex } from './hazards/leaves-invalid-index.ts'
import { missingPhase } from './hazards/missing-phase.ts'
import { mixedTransaction } from './hazards/mixed-transaction.ts'
import { noLockTimeout } from './hazards/no-lock-timeout.ts'
import { notNullScans } from './hazards/not-null-scans.ts'
import { refreshBlocksReads } from './hazards/refresh-blocks-reads.ts'
import { reindexUnderLock } from './hazards/reindex-under-lock.ts'
import { renameBreaksClients } from './hazards/rename-breaks-clients.ts'
import { revokes } from './hazards/revokes.ts'
import { rewritesTable } from './hazards/rewrites-table.ts'
import { rowsMayBreakIt } from './hazards/rows-may-break-it.ts'
import { scansTwice } from './hazards/scans-twice.ts'
import { scansUnderLock } from './hazards/scans-under-lock.ts'
import { secondLock } from './hazards/second-lock.ts'
import { serialNotIdentity } from './hazards/serial-not-identity.ts'
import { smallKey } from './hazards/small-key.ts'
import { timestampWithoutZone } from './hazards/timestamp-without-zone.ts'
import { truncateCascade } from './hazards/truncate-cascade.ts'
import { truncates } from './hazards/truncates.ts'
import { typeChangeRewrites } from './hazards/type-change-rewrites.ts'
import { unbatchedBackfill } from './hazards/unbatched-backfill.ts'
import { unindexedForeignKey } from './hazards/unindexed-foreign-key.ts'
import { wideIndex } from './hazards/wide-index.ts'
import { worksWhileHolding } from './hazards/works-while-holding.ts'

export const hazards: readonly Hazard[] = [
  failsOnRows,
  rowsMayBreakIt,
  concurrentlyInTransaction,
  enumValueUsed,
  typeChangeRewrites,
  defaultRewrites,
  rewritesTable,
  indexNotConcurrent,
  constraintBuildsIndex,
  checkValidates,
  foreignKeyValidates,
  notNullScans,
  domainScans,
  scansUnderLock,
  reindexUnderLock,
  refreshBlocksReads,
  detachUnderLock,
  indexDroppedUnderLock,
  worksWhileHolding,
  secondLock,
  noLockTimeout,
  backfillInDdlTransaction,
  unbatchedBackfill,
  renameBreaksClients,
  dropsColumn,
  dropsTable,
  cascadeDrops,
  truncates,
  truncateCascade,
  missingPhase,
  addsRequiredColumn,
  dropsNotNull,
  disablesTriggers,
  disablesRowSecurity,
  revokes,
  unindexedForeignKey,
  leavesInvalidIndex,
  mixedTransaction,
  scansTwice,
  smallKey,
  serialNotIdentity,
  jsonNotJsonb,
  charN,
  timestampWithoutZone,
  wideIndex,
]
