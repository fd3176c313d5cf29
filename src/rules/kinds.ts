/** Every kind of rule that Assay knows. To add a kind, add its file beside this one and one line here. */
import type { DeclaredRule } from '../architecture/rule.ts'
import { AssayError } from '../ground/errors.ts'
import { accepts } from './accepts.ts'
import { auditLog } from './audit-log.ts'
import { audited } from './audited.ts'
import { appendOnly } from './append-only.ts'
import { call, observedCall } from './called.ts'
import { check } from './check.ts'
import { defaults } from './defaults.ts'
import { domain } from './domain.ts'
import { enumeration } from './enum.ts'
import { excludes } from './excludes.ts'
import { generated } from './generated.ts'
import { holds } from './holds.ts'
import { identity } from './identity.ts'
import { indexed } from './indexed.ts'
import { behaves, observed } from './observed.ts'
import { object } from './object.ts'
import { optional } from './optional.ts'
import { isolatedBy } from './isolated-by.ts'
import { partitionedBy } from './partitioned-by.ts'
import { partitionOf } from './partition-of.ts'
import { partitions } from './partitions.ts'
import { policies } from './policies.ts'
import { primaryKey } from './primary-key.ts'
import { proves } from './proves.ts'
import { query } from './query.ts'
import { references } from './references.ts'
import { rejects } from './rejects.ts'
import { repeats } from './repeats.ts'
import { required } from './required.ts'
import type { RuleKind } from './rule-kind.ts'
import { materializedView } from './materialized-view.ts'
import { says } from './says.ts'
import { softDeleted } from './soft-deleted.ts'
import { statistics } from './statistics.ts'
import { touches } from './touches.ts'
import { versioned } from './versioned.ts'
import { view } from './view.ts'
import { visibleTo } from './visible-to.ts'
import { write } from './write.ts'
import { writtenBy } from './written-by.ts'
import { type } from './type.ts'
import { tenantApart } from './tenant-apart.ts'
import { tenantSchema } from './tenant-schema.ts'
import { unique } from './unique.ts'

const ruleKinds: readonly RuleKind[] = [
  type,
  optional,
  required,
  repeats,
  defaults,
  identity,
  generated,
  primaryKey,
  unique,
  check,
  references,
  excludes,
  enumeration,
  domain,
  isolatedBy,
  tenantApart,
  tenantSchema,
  partitionedBy,
  partitionOf,
  partitions,
  policies,
  visibleTo,
  versioned,
  says,
  indexed,
  statistics,
  holds,
  audited,
  auditLog,
  touches,
  appendOnly,
  view,
  materializedView,
  writtenBy,
  object,
  softDeleted,
  accepts,
  rejects,
  proves,
  query,
  write,
  behaves,
  observed,
  call,
  observedCall,
]

const byName: ReadonlyMap<string, RuleKind> = new Map(ruleKinds.map((kind) => [kind.kind, kind]))

/** Where the designs of rules of this kind stand among those of one migration: lower ones first. */
export const designPlaceOf = (kind: string): number => byName.get(kind)?.designPlace ?? 0

/** The kind of a declared rule. */
export const kindOf = (rule: DeclaredRule): RuleKind => {
  const kind = byName.get(rule.kind)
  if (kind) return kind
  throw new AssayError(`rule ${rule.id} is of the kind "${rule.kind}", which Assay does not know`, {
    code: 'rule.unknown-kind',
    exit: 2,
    asked: rule.id,
    found: `kinds are ${[...byName.keys()].join(', ')}`,
    why: 'a rule that nothing can prove would be silently green',
    mend: 'declare rules with the builder of table(), which only makes known kinds',
    ...(rule.at ? { where: { file: rule.at.file, line: rule.at.line } } : {}),
  })
}
