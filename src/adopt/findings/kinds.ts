/** The kinds of findings, in the order in which they are told: what is broken, what is open, what costs, what to know. To add one, add a file and a line. */
import { checkAlwaysRejects } from './check-always-rejects.ts'
import { checkDeadPart } from './check-dead-part.ts'
import { checkImplied } from './check-implied.ts'
import { checkNeverRejects } from './check-never-rejects.ts'
import { floatMoney, moneyType, timestampWithoutZone } from './column-types.ts'
import { constraintNotValid } from './constraint-not-valid.ts'
import { defaultRefused } from './default-refused.ts'
import { definerPublic, definerSearchPath } from './definer-search-path.ts'
import type { FindingKind } from './finding-kind.ts'
import { foreignKeyDuplicate } from './foreign-key-duplicate.ts'
import { foreignKeyRewritten } from './foreign-key-rewritten.ts'
import { foreignKeySetNull } from './foreign-key-set-null.ts'
import { foreignKeyType } from './foreign-key-type.ts'
import { foreignKeyUnindexed } from './foreign-key-unindexed.ts'
import { grantUnreachable } from './grant-unreachable.ts'
import { indexInvalid } from './index-invalid.ts'
import { indexNotLeakproof } from './index-not-leakproof.ts'
import { indexPastKey } from './index-past-key.ts'
import { indexRedundant } from './index-redundant.ts'
import { personalData } from './personal-data.ts'
import { policiesAsleep } from './policies-asleep.ts'
import { policiesDenyAll } from './policies-deny-all.ts'
import { policiesMissing } from './policies-missing.ts'
import { policyBlocked } from './policy-blocked.ts'
import { policyConstant } from './policy-constant.ts'
import { policyPerRow } from './policy-per-row.ts'
import { policyRecursive } from './policy-recursive.ts'
import { policyWithoutAskers } from './policy-without-askers.ts'
import { rowSecurityOff } from './row-security-off.ts'
import { sequenceNearEnd } from './sequence-near-end.ts'
import { tableWithoutKey } from './table-without-key.ts'
import { foreignKeyDisabled, triggerDisabled } from './trigger-disabled.ts'
import { uniqueImplied } from './unique-implied.ts'
import { viewBypasses } from './view-bypasses.ts'

export const findingKinds: readonly FindingKind[] = [
  checkAlwaysRejects,
  checkNeverRejects,
  checkDeadPart,
  defaultRefused,
  foreignKeyDisabled,
  foreignKeyRewritten,
  foreignKeySetNull,
  foreignKeyType,
  triggerDisabled,
  constraintNotValid,
  sequenceNearEnd,
  policiesAsleep,
  policiesDenyAll,
  policiesMissing,
  policyConstant,
  policyBlocked,
  policyRecursive,
  policyWithoutAskers,
  rowSecurityOff,
  viewBypasses,
  grantUnreachable,
  definerSearchPath,
  definerPublic,
  policyPerRow,
  indexNotLeakproof,
  indexInvalid,
  foreignKeyUnindexed,
  indexRedundant,
  tableWithoutKey,
  floatMoney,
  checkImplied,
  uniqueImplied,
  indexPastKey,
  foreignKeyDuplicate,
  moneyType,
  timestampWithoutZone,
  personalData,
]
