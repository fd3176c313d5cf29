/** The kinds of structure that Assay knows, in the order in which they are read and listed. To add one, add a file and a line. */
import { aggregateKind } from './aggregate.ts'
import { castKind } from './cast.ts'
import { checkKind } from './check.ts'
import { collationKind } from './collation.ts'
import { columnKind } from './column.ts'
import { commentKind } from './comment.ts'
import { compositeKind } from './composite.ts'
import { conversionKind } from './conversion.ts'
import { defaultPrivilegesKind } from './default-privileges.ts'
import { defaultKind } from './default.ts'
import { domainKind } from './domain.ts'
import { enumKind } from './enum.ts'
import { eventTriggerKind } from './event-trigger.ts'
import { excludesKind } from './excludes.ts'
import { extensionKind } from './extension.ts'
import { foreignServerKind } from './foreign-server.ts'
import { functionKind } from './function.ts'
import { generatedKind } from './generated.ts'
import { grantKind } from './grant.ts'
import { identityKind } from './identity.ts'
import { indexKind } from './index.ts'
import { materializedViewKind } from './materialized-view.ts'
import { operatorKind } from './operator.ts'
import { partitionKind } from './partition.ts'
import { policyKind } from './policy.ts'
import { primaryKeyKind } from './primary-key.ts'
import { publicationKind } from './publication.ts'
import { rangeKind } from './range.ts'
import { referencesKind } from './references.ts'
import { relationKind } from './relation.ts'
import { requiredKind } from './required.ts'
import { rewriteRuleKind } from './rewrite-rule.ts'
import { rowSecurityKind } from './row-security.ts'
import { sequenceKind } from './sequence.ts'
import { statisticsKind } from './statistics.ts'
import { tableSettingsKind } from './table-settings.ts'
import { configurationKind, dictionaryKind } from './text-search.ts'
import { triggerKind } from './trigger.ts'
import { uniqueKind } from './unique.ts'
import { viewKind } from './view.ts'
import type { StructureKind } from './structure.ts'

export const structureKinds: readonly StructureKind<unknown>[] = [
  extensionKind,
  collationKind,
  dictionaryKind,
  configurationKind,
  enumKind,
  domainKind,
  compositeKind,
  rangeKind,
  sequenceKind,
  functionKind,
  aggregateKind,
  operatorKind,
  castKind,
  conversionKind,
  foreignServerKind,
  relationKind,
  partitionKind,
  columnKind,
  requiredKind,
  identityKind,
  defaultKind,
  generatedKind,
  primaryKeyKind,
  uniqueKind,
  checkKind,
  excludesKind,
  referencesKind,
  indexKind,
  tableSettingsKind,
  rowSecurityKind,
  policyKind,
  grantKind,
  defaultPrivilegesKind,
  triggerKind,
  rewriteRuleKind,
  statisticsKind,
  viewKind,
  materializedViewKind,
  publicationKind,
  eventTriggerKind,
  commentKind,
]
