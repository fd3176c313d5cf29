/** What can be wrong with tables that are put together: every fault with its line, all at once. */
import type { AssayError } from '../ground/errors.ts'
import { idPart } from '../ground/names.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { DeclaredTable, Identity } from './architecture.ts'
import { auditedFaults } from './check-audited.ts'
import { isTableLeftAlone } from './left-alone.ts'
import { partitionFaults } from './check-partitions.ts'
import { renameFaults } from './check-renames.ts'
import { versionFaults } from './check-versions.ts'
import type { CheckRule } from './kinds/check.ts'
import type { DomainRule } from './kinds/domain.ts'
import type { EnumRule } from './kinds/enum.ts'
import type { ReferencesRule } from './kinds/references.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredAt, DeclaredRule } from './rule.ts'
import type { Table } from './table.ts'

interface Declared {
  readonly name: string
  readonly tables: readonly Table[]
  /** Relation ids. */
  readonly leftAlone: readonly string[]
  readonly identity: Identity | null
  readonly at: DeclaredAt | null
}

const placeText = (at: DeclaredAt | null): string =>
  at === null ? 'an unknown place' : `${at.file}:${at.line}`
const columnNames = (table: DeclaredTable): readonly string[] => table.columns.map((column) => column.name)

/** Everything that comes twice under one key, with its first appearance. */
const repeated = <T>(items: readonly T[], key: (item: T) => string): readonly (readonly [T, T])[] => {
  const first = new Map<string, T>()
  const found: (readonly [T, T])[] = []
  for (const item of items) {
    const earlier = first.get(key(item))
    if (earlier === undefined) first.set(key(item), item)
    else found.push([earlier, item])
  }
  return found
}

const ofKind = <R extends DeclaredRule>(table: DeclaredTable, kind: R['kind']): readonly R[] =>
  table.rules.filter((rule): rule is R => rule.kind === kind)

const twoTables = ({ tables }: Declared): readonly AssayError[] =>
  repeated(tables, (table) => table.id).map(([first, second]) =>
    declarationFault(
      second,
      'two-tables',
      `Two tables are named "${second.id}": at ${placeText(first.at)} and at ${placeText(second.at)}.`,
      'Take one of them out of the architecture, or name its schema.',
    ),
  )

const twoRules = (table: DeclaredTable): readonly AssayError[] =>
  repeated(table.rules, (rule) => rule.id).map(([first, second]) =>
    declarationFault(
      second,
      'two-rules',
      `Two rules have the id "${second.id}": at ${placeText(first.at)} and at ${placeText(second.at)}.`,
      'Keep one of them, or give them different names.',
    ),
  )

const twoPrimaryKeys = (table: DeclaredTable): readonly AssayError[] =>
  repeated(ofKind(table, 'primaryKey'), () => '')
    .filter(([first, second]) => first.id !== second.id)
    .map(([first, second]) =>
      declarationFault(
        second,
        'two-primary-keys',
        `${table.id} has two primary keys: at ${placeText(first.at)} and at ${placeText(second.at)}.`,
        `Keep one; if (${first.columns.join(', ')}) is one key of several columns, name them in one call; for another key use t.unique.`,
      ),
    )

/** A column's value has one source: it is numbered, computed or defaulted, never two of these. */
const twoSources = (table: DeclaredTable): readonly AssayError[] =>
  repeated(
    table.rules.filter((rule) => ['identity', 'generated', 'defaults'].includes(rule.kind)),
    (rule) => rule.columns[0] ?? '',
  )
    .filter(([first, second]) => first.kind !== second.kind)
    .map(([first, second]) =>
      declarationFault(
        second,
        'two-sources',
        `${table.id}: column "${second.columns[0] ?? ''}" has both ${first.kind} (${placeText(first.at)}) and ${second.kind} (${placeText(second.at)}).`,
        'Keep one of them.',
        'PostgreSQL takes the value of a column that is left out from one place only.',
      ),
    )

const missingColumns = (table: DeclaredTable): readonly AssayError[] =>
  table.rules.flatMap((rule) =>
    [...new Set(rule.columns)]
      .filter((column) => !columnNames(table).includes(column))
      .map((column) =>
        declarationFault(
          rule,
          'missing-column',
          `${rule.id} names the column "${column}", which ${table.id} does not have.${didYouMean(column, columnNames(table))}`,
          `Correct the name, or add the column; ${table.id} has: ${columnNames(table).join(', ')}.`,
        ),
      ),
  )

