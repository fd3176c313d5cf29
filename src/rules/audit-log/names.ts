/** What an audit log's objects are called: its three tables, its view and its functions, all from the log's own name. */
import type { RelationName } from '../../ground/names.ts'
import { auditTableIds } from '../../architecture/audit-table-ids.ts'
import { qualified } from '../../postgres/quote.ts'
import { relationOfId } from '../ddl.ts'

interface AuditLogNames {
  readonly view: RelationName
  readonly statements: RelationName
  readonly rows: RelationName
  readonly personal: RelationName
  /** Finds the lane to write to and its last hash. */
  readonly open: RelationName
  /** Writes the statement's entry, and with it the next link of the chain. */
  readonly seal: RelationName
  /** Refuses what would change an entry. */
  readonly guard: RelationName
  /** Logs personal values that go. */
  readonly erased: RelationName
  readonly erase: RelationName
}

/** `log` is the relation id of the log: `audit_log`, `sales.audit`. */
export const auditLogNames = (log: string): AuditLogNames => {
  const view = relationOfId(log)
  const ids = auditTableIds(log)
  const beside = (word: string): RelationName => ({ schema: view.schema, name: `${view.name}_${word}` })
  return {
    view,
    statements: relationOfId(ids.statements),
    rows: relationOfId(ids.rows),
    personal: relationOfId(ids.personal),
    open: beside('open'),
    seal: beside('seal'),
    guard: beside('guard'),
    erased: beside('erased'),
    erase: beside('erase'),
  }
}

/** As SQL. */
export const auditLogSql = (log: string): Readonly<Record<keyof AuditLogNames, string>> => {
  const names = auditLogNames(log)
  return Object.fromEntries(
    Object.entries(names).map(([part, name]: [string, RelationName]) => [part, qualified(name)]),
  ) as Record<keyof AuditLogNames, string>
}
