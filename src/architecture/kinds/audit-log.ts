/** The log that audited tables write to: written by their triggers alone, never changed, its personal values erasable. */
import { structureId } from '../../ground/names.ts'
import { auditTableIds, type AuditTableIds } from '../audit-table-ids.ts'
import type { DeclaredRule } from '../rule.ts'

export interface AuditLogRule extends DeclaredRule {
  readonly kind: 'auditLog'
  /** Relation id of the log's view; its tables and functions are named after it. */
  readonly log: string
  readonly part: keyof AuditTableIds
  readonly readers: readonly string[]
  readonly eraser: string | null
}

export const makeAuditLogRules = (
  options: Pick<AuditLogRule, 'log' | 'part' | 'readers' | 'eraser'>,
): readonly AuditLogRule[] => {
  const table = auditTableIds(options.log)[options.part]
  return [{ kind: 'auditLog', id: structureId(table, 'auditLog'), table, columns: [], at: null, ...options }]
}
