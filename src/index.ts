/** What users import from 'assay': the declaration of an architecture, its types, and its configuration. */
export { asOf } from './architecture/as-of.ts'
export { architecture, type IdentityDeclaration } from './architecture/declare.ts'
export { auditLog, type AuditLogOptions } from './architecture/audit-log.ts'
export { domainType, type DomainOptions } from './architecture/domain-type.ts'
export { enumType } from './architecture/enum-type.ts'
export { fragment, type Fragment } from './architecture/fragment.ts'
export {
  schemaPerTenant,
  type TenantSchemas,
  type TenantSchemasOptions,
} from './architecture/kinds/tenant-schema.ts'
export { historyOf, type HistoryName, type HistoryRow } from './architecture/history-of.ts'
export { partition } from './architecture/partition.ts'
export { sql, type PlainQuery } from './architecture/plain-query.ts'
export type { Query, QueryBuild, QueryMethod, QueryOptions } from './architecture/query.ts'
export type { QueryBudget } from './architecture/kinds/query.ts'
export type { Write, WriteMethod, WriteOptions } from './architecture/write.ts'
export type { IsolationLevel, WriteBudget } from './architecture/kinds/write.ts'
export { sqlType } from './architecture/sql-type.ts'
export { table, type Table } from './architecture/table.ts'
export {
  materializedView,
  view,
  type MaterializedViewOptions,
  type View,
  type ViewOptions,
  type ViewRules,
} from './architecture/view.ts'
export type { CallOption, CallOptions } from './architecture/kinds/called.ts'
export { access, type AccessibleObject } from './architecture/objects/access.ts'
export { fn, type FunctionName, type FunctionOptions } from './architecture/objects/fn.ts'
export { extension, infrastructure, schema } from './architecture/objects/ground.ts'
export type { ObjectOptions } from './architecture/objects/object-access.ts'
export { sequence, type SequenceOptions } from './architecture/objects/sequence.ts'
export { compositeType, rangeType } from './architecture/objects/types.ts'
export { comment, disabledRule, disabledTrigger, notEnforced } from './architecture/objects/word-for-word.ts'
export type { AnyObject, ObjectDeclaration } from './architecture/object.ts'
export type { DeclaredObject, DeclaredView } from './architecture/architecture.ts'
export type { Architecture, DeclaredColumn, DeclaredTable, Identity } from './architecture/architecture.ts'
export type { ColumnVolumeWish, TableVolumeWish } from './architecture/volume.ts'
export type { DatabaseOf, RowOf, Rows, TypedArchitecture } from './architecture/database-types.ts'
export type { ProofDatabase } from './architecture/kinds/proves.ts'
export type { DeclaredAt, DeclaredRule } from './architecture/rule.ts'
// The parts of inferred types, so that a project that emits declarations can name them.
export type { FragmentColumn } from './architecture/fragment-column.ts'
export type { RowTypes, TableFacts, WrittenFacts } from './architecture/row-types.ts'
export type { ReferenceFact, RuleFacts, RuleSet, VersionsFact } from './architecture/rule-set.ts'
export type { Rules } from './architecture/rules.ts'
export type { SqlExpression, SqlText } from './architecture/sql-expression.ts'
export type {
  CircleParts,
  IntervalParts,
  Json,
  JsonInput,
  PointParts,
  SqlTypeName,
} from './architecture/sql-types.ts'
export type { UserType } from './architecture/user-type.ts'
export { AssayError, AssayErrors } from './ground/errors.ts'
export {
  defineConfig,
  type ArchitectureConfig,
  type Config,
  type SchemaConfig,
} from './project/define-config.ts'
export { supabase } from './project/presets/supabase.ts'
export type { PreludeSql } from './project/schema-source.ts'
