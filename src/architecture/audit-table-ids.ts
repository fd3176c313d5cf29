/** The ids of an audit log's tables, from the id of the log. */

export interface AuditTableIds {
  readonly statements: string
  readonly rows: string
  readonly personal: string
}

/** `audit_log` → `audit_log_statements`; a quoted name stays quoted. */
export const auditTableIds = (log: string): AuditTableIds => {
  const beside = (word: string): string =>
    log.endsWith('"') ? `${log.slice(0, -1)}_${word}"` : `${log}_${word}`
  return { statements: beside('statements'), rows: beside('rows'), personal: beside('personal') }
}