const referenceFaults = (table: DeclaredTable, { tables, leftAlone }: Declared): readonly AssayError[] =>
  ofKind<ReferencesRule>(table, 'references').flatMap((rule) => {
    // Its columns and keys are known when the database is there.
    if (isTableLeftAlone(leftAlone, rule.target)) return []
    const target = tables.find((candidate) => candidate.id === rule.target)
    const ids = tables.map((candidate) => candidate.id)
    if (target === undefined)
      return [
        declarationFault(
          rule,
          'missing-table',
          `${rule.id} points to "${rule.target}", which is not among the tables.${didYouMean(rule.target, ids)}`,
          `Correct the name, or add the table to the architecture; it has: ${ids.join(', ')}.`,
        ),
      ]
    const missing = rule.targetColumns.filter((column) => !columnNames(target).includes(column))
    if (missing.length > 0)
      return missing.map((column) =>
        declarationFault(
          rule,
          'missing-column',
          `${rule.id} points to the column "${column}", which ${target.id} does not have.${didYouMean(column, columnNames(target))}`,
          `Correct the name; ${target.id} has: ${columnNames(target).join(', ')}.`,
        ),
      )
    const key = ofKind(target, 'primaryKey')[0]
    const pointsTo = rule.targetColumns.length > 0 ? rule.targetColumns : key?.columns
    if (pointsTo === undefined)
      return [
        declarationFault(
          rule,
          'no-target-key',
          `${rule.id} points to the primary key of ${target.id}, which declares none.`,
          `Declare t.primaryKey in ${target.id}, or name the columns: { columns: […] }.`,
        ),
      ]
    if (pointsTo.length !== rule.columns.length)
      return [
        declarationFault(
          rule,
          'column-count',
          `${rule.id} has ${rule.columns.length} column(s) but points to ${pointsTo.length}: (${pointsTo.join(', ')}).`,
          'Name as many columns on both sides, in the same order.',
        ),
      ]
    return []
  })

/** Also with settings of its own (`who`): the role stands in the identity alone. */
const isolationFaults = (table: DeclaredTable, { identity, name }: Declared): readonly AssayError[] =>
  identity !== null
    ? []
    : [...ofKind(table, 'isolatedBy'), ...ofKind(table, 'tenantSchema')].map((rule) =>
        declarationFault(
          rule,
          'no-identity',
          `${rule.id} is attacked as each tenant, but the architecture "${name}" does not say how the application tells who is asking.`,
          "Add identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) } to architecture(…).",
        ),
      )

/** One type of the schema is declared in one way. */
const twoTypes = (tables: readonly DeclaredTable[]): readonly AssayError[] => {
  const typed = tables.flatMap((table) => [
    ...ofKind<EnumRule>(table, 'enum').map((rule) => ({ rule, says: JSON.stringify(rule.labels) })),
    ...ofKind<DomainRule>(table, 'domain').map((rule) => ({
      rule,
      says: JSON.stringify([rule.base, rule.checks, rule.required]),
    })),
  ])
  return repeated(typed, ({ rule }) => rule.type)
    .filter(([first, second]) => first.rule.kind !== second.rule.kind || first.says !== second.says)
    .map(([{ rule: first }, { rule: second }]) =>
      declarationFault(
        second,
        'two-types',
        `The type "${second.type}" is declared in two ways: for ${first.id} at ${placeText(first.at)} and for ${second.id} at ${placeText(second.at)}.`,
        'Declare it once and import that value in both places.',
      ),
    )
}

/** PostgreSQL cuts longer names off without an error, so that they would never be found. */
const longNames = (table: DeclaredTable): readonly AssayError[] => {
  const named: readonly (readonly [what: string, name: string, at: DeclaredAt | null])[] = [
    ['schema', table.schema, table.at],
    ['table', table.name, table.at],
    ...table.columns.map((column) => ['column', column.name, table.at] as const),
    ...ofKind<CheckRule>(table, 'check').map((rule) => ['check', rule.name, rule.at] as const),
  ]
  return named.flatMap(([what, name, at]) => {
    const bytes = Buffer.byteLength(name)
    if (bytes > 0 && bytes <= 63) return []
    return [
      declarationFault(
        { at },
        'name-length',
        bytes === 0
          ? `${table.id}: a ${what} has an empty name.`
          : `${table.id}: the ${what} name ${idPart(name)} has ${bytes} bytes; PostgreSQL keeps 63.`,
        `Give the ${what} a name of 1 to 63 bytes.`,
      ),
    ]
  })
}

export const checkTables = (declared: Declared): readonly AssayError[] => [
  ...(declared.name.trim() === ''
    ? [
        declarationFault(
          declared,
          'no-name',
          'The architecture has no name.',
          "Name it: architecture('commerce', …).",
        ),
      ]
    : []),
  ...twoTables(declared),
  ...twoTypes(declared.tables),
  ...versionFaults(declared.tables),
  ...partitionFaults(declared.tables),
  ...renameFaults(declared.tables),
  ...declared.tables.flatMap((table) => [
    ...table.faults,
    ...longNames(table),
    ...twoRules(table),
    ...twoPrimaryKeys(table),
    ...twoSources(table),
    ...missingColumns(table),
    ...referenceFaults(table, declared),
    ...isolationFaults(table, declared),
    ...auditedFaults(table, declared),
  ]),
]
