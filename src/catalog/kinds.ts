/** The kinds of structure that Assay knows, in the order in which they are read and listed. To add one, add a file and a line. */
import { commentKind } from './comment.ts'
import { compositeKind } from './composite.ts'
import { domainKind } from './domain.ts'
import { enumKind } from './enum.ts'
import { eventTriggerKind } from './event-trigger.ts'
import { extensionKind } from './extension.ts'
import { functionKind } from './function.ts'
import { grantKind } from './grant.ts'
import { materializedViewKind } from './materialized-view.ts'
import { partitionKind } from './partition.ts'
import { policyKind } from './policy.ts'
import { rangeKind } from './range.ts'
import { rewriteRuleKind } from './rewrite-rule.ts'
import { rowSecurityKind } from './row-security.ts'
import { sequenceKind } from './sequence.ts'
import { statisticsKind } from './statistics.ts'
import { triggerKind } from './trigger.ts'
import { viewKind } from './view.ts'
import type { StructureKind } from './structure.ts'

export const structureKinds: readonly StructureKind<unknown>[] = [
  extensionKind,
  enumKind,
  domainKind,
  compositeKind,
  rangeKind,
  sequenceKind,
  functionKind,
  partitionKind,
  rowSecurityKind,
  policyKind,
  grantKind,
  triggerKind,
  rewriteRuleKind,
  statisticsKind,
  viewKind,
  materializedViewKind,
  eventTriggerKind,
  commentKind,
]
