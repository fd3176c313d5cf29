/**
 * `auditLog(…)`: the declared tables of an audit log, with all their rules. A statement that wrote leaves one row among
 * the statements (who, when, what, and the link of the chain) and its entries, 128 to a row, among the rows.
 */
import type { RelationName } from '../ground/names.ts'
import { parseRelationName, relationId } from '../ground/names.ts'
import { declaredAt } from './declared-at.ts'
import { makeAuditLogRules } from './kinds/audit-log.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import type { RuleSet } from './rule-set.ts'
import type { DeclaredAt } from './rule.ts'
import type { Rules } from './rules.ts'
import { table, type Table } from './table.ts'
import type { TableName } from './table-key.ts'

type Beside<N extends TableName, Word extends string> = N extends RelationName
  ? { readonly schema: N['schema']; readonly name: `${N['name']}_${Word}` }
  : N extends string
    ? `${N}_${Word}`
    : never

const beside = <N extends TableName, const Word extends string>(name: N, word: Word): Beside<N, Word> => {
  const given: TableName = name
  const made = typeof given === 'string' ? `${given}_${word}` : { ...given, name: `${given.name}_${word}` }
  return made as Beside<N, Word>
}

export interface AuditLogOptions {
  /** Roles that may read the log; personal values are not among what they see. */
  readonly readers?: string | readonly string[]
  /** The role that may read personal values and call `…_erase(person)`. */
  readonly eraser?: string
}

const statementColumns = {
  lane: 'integer',
  number: 'bigint',
  at: 'timestamptz',
  clock: 'timestamptz',
  transaction: 'bigint',
  role: 'text',
  login: 'text',
  identity: 'jsonb',
  relation: 'text',
  operation: 'text',
  key_columns: 'text[]',
  entries: 'bigint',
  personal: 'bigint',
  digest: 'bytea',
  previous: 'bytea',
  hash: 'bytea',
} as const

const rowColumns = {
  lane: 'integer',
  number: 'bigint',
  chunk: 'integer',
  entries: 'integer',
  old: 'json',
  new: 'json',
  digest: 'bytea',
} as const

const personalColumns = {
  commitment: 'text',
  lane: 'integer',
  number: 'bigint',
  relation: 'text',
  column_name: 'text',
  person: 'jsonb',
  salt: 'uuid',
  value: 'text',
} as const

const rolesOf = (given: string | readonly string[] | undefined): readonly string[] => [given ?? []].flat()

/** The rules of a log's table are declared where the log is. */
const declaredThere = <T extends Table>(made: T, at: DeclaredAt | null): T => ({
  ...made,
  at,
  rules: made.rules.map((rule) => ({ ...rule, at })),
})

/**
 * An audit log: three tables for `architecture()`, and the name that `t.audited({ log })` writes to. Its triggers and
 * functions are designed with it; `assay audit verify` recomputes its chains. What identifies a person in keys, in
 * columns that are not personal, and in the application's identity stays when the person is erased: let them be ids.
 *
 * @example
 * export const audit = auditLog('audit_log', { readers: 'auditor', eraser: 'privacy' })
 * // architecture('commerce', { tables: { products, ...audit.tables }, … })
 * // audit_log_statements, audit_log_rows, audit_log_personal, the view audit_log, audit_log_erase(person jsonb)
 */
export const auditLog = <const Name extends TableName>(name: Name, options: AuditLogOptions = {}) => {
  const at = declaredAt(auditLog)
  const given: TableName = name
  const log = relationId(typeof given === 'string' ? parseRelationName(given) : given)
  const readers = rolesOf(options.readers)
  const eraser = options.eraser ?? null

  const statements = table(beside(name, 'statements'), statementColumns, (t) => [
    t.primaryKey('lane', 'number'),
    t.required(
      'at',
      'clock',
      'transaction',
      'role',
      'login',
      'identity',
      'relation',
      'operation',
      'key_columns',
      'entries',
      'personal',
      'digest',
      'previous',
      'hash',
    ),
    ...seenBy(t, readers),
    logRules(t, 'statements'),
  ])
  const rows = table(beside(name, 'rows'), rowColumns, (t) => [
    t.primaryKey('lane', 'number', 'chunk'),
    t.required('entries', 'digest'),
    ...seenBy(t, readers),
    logRules(t, 'rows'),
  ])
  const personal = table(beside(name, 'personal'), personalColumns, (t) => [
    t.primaryKey('commitment'),
    t.required('lane', 'number', 'relation', 'column_name', 'person', 'salt', 'value'),
    ...seenBy(t, eraser === null ? [] : [eraser]),
    logRules(t, 'personal'),
  ])

  function seenBy(t: Pick<Rules<string>, 'visibleTo'>, roles: readonly string[]): readonly RuleSet[] {
    return roles.map((role) => t.visibleTo(role, ['select']))
  }
  function logRules(_: unknown, part: 'statements' | 'rows' | 'personal'): RuleSet {
    return { rules: makeAuditLogRules({ log, part, readers, eraser }) }
  }
  const faults = (made: Table): Table['faults'] => {
    const found: Table['faults'][number][] = [...made.faults]
    const place = {
      table: log,
      tableColumns: [],
      at,
      refuse: (fault: (typeof found)[number]) => found.push(fault),
    }
    refuseUnknownKeys(place, 'auditLog', options, ['readers', 'eraser'])
    return found
  }
  return {
    log,
    tables: {
      auditStatements: declaredThere({ ...statements, faults: faults(statements) }, at),
      auditRows: declaredThere(rows, at),
      auditPersonal: declaredThere(personal, at),
    },
  }
}
