/** What is known of a versioned table by its declaration: its columns and key, its history, and who corrects it. */
import type { Architecture } from '../../architecture/architecture.ts'
import { periodColumn, type VersionedRule } from '../../architecture/kinds/versioned.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import { fittedName, relationOfId } from '../ddl.ts'
import { primaryKeyColumns, rulesOf } from '../declared.ts'

export interface VersionPlan {
  /** Quoted and qualified. */
  readonly table: string
  readonly history: string
  readonly key: readonly string[]
  /** All of the table's, without the period. */
  readonly columns: readonly string[]
  /** Those that a correction may set: no key, nothing that PostgreSQL computes or numbers. */
  readonly correctable: readonly string[]
  /** Declared types by column. */
  readonly types: ReadonlyMap<string, string>
  /** Writes on one partition fire the triggers of rows only. */
  readonly byRow: boolean
  /** The history is under row-level security that binds its owner. */
  readonly isolated: boolean
  /** Quoted, without a schema. */
  readonly trigger: (event: string) => string
  readonly keeper: string
  readonly policy: string
  readonly correct: { readonly name: string; readonly by: readonly string[] } | null
}

export const planVersions = (
  rule: VersionedRule,
  architecture: Pick<Architecture, 'tables'>,
): VersionPlan | null => {
  const declared = architecture.tables.find((t) => t.id === rule.table)
  const kinds = (kind: string): readonly string[] =>
    (declared?.rules ?? []).filter((r) => r.kind === kind).map((r) => r.columns[0] ?? '')
  const key = primaryKeyColumns(architecture as Architecture, rule.table)
  if (!declared || key.length === 0) return null
  const columns = declared.columns.map((c) => c.name)
  const untouchable = new Set([...key, ...kinds('generated'), ...kinds('identity')])
  const relation = relationOfId(rule.table)
  const { correct } = rule
  return {
    table: qualified(relation),
    history: qualified(rule.relation),
    key,
    columns,
    correctable: columns.filter((c) => !untouchable.has(c)),
    types: new Map(declared.columns.map((c) => [c.name, c.type])),
    byRow: kinds('partitionedBy').length > 0,
    isolated: rulesOf(architecture as Architecture, rule.table, 'isolatedBy').length > 0,
    trigger: (event) => ident(fittedName(`${relation.name}_versions_${event}`)),
    keeper: qualified({ schema: relation.schema, name: fittedName(`${relation.name}_keep_versions`) }),
    policy: ident(fittedName(`${rule.relation.name}_kept`)),
    correct: correct === null ? null : { name: qualified(correct), by: correct.by },
  }
}

/** `a."x" = b."x" and …`. */
export const sameKey = (plan: VersionPlan, a: string, b: string): string =>
  plan.key.map((c) => `${a}.${ident(c)} = ${b}.${ident(c)}`).join(' and ')

/** `a."x", a."y"`: all columns of the table. */
export const listOf = (plan: VersionPlan, alias: string): string =>
  plan.columns.map((c) => `${alias}.${ident(c)}`).join(', ')

/** The columns of a history that is written. */
export const historyColumns = (plan: VersionPlan): string => identList([...plan.columns, periodColumn])
